package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"inkstone/kernels"
	"inkstone/tensor"
	"inkstone/train"
)

// A meter reports the progress of a training run: loss, speed, share of the machine's
// multiply-add peak, time left.
type meter struct {
	ui    *ui
	steps int
	flops float64 // of one token's training
	peak  float64 // FLOP/s of all threads; 0 if it is not known

	loss, seconds, tokens float64 // running means
	last                  time.Time
}

func newMeter(u *ui, steps int, flopsPerToken float64, dev backend) *meter {
	m := &meter{ui: u, steps: steps, flops: flopsPerToken}
	if cpu, ok := dev.(*tensor.CPU); ok {
		m.peak = measurePeak(cpu)
	}
	return m
}

// measurePeak returns how many floating-point operations a second the machine can do at most
// on a backend's threads, in matrix products of its precision.
func measurePeak(cpu *tensor.CPU) float64 {
	measure := kernels.MeasurePeak
	if cpu.Precision() == tensor.BF16 {
		measure = kernels.MeasurePeakBF16
	}
	return measure(10*time.Millisecond) * float64(min(cpu.Pool().Threads(), runtime.NumCPU()))
}

// step notes a step and shows how far the run has come.
func (m *meter) step(s train.Stats) {
	keep := 0.95
	if m.loss == 0 {
		keep = 0
	}
	m.loss = keep*m.loss + (1-keep)*s.Loss
	m.seconds = keep*m.seconds + (1-keep)*s.Time.Seconds()
	m.tokens = keep*m.tokens + (1-keep)*float64(s.Tokens)
	speed := m.tokens / m.seconds
	left := time.Duration(float64(m.steps-s.Step) * m.seconds * float64(time.Second)).Round(time.Second)
	share := ""
	if m.peak > 0 {
		share = fmt.Sprintf("  %.0f%% of peak", 100*speed*m.flops/m.peak)
	}
	m.ui.progress(s.Step, m.steps, fmt.Sprintf("loss %.3f  %.0f tokens/s%s  %v left", m.loss, speed, share, left))
	if now := time.Now(); s.Step == m.steps || now.Sub(m.last) > time.Second {
		m.last = now
		m.ui.event("step", struct {
			Step     int     `json:"step"`
			Steps    int     `json:"steps"`
			Loss     float64 `json:"loss"`
			LR       float64 `json:"lr"`
			GradNorm float64 `json:"grad_norm"`
			Speed    float64 `json:"tokens_per_second"`
			Left     float64 `json:"seconds_left"`
		}{s.Step, m.steps, s.Loss, s.LR, s.GradNorm, speed, left.Seconds()})
	}
}

// environment describes what a run computes on, for its record.
func environment(devs ...backend) map[string]string {
	var names []string
	for _, d := range devs {
		names = append(names, d.Name())
	}
	return map[string]string{
		"inkstone": version(), "go": runtime.Version(), "system": runtime.GOOS + "/" + runtime.GOARCH,
		"device": strings.Join(names, ","), "isa": kernels.ISA(), "threads": fmt.Sprint(devs[0].Pool().Threads()),
	}
}
