package main

import (
	"context"
	"fmt"
	"slices"

	"inkstone/kernels"
	"inkstone/nn"
	"inkstone/tensor"
	"inkstone/train"
)

type benchLoRACmd struct {
	Models  []string `help:"Models: 1M, 5M, 14M, 124M (GPT-2 shapes of about so many parameters) or named sizes." default:"1M,5M,14M,124M" placeholder:"NAME"`
	Batch   int      `help:"Records a step." default:"16"`
	Context int      `help:"Tokens a record." default:"128"`
	Steps   int      `help:"Timed steps; the median counts." default:"5"`
	Rank    int      `help:"Rank of the adapters." default:"2"`
	Targets []string `help:"Layers to adapt." default:"c_attn" placeholder:"NAME"`
}

// Help teaches the verb.
func (benchLoRACmd) Help() string {
	return `Times fine-tuning by LoRA: whole steps (forward, backward, AdamW on the adapters) on records of random
tokens, and projects how long 2,000,000 records would take. For comparison: 2,000,000 records in five
hours on one GPU are 111 records/s.

  inkstone bench lora --precision bf16
  inkstone bench lora --models 5M,small --rank 8 --targets all-linear`
}

// The figure to compare with: records, and records a second.
const (
	loraRecords   = 2_000_000
	loraReference = loraRecords / (5 * 3600.0)
)

// loraModels are GPT-2 shapes that are named by about how many parameters they have.
var loraModels = []size{{"1M", 2048, 1024, 128, 4, 4}, {"5M", 6144, 1024, 224, 6, 4}, {"14M", 8192, 1024, 384, 6, 6}, {"124M", 50257, 1024, 768, 12, 12}}

// loraResult is the speed of fine-tuning one model.
type loraResult struct {
	Kernel     string  `json:"kernel"`
	Model      string  `json:"model"`
	Parameters int64   `json:"parameters"`
	Trainable  int64   `json:"trainable"`
	Share      float64 `json:"trainable_share"`
	ISA        string  `json:"isa"`
	Precision  string  `json:"precision"`
	Threads    int     `json:"threads"`
	Batch      int     `json:"batch"`
	Context    int     `json:"context"`
	StepMS     float64 `json:"step_ms"`
	Records    float64 `json:"records_per_second"`
	Hours      float64 `json:"hours_for_2000000"`
	Reference  float64 `json:"against_111_records_per_second"`
}

// Run times fine-tuning.
func (b *benchLoRACmd) Run(ctx context.Context, u *ui, g *globals) error {
	if b.Batch < 1 || b.Context < 1 || b.Steps < 1 {
		return usagef("bench lora: batch %d, context %d, steps %d: want at least 1", b.Batch, b.Context, b.Steps)
	}
	cpu := g.newCPU()
	defer cpu.Close()
	best := loraResult{}
	for _, name := range b.Models {
		r, err := b.time(ctx, name, g, cpu)
		if err != nil {
			return err
		}
		u.say("%-6s %s parameters, trainable %d (%.3f %%): %7.1f records/s, %6.1f hours for 2,000,000; %.2f times 111 records/s", name, count(float64(r.Parameters)), r.Trainable, 100*r.Share, r.Records, r.Hours, r.Reference)
		u.event("bench", r)
		if r.Reference >= 1 && r.Parameters > best.Parameters {
			best = r
		}
	}
	if best.Model == "" {
		u.say("None of them reaches 111 records/s here.")
	} else {
		u.say("The largest that reaches 111 records/s here: %s.", best.Model)
	}
	u.event("result", struct {
		Largest string  `json:"largest_at_111_records_per_second"`
		Speed   float64 `json:"records_per_second"`
	}{best.Model, best.Records})
	return nil
}

// time measures one model.
func (b *benchLoRACmd) time(ctx context.Context, name string, g *globals, cpu *tensor.CPU) (r loraResult, err error) {
	c, err := b.config(name)
	if err != nil {
		return r, err
	}
	if b.Context > c.Context {
		return r, usagef("bench lora: %d tokens a record, %s has a context of %d", b.Context, name, c.Context)
	}
	m, err := nn.New(c, tensor.Float32, g.Seed)
	if err != nil {
		return r, err
	}
	l, err := nn.AddLoRA(m, nn.LoRAConfig{Rank: b.Rank, Alpha: 2 * float64(b.Rank), Targets: b.Targets}, g.Seed)
	if err != nil {
		return r, usageError{err}
	}
	batch := randomBatch(b.Batch, b.Context, c.Vocab, g.Seed)
	t := train.NewTrainer(train.NewOptimizer(l.Parameters(), train.DefaultAdamW()), cpu)
	t.Schedule = train.Schedule{Kind: "constant", Peak: 1e-4, Steps: b.Steps + warmUp}
	t.Loss = train.NextToken(l, func(int, int) train.Batch { return batch })
	var times []float64
	for step := range b.Steps + warmUp {
		if ctx.Err() != nil {
			return r, fmt.Errorf("bench lora: interrupted")
		}
		s, err := t.Step(step)
		if err != nil {
			return r, err
		}
		if step >= warmUp {
			times = append(times, s.Time.Seconds())
		}
	}
	slices.Sort(times)
	n, step := l.Count(), times[len(times)/2]
	r = loraResult{
		Kernel: "lora", Model: name, Parameters: n.Total, Trainable: n.Trainable, Share: float64(n.Trainable) / float64(n.Total),
		ISA: kernels.ISA(), Precision: g.Precision, Threads: cpu.Pool().Threads(), Batch: b.Batch, Context: b.Context,
		StepMS: 1000 * step, Records: float64(b.Batch) / step,
	}
	r.Hours, r.Reference = loraRecords/r.Records/3600, r.Records/loraReference
	return r, nil
}

// config returns the shape that a name stands for.
func (b *benchLoRACmd) config(name string) (*nn.Config, error) {
	for _, s := range loraModels {
		if s.name == name {
			return s.config(), nil
		}
	}
	return sizeNamed(name)
}
