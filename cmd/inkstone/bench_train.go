package main

import (
	"context"
	"runtime"
	"slices"

	"inkstone/kernels"
	"inkstone/nn"
	"inkstone/tensor"
	"inkstone/train"
)

type benchTrainCmd struct {
	Size    string `help:"A named size: ${sizes}." default:"gpt2" placeholder:"NAME"`
	Config  string `help:"A Hugging Face config.json instead of a named size." type:"path" placeholder:"FILE"`
	Batch   int    `help:"Sequences a step." default:"4"`
	Context int    `help:"Tokens a sequence." default:"64"`
	Steps   int    `help:"Timed steps; the median counts." default:"10"`
}

// Help teaches the verb.
func (benchTrainCmd) Help() string {
	return `Times whole training steps (forward, backward, clipping, AdamW) on random tokens, and counts heap
allocations and the largest memory the process had.

  inkstone bench train --size gpt2 --batch 4 --context 64
  inkstone bench train --size gpt2 --batch 4 --context 64 --precision bf16`
}

// trainResult is the result of bench train.
type trainResult struct {
	Size        string  `json:"size"`
	Parameters  int64   `json:"parameters"`
	Batch       int     `json:"batch"`
	Context     int     `json:"context"`
	Precision   string  `json:"precision"`
	ISA         string  `json:"isa"`
	Threads     int     `json:"threads"`
	StepMS      float64 `json:"step_ms"`
	Fastest     float64 `json:"step_ms_min"`
	Slowest     float64 `json:"step_ms_max"`
	Speed       float64 `json:"tokens_per_second"`
	GFLOPS      float64 `json:"gflops"`
	PeakRSS     int64   `json:"peak_rss_bytes"`
	Forecast    int64   `json:"forecast_bytes"`
	Allocations float64 `json:"allocs_per_step"`
	Loss        float64 `json:"loss"`
}

// Run times steps.
func (b *benchTrainCmd) Run(ctx context.Context, u *ui, g *globals) error {
	c, err := (&planCmd{Size: b.Size, Config: b.Config}).config()
	if err != nil {
		return err
	}
	if b.Batch < 1 || b.Context < 1 || b.Context > c.Context || b.Steps < 1 {
		return usagef("bench train: batch %d, context %d, steps %d: want at least 1, and a context of at most the model's %d", b.Batch, b.Context, b.Steps, c.Context)
	}
	forecast := train.Plan(c, b.Batch, b.Context)
	if free := availableMemory(); free > 0 && forecast.Total() > free {
		return usagef("bench train: %s needs %s of memory, %s are free", b.Size, bytesText(forecast.Total()), bytesText(free))
	}
	dev, err := g.backend(u)
	if err != nil {
		return err
	}
	defer dev.Close()
	m, err := nn.New(c, tensor.Float32, g.Seed)
	if err != nil {
		return err
	}
	t := train.NewTrainer(train.NewOptimizer(m.Parameters(), train.DefaultAdamW()), dev)
	t.Schedule, t.Seed = train.Schedule{Kind: "constant", Peak: 1e-4, Steps: b.Steps + warmUp}, g.Seed
	batch := randomBatch(b.Batch, b.Context, c.Vocab, g.Seed)
	t.Loss = train.NextToken(m, func(int, int) train.Batch { return batch })

	var times []float64
	var before, after runtime.MemStats
	r := trainResult{
		Size: b.Size, Parameters: forecast.Parameters, Batch: b.Batch, Context: b.Context, Precision: g.Precision,
		ISA: kernels.ISA(), Threads: dev.Pool().Threads(), Forecast: forecast.Total(),
	}
	for step := range b.Steps + warmUp {
		if ctx.Err() != nil {
			return nil
		}
		if step == warmUp {
			runtime.ReadMemStats(&before)
		}
		s, err := t.Step(step)
		if err != nil {
			return err
		}
		r.Loss = s.Loss
		if step >= warmUp {
			times = append(times, 1000*s.Time.Seconds())
		}
	}
	runtime.ReadMemStats(&after)
	r.Allocations = float64(after.Mallocs-before.Mallocs) / float64(b.Steps)
	slices.Sort(times)
	r.StepMS, r.Fastest, r.Slowest = times[len(times)/2], times[0], times[len(times)-1]
	tokens := float64(b.Batch * b.Context)
	r.Speed = tokens / r.StepMS * 1000
	r.GFLOPS = forecast.TrainingFLOPs * r.Speed / 1e9
	r.PeakRSS = peakRSS()
	u.say("%s, %s parameters, batch %d x %d tokens, %s, %s, %d threads", b.Size, count(float64(r.Parameters)), b.Batch, b.Context, r.Precision, r.ISA, r.Threads)
	u.say("step        %.1f ms (%.1f to %.1f), %.0f tokens/s, %.0f GFLOP/s", r.StepMS, r.Fastest, r.Slowest, r.Speed, r.GFLOPS)
	u.say("memory      %s at most, forecast %s", bytesText(r.PeakRSS), bytesText(r.Forecast))
	u.say("allocations %.1f a step", r.Allocations)
	u.event("result", r)
	return nil
}

// warmUp is how many steps go before the timed ones: buffers are allocated in the first.
const warmUp = 3

// randomBatch makes a batch of random tokens.
func randomBatch(batch, context, vocab int, seed uint64) train.Batch {
	b := train.Batch{IDs: tensor.New(tensor.Int32, batch, context), Targets: tensor.New(tensor.Int32, batch, context)}
	r := tensor.NewRNG(tensor.NewStream(seed, "bench", 0))
	for i := range batch * context {
		tensor.Data[int32](b.IDs)[i] = int32(r.IntN(vocab))
		tensor.Data[int32](b.Targets)[i] = int32(r.IntN(vocab))
	}
	return b
}
