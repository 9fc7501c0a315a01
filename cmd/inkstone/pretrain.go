package main

import (
	"context"
	"math"
	"path/filepath"

	"inkstone/nn"
	"inkstone/nn/tokenizer"
	"inkstone/tensor"
	"inkstone/train"
)

type pretrainCmd struct {
	Data      []string `help:"Text files, or JSONL files of {\"text\": …}." required:"" sep:"none" placeholder:"FILE"`
	Files     []string `arg:"" optional:"" help:"More data files."`
	Out       string   `help:"Run directory: model, checkpoints, metrics." required:"" type:"path" placeholder:"DIR"`
	Resume    bool     `help:"Go on with the run in --out, if there is one."`
	Size      string   `help:"A named size: ${sizes}." default:"small" placeholder:"NAME"`
	Config    settings `help:"JSON file: a model's config.json, or any of these flags by name." type:"existingfile" placeholder:"FILE"`
	Tokenizer string   `help:"Tokenizer to use (a directory or tokenizer.json), or bpe or chars to learn one from the data." default:"bpe" placeholder:"PATH"`
	Vocab     int      `help:"Tokens of the BPE that is learned." default:"4096"`

	Steps      int     `help:"Optimiser steps." default:"1000"`
	Batch      int     `help:"Sequences a batch." default:"16"`
	Accumulate int     `help:"Batches a step." default:"1"`
	Context    int     `help:"Tokens a sequence; 0 means the model's context." default:"0"`
	LR         float64 `help:"Highest learning rate; 0 means 3e-3 for small models down to 6e-4 for GPT-2." default:"0" name:"lr"`
	Schedule   string  `help:"Course of the learning rate: constant, cosine, linear or wsd." default:"cosine" enum:"constant,cosine,linear,wsd"`
	Warmup     int     `help:"Steps over which the learning rate rises; -1 means a twentieth." default:"-1"`
	Decay      float64 `help:"Weight decay." default:"0.1" name:"weight-decay"`
	Clip       float64 `help:"Largest norm of the gradient; 0 means no limit." default:"1"`
	Dropout    float64 `help:"Dropout probability." default:"0"`
	Heldout    float64 `help:"Share of the data, at its end, that is held out." default:"0.05"`
	Checkpoint bool    `help:"Compute activations twice instead of keeping them: less memory, a third more time." name:"activation-checkpointing"`
}

// Help teaches the verb.
func (pretrainCmd) Help() string {
	return `Trains a base model to predict the next token of text. Ctrl-C saves; --resume goes on, to the same
weights as a run that was never stopped.

  inkstone pretrain --data book.txt --out run --steps 500
  inkstone pretrain --data a.jsonl --data b.jsonl --out run --size gpt2 --batch 4 --context 256
  inkstone pretrain --data book.txt --out run --steps 500 --resume
  inkstone pretrain --data book.txt --out run --accumulate 2 --device vulkan:0,vulkan:1   a micro-batch each`
}

// Run trains the model.
func (c *pretrainCmd) Run(ctx context.Context, u *ui, g *globals) error {
	config, err := c.config()
	if err != nil {
		return err
	}
	forecast := train.Plan(config.Model, config.Batch, config.Context)
	if free := availableMemory(); free > 0 && forecast.Total() > free {
		return usagef("pretrain: this needs %s of memory, %s are free; try a smaller --batch, --context or --size, or --activation-checkpointing", bytesText(forecast.Total()), bytesText(free))
	}
	config.Precision = g.Precision
	devs, err := g.backends(u)
	if err != nil {
		return err
	}
	var others []tensor.Backend
	for i, d := range devs {
		defer d.Close()
		if i > 0 {
			others = append(others, d)
		}
	}
	dev := devs[0]
	var m *meter
	p := &train.Pretrain{
		Config: *config, Data: append(c.Data, c.Files...), Dir: c.Out, Seed: g.Seed, Resume: c.Resume, Environment: environment(devs...),
		Say:      u.say,
		Progress: func(done, total int) { u.progress(done, total, "merging pairs") },
		Begin: func(model *nn.Config, done int) {
			u.say("%s parameters; %d steps of %d x %d x %d tokens", count(float64(model.NumParameters())), config.Schedule.Steps, config.Accumulate, config.Batch, config.Context)
			m = newMeter(u, config.Schedule.Steps, train.Plan(model, config.Batch, config.Context).TrainingFLOPs, dev)
		},
		OnStep: func(s train.Stats) { m.step(s) },
		Sample: func(model nn.Model, tok tokenizer.Tokenizer, s train.Stats) { c.sample(u, g, dev, model, tok, s) },
	}
	r, err := p.Run(ctx, dev, others...)
	if err != nil {
		return err
	}
	speed := float64(r.Tokens) / max(r.Seconds, 1e-9)
	if r.Steps < config.Schedule.Steps {
		u.interrupted("step", r.Steps, config.Schedule.Steps, c.Out)
		return nil
	}
	u.say("Loss %.4f, on held-out text %.4f (perplexity %.2f); %.0f tokens/s.\nModel: %s", r.Loss, r.Heldout, math.Exp(r.Heldout), speed, r.Model)
	u.event("result", struct {
		Loss    float64 `json:"loss"`
		Heldout float64 `json:"heldout_loss"`
		Speed   float64 `json:"tokens_per_second"`
		Steps   int     `json:"steps"`
		Model   string  `json:"model"`
		Out     string  `json:"out"`
	}{r.Loss, r.Heldout, speed, r.Steps, r.Model, c.Out})
	return nil
}

// config turns the flags into settings and checks them.
func (c *pretrainCmd) config() (*train.PretrainConfig, error) {
	file := ""
	if c.Config.isModel() {
		file = string(c.Config)
	}
	model, err := (&planCmd{Size: c.Size, Config: file}).config()
	if err != nil {
		return nil, err
	}
	if c.Context == 0 {
		c.Context = model.Context
	}
	if file == "" && c.Context > model.Context {
		model.Context = c.Context // a named size learns as many positions as are asked for
	}
	if c.Tokenizer != "bpe" && c.Tokenizer != "chars" {
		if c.Tokenizer, err = filepath.Abs(c.Tokenizer); err != nil {
			return nil, err
		}
	}
	if c.Warmup < 0 {
		c.Warmup = c.Steps / 20
	}
	if c.LR == 0 { // a line through what works for the named sizes
		c.LR = min(3e-3, 0.6/float64(model.Channels))
		c.LR = max(c.LR, 6e-4)
	}
	model.Dropout, model.Checkpoint = c.Dropout, c.Checkpoint
	config := &train.PretrainConfig{
		Tokenizer: c.Tokenizer, Vocab: c.Vocab, Model: model, Batch: c.Batch, Accumulate: c.Accumulate, Context: c.Context,
		AdamW:    train.DefaultAdamW(),
		Schedule: train.Schedule{Kind: c.Schedule, Peak: c.LR, Warmup: c.Warmup, Steps: c.Steps, Final: 0.1},
		Heldout:  c.Heldout,
	}
	config.AdamW.WeightDecay, config.AdamW.ClipNorm = c.Decay, c.Clip
	if c.Schedule == "wsd" {
		config.Schedule.Decay = c.Steps / 5
	}
	switch {
	case c.Batch < 1 || c.Accumulate < 1 || c.Context < 1:
		return nil, usagef("pretrain: batch %d, accumulate %d, context %d: want at least 1", c.Batch, c.Accumulate, c.Context)
	case c.Context > model.Context:
		return nil, usagef("pretrain: context %d is longer than the model's %d", c.Context, model.Context)
	case !(c.Heldout > 0 && c.Heldout < 1):
		return nil, usagef("pretrain: --heldout %v, want a share between 0 and 1", c.Heldout)
	}
	for _, err := range []error{config.Schedule.Validate(), config.AdamW.Validate(), model.Validate()} {
		if err != nil {
			return nil, usageError{err}
		}
	}
	return config, nil
}

// sample shows what the model writes by now.
func (c *pretrainCmd) sample(u *ui, g *globals, dev backend, m nn.Model, tok tokenizer.Tokenizer, s train.Stats) {
	writer := nn.NewGenerator(m, dev)
	prompt := promptIDs(tok, m.Config(), "", false)
	if err := writer.Start(prompt); err != nil {
		return
	}
	text := newTextWriter(tok, prompt, nil)
	writer.Generate(min(64, m.Config().Context-len(prompt)), nn.NewSampler(nn.Sampling{Temperature: 0.8, TopP: 0.95}, tensor.NewStream(g.Seed, "sample", s.Step)), func(id int32) bool {
		text.add(id)
		return true
	})
	u.say("step %d, loss %.3f: %q", s.Step, s.Loss, text.text())
	u.event("sample", struct {
		Step int    `json:"step"`
		Text string `json:"text"`
	}{s.Step, text.text()})
}
