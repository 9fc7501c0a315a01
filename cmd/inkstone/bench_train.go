package main

import (
	"context"
	"os"
	"runtime"
	"slices"
	"strings"

	"inkstone/gpu"
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
	Profile string `help:"Time the kernels of one more step on a device other than the CPU, and write them as a trace for Chrome's about:tracing or Perfetto." type:"path" placeholder:"FILE"`
}

// Help teaches the verb.
func (benchTrainCmd) Help() string {
	return `Times whole training steps (forward, backward, clipping, AdamW) on random tokens, and counts heap
allocations and the largest memory the process had.

  inkstone bench train --size gpt2 --batch 4 --context 64
  inkstone bench train --size gpt2 --batch 4 --context 64 --precision bf16
  inkstone bench train --size tiny --device vulkan --profile step.json`
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
	Device      string  `json:"device"`
	*deviceStep
}

// deviceStep is what bench train says of a device.
type deviceStep struct {
	Submissions float64 `json:"submissions_per_step"`
	Dispatches  float64 `json:"dispatches_per_step"`
	Host        float64 `json:"host_share"` // of a step's time, in which the host did not wait
	Memory      int64   `json:"device_memory_peak_bytes"`
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
		Device: dev.Name(),
	}
	on, _ := dev.(*deviceBackend)
	if b.Profile != "" && on == nil {
		return usagef("bench train: --profile is for devices other than the CPU")
	}
	var counted gpu.Stats
	for step := range b.Steps + warmUp {
		if ctx.Err() != nil {
			return nil
		}
		if step == warmUp {
			runtime.ReadMemStats(&before)
			if on != nil {
				counted = on.Device().Stats()
			}
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
	if on != nil {
		r.deviceStep = deviceSteps(on.Device(), counted, times)
	}
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
	if d := r.deviceStep; d != nil {
		u.say("device      %s, %.1f dispatches in %.1f submissions a step, host busy %.1f%% of the time, %s at most",
			r.Device, d.Dispatches, d.Submissions, 100*d.Host, bytesText(d.Memory))
	}
	u.event("result", r)
	if b.Profile == "" {
		return nil
	}
	return b.profile(u, on.Device(), t)
}

// deviceSteps returns what a device did in the timed steps since it had counted.
func deviceSteps(d *gpu.Device, counted gpu.Stats, times []float64) *deviceStep {
	now, n, total := d.Stats(), float64(len(times)), 0.0
	for _, t := range times {
		total += t
	}
	return &deviceStep{
		Submissions: float64(now.Submissions-counted.Submissions) / n, Dispatches: float64(now.Dispatches-counted.Dispatches) / n,
		Host: 1 - 1000*(now.Waited-counted.Waited).Seconds()/total, Memory: d.Memory().Peak,
	}
}

// profile takes one more step, times its kernels and writes them to a file.
func (b *benchTrainCmd) profile(u *ui, d *gpu.Device, t *train.Trainer) error {
	if err := d.StartProfile(); err != nil {
		return err
	}
	if _, err := t.Step(b.Steps + warmUp); err != nil {
		return err
	}
	p, err := d.StopProfile()
	if err != nil {
		return err
	}
	f, err := os.Create(b.Profile)
	if err != nil {
		return err
	}
	if err = p.WriteTrace(f); err == nil {
		err = f.Close()
	}
	if err != nil {
		return err
	}
	var table strings.Builder
	if err := p.WriteTable(&table); err != nil {
		return err
	}
	u.say("\n%s\nTrace, for about:tracing or Perfetto: %s", table.String(), b.Profile)
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
