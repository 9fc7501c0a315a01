// Package train turns text into a trained model: readers and token shards, samplers with an
// exact position, schedules, AdamW, the step itself with its guard against numbers that are
// not finite, metrics, and checkpoints from which a run goes on bit for bit.
//
// A run is a directory. What it holds (see Run, SaveCheckpoint and Metrics) is complete at
// every moment, whenever the process is killed. Plan forecasts parameters, arithmetic and
// memory before anything is allocated.
package train
