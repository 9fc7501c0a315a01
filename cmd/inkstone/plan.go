package main

import (
	"fmt"
	"math"

	"inkstone/nn"
	"inkstone/train"
)

type planCmd struct {
	Size    string `help:"A named size: ${sizes}." default:"small" placeholder:"NAME"`
	Config  string `help:"Plan for a Hugging Face config.json instead of a named size." type:"path" placeholder:"FILE"`
	Batch   int    `help:"Sequences a step." default:"8"`
	Context int    `help:"Tokens a sequence; 0 means the model's context." default:"0"`
	Tokens  int64  `help:"Tokens to train on; 0 means 20 a parameter, the compute-optimal number (Hoffmann et al. 2022)." default:"0"`
}

// Help teaches the verb.
func (planCmd) Help() string {
	return `Counts parameters, arithmetic, memory and time. Nothing is allocated, so any size can be planned:

  inkstone plan --size gpt2 --batch 4 --context 64
  inkstone plan --size gpt3`
}

// Run prints the forecast.
func (p *planCmd) Run(u *ui, g *globals) error {
	c, err := p.config()
	if err != nil {
		return err
	}
	if p.Context == 0 {
		p.Context = c.Context
	}
	if p.Batch < 1 || p.Context < 1 || p.Context > c.Context {
		return usagef("plan: batch %d, context %d: want at least 1, and a context of at most the model's %d", p.Batch, p.Context, c.Context)
	}
	f := train.Plan(c, p.Batch, p.Context)
	tokens := p.Tokens
	if tokens == 0 {
		tokens = 20 * f.Parameters
	}
	cpu := g.newCPU()
	defer cpu.Close()
	peak := measurePeak(cpu)
	const share = 0.6 // of the peak that whole training steps reach
	seconds := float64(tokens) * f.TrainingFLOPs / (peak * share)

	u.say("model       %s, %d layers, %d heads, %d channels, vocabulary %d, context %d", c.ModelType, c.Layers, c.Heads, c.Channels, c.Vocab, c.Context)
	u.say("parameters  %s", count(float64(f.Parameters)))
	u.say("arithmetic  %s forward a token, %s in training", flops(f.ForwardFLOPs), flops(f.TrainingFLOPs))
	u.say("memory for training with AdamW in float32, %d sequences of %d tokens:", p.Batch, p.Context)
	for _, row := range []struct {
		name string
		n    int64
	}{
		{"weights", f.Weights}, {"gradients", f.Gradients}, {"AdamW moments", f.Optimizer}, {"activations", f.Activations},
		{"logits", f.Logits}, {"working memory", f.Working}, {"in all", f.Total()},
	} {
		u.say("  %-15s %s", row.name, bytesText(row.n))
	}
	u.say("generation  %s of weights, %s of keys and values for a full context", bytesText(f.Weights), bytesText(f.KVCache))
	u.say("time        %s tokens at %.0f%% of this machine's %.0f GFLOP/s: %s", count(float64(tokens)), 100*share, peak/1e9, duration(seconds))
	u.event("result", struct {
		Parameters    int64   `json:"parameters"`
		ForwardFLOPs  float64 `json:"forward_flops_per_token"`
		TrainingFLOPs float64 `json:"training_flops_per_token"`
		Weights       int64   `json:"weights_bytes"`
		Gradients     int64   `json:"gradients_bytes"`
		Optimizer     int64   `json:"optimizer_bytes"`
		Activations   int64   `json:"activations_bytes"`
		Logits        int64   `json:"logits_bytes"`
		Working       int64   `json:"working_bytes"`
		Total         int64   `json:"total_bytes"`
		KVCache       int64   `json:"kv_cache_bytes"`
		Tokens        int64   `json:"tokens"`
		PeakFLOPS     float64 `json:"peak_flops"`
		Seconds       float64 `json:"seconds"`
	}{
		f.Parameters, f.ForwardFLOPs, f.TrainingFLOPs, f.Weights, f.Gradients, f.Optimizer, f.Activations, f.Logits,
		f.Working, f.Total(), f.KVCache, tokens, peak, seconds,
	})
	return nil
}

func (p *planCmd) config() (*nn.Config, error) {
	if p.Config != "" {
		return nn.LoadConfig(p.Config)
	}
	return sizeNamed(p.Size)
}

// count writes a large number for people.
func count(n float64) string {
	for _, unit := range []struct {
		size float64
		name string
	}{{1e12, " trillion"}, {1e9, " billion"}, {1e6, " million"}, {1e3, " thousand"}} {
		if n >= unit.size {
			return fmt.Sprintf("%.3g%s", n/unit.size, unit.name)
		}
	}
	return fmt.Sprintf("%.0f", n)
}

// flops writes a number of operations for people.
func flops(n float64) string {
	for _, unit := range []struct {
		size float64
		name string
	}{{1e15, "PFLOP"}, {1e12, "TFLOP"}, {1e9, "GFLOP"}, {1e6, "MFLOP"}} {
		if n >= unit.size {
			return fmt.Sprintf("%.3g %s", n/unit.size, unit.name)
		}
	}
	return fmt.Sprintf("%.0f FLOP", n)
}

// duration writes a time for people, up to millions of years.
func duration(seconds float64) string {
	for _, unit := range []struct {
		size float64
		name string
	}{{365.25 * 86400, "years"}, {86400, "days"}, {3600, "hours"}, {60, "minutes"}} {
		if seconds >= 2*unit.size {
			return count(math.Round(10*seconds/unit.size)/10) + " " + unit.name
		}
	}
	return fmt.Sprintf("%.3g seconds", seconds)
}
