package main

import (
	"context"
	"slices"

	"inkstone/kernels"
	"inkstone/nn"
	"inkstone/tensor"
	"inkstone/train"
)

type benchLoRACmd struct {
	Sizes   []string `help:"Sizes: 1m, 5m, 14m or 124m parameters, or named ones: ${sizes}." default:"1m,5m,14m,124m" placeholder:"NAME"`
	Batch   int      `help:"Records a step." default:"8"`
	Context int      `help:"Tokens a record." default:"128"`
	Steps   int      `help:"Timed steps; the median counts." default:"5"`
	Rank    int      `help:"Rank of the adapters." default:"2"`
	Targets []string `help:"Layers to adapt: ${all_linear}, c_attn, attn.c_proj." default:"c_attn" placeholder:"NAME"`
}

// Help teaches the verb.
func (benchLoRACmd) Help() string {
	return `Times whole steps of fine-tuning by LoRA (forward, backward, AdamW on the adapters) and says how many
records a second that is, how long two million records take, and which is the largest model that
keeps up with two million in five hours: 111 records a second.

  inkstone bench lora
  inkstone bench lora --precision bf16 --sizes 5m,14m --batch 16
  inkstone bench lora --sizes gpt2 --rank 8 --targets all-linear --batch 1`
}

// What is to be reached: 2,000,000 records in 5 hours.
const (
	loraRecords = 2_000_000
	loraHours   = 5
	loraSpeed   = loraRecords / (loraHours * 3600.0) // records/s
)

// loraSizes are GPT-2 shapes of about as many parameters as their names say.
var loraSizes = []size{
	{"1m", 4096, 128, 96, 5, 3, 0},
	{"5m", 8192, 256, 224, 5, 4, 0},
	{"14m", 8192, 256, 384, 6, 6, 0},
	{"124m", 50257, 1024, 768, 12, 12, 0},
}

// loraResult is one line of bench lora.
type loraResult struct {
	Size       string  `json:"size"`
	Parameters int64   `json:"parameters"` // adapters included
	Trainable  int64   `json:"trainable"`
	Share      float64 `json:"trainable_share"`
	Batch      int     `json:"batch"`
	Context    int     `json:"context"`
	Precision  string  `json:"precision"`
	ISA        string  `json:"isa"`
	Threads    int     `json:"threads"`
	StepMS     float64 `json:"step_ms"`
	Fastest    float64 `json:"step_ms_min"`
	Slowest    float64 `json:"step_ms_max"`
	Records    float64 `json:"records_per_second"`
	Hours      float64 `json:"hours"` // for two million records
	GFLOPS     float64 `json:"gflops"`
	Meets      bool    `json:"meets"`
}

// Run prints a line for each size.
func (b *benchLoRACmd) Run(ctx context.Context, u *ui, g *globals) error {
	lora := nn.LoRAConfig{Rank: b.Rank, Alpha: 2 * float64(b.Rank), Targets: b.Targets}
	configs, err := b.configs(lora)
	if err != nil {
		return err
	}
	dev, err := g.backend(u)
	if err != nil {
		return err
	}
	defer dev.Close()
	u.say("LoRA of rank %d on %v, %d records x %d tokens a step, %s, %s, %d threads", b.Rank, b.Targets, b.Batch, b.Context, g.Precision, kernels.ISA(), dev.Pool().Threads())
	u.say("%-12s %-30s %10s %12s %10s %9s", "size", "trainable / total", "step", "records/s", "2M take", "GFLOP/s")
	var largest *loraResult
	for i, c := range configs {
		r, err := b.time(ctx, c, lora, dev, g.Seed)
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
		r.Size, r.Precision = b.Sizes[i], g.Precision
		u.event("bench", r)
		u.say("%-12s %-30v %7.0f ms %12.1f %10s %9.0f", r.Size, nn.ParameterCount{Trainable: r.Trainable, Total: r.Parameters}, r.StepMS, r.Records, duration(3600*r.Hours), r.GFLOPS)
		if r.Meets && (largest == nil || r.Parameters > largest.Parameters) {
			largest = &r
		}
	}
	result := struct {
		Cases     int     `json:"cases"`
		Reference float64 `json:"reference_records_per_second"`
		Largest   string  `json:"largest"` // that meets the reference; "" if none does
		Records   float64 `json:"records_per_second"`
	}{Cases: len(configs), Reference: loraSpeed}
	u.say("The reference is 2,000,000 records in 5 hours on one GPU: %.0f records/s.", loraSpeed)
	if largest == nil {
		u.say("None of these models meets it here.")
	} else {
		result.Largest, result.Records = largest.Size, largest.Records
		u.say("The largest model that meets it here is %s, at %.0f records/s.", largest.Size, largest.Records)
	}
	u.event("result", result)
	return nil
}

// configs returns the architectures to time, after checking that each can be.
func (b *benchLoRACmd) configs(lora nn.LoRAConfig) ([]*nn.Config, error) {
	if b.Batch < 1 || b.Context < 1 || b.Steps < 1 {
		return nil, usagef("bench lora: batch %d, context %d, steps %d: want at least 1", b.Batch, b.Context, b.Steps)
	}
	var all []*nn.Config
	for _, name := range b.Sizes {
		c, err := sizeNamed(name)
		if i := slices.IndexFunc(loraSizes, func(s size) bool { return s.name == name }); i >= 0 {
			c, err = loraSizes[i].config(), nil
		}
		if err != nil {
			return nil, err
		}
		if b.Context > c.Context {
			return nil, usagef("bench lora: context %d, want at most the %d of %s", b.Context, c.Context, name)
		}
		n, err := lora.Count(c)
		if err != nil {
			return nil, usageError{err}
		}
		need := train.Plan(c, b.Batch, b.Context).Adapting(n).Total()
		if free := availableMemory(); free > 0 && need > free {
			return nil, usagef("bench lora: %s needs %s of memory, %s are free; try a smaller --batch", name, bytesText(need), bytesText(free))
		}
		all = append(all, c)
	}
	return all, nil
}

// time times the steps of one model. It stops early if ctx ends.
func (b *benchLoRACmd) time(ctx context.Context, c *nn.Config, lora nn.LoRAConfig, dev backend, seed uint64) (r loraResult, err error) {
	base, err := nn.New(c, tensor.Float32, seed)
	if err != nil {
		return r, err
	}
	m, err := nn.AddLoRA(base, lora, seed)
	if err != nil {
		return r, err
	}
	t := train.NewTrainer(train.NewOptimizer(m.Parameters(), train.DefaultAdamW()), dev)
	t.Schedule, t.Seed = train.Schedule{Kind: "constant", Peak: 5e-4, Steps: b.Steps + warmUp}, seed
	batch := randomBatch(b.Batch, b.Context, c.Vocab, seed)
	t.Loss = train.NextToken(m, func(int, int) train.Batch { return batch })
	var times []float64
	for step := range b.Steps + warmUp {
		if ctx.Err() != nil {
			return r, nil
		}
		s, err := t.Step(step)
		if err != nil {
			return r, err
		}
		if step >= warmUp {
			times = append(times, 1000*s.Time.Seconds())
		}
	}
	slices.Sort(times)
	n := m.Count()
	r = loraResult{
		Parameters: n.Total, Trainable: n.Trainable, Share: float64(n.Trainable) / float64(n.Total), Batch: b.Batch, Context: b.Context,
		ISA: kernels.ISA(), Threads: dev.Pool().Threads(), StepMS: times[len(times)/2], Fastest: times[0], Slowest: times[len(times)-1],
	}
	r.Records = 1000 * float64(b.Batch) / r.StepMS
	r.Hours = loraRecords / r.Records / 3600
	r.GFLOPS = train.Plan(c, b.Batch, b.Context).Adapting(n).TrainingFLOPs * float64(b.Context) * r.Records / 1e9
	r.Meets = r.Records >= loraSpeed
	return r, nil
}
