package main

import (
	"context"
	"math"
	"os"
	"path/filepath"

	"inkstone/nn"
	"inkstone/nn/tokenizer"
	"inkstone/tensor"
	"inkstone/train"
)

type sftCmd struct {
	Data     []string `help:"JSONL files of {\"messages\": …}, of {\"prompt\": …, \"response\": …} or of {\"text\": …}, or text files." required:"" sep:"none" placeholder:"FILE"`
	Files    []string `arg:"" optional:"" help:"More data files."`
	Model    string   `help:"Directory of the model to begin with." required:"" type:"path" placeholder:"DIR"`
	Out      string   `help:"Run directory: model, checkpoints, metrics." required:"" type:"path" placeholder:"DIR"`
	Resume   bool     `help:"Go on with the run in --out, if there is one."`
	Config   settings `help:"JSON file of any of these flags by name." type:"existingfile" placeholder:"FILE"`
	General  []string `help:"Text or JSONL file of general text: the loss on it shows what is forgotten." sep:"none" placeholder:"FILE"`
	Template string   `help:"How conversations are written: auto takes the model's template, or ours if it has none; none puts prompt and response side by side; or a file in Jinja." default:"auto" placeholder:"FILE"`

	Epochs     float64 `help:"Passes over the data." default:"3"`
	Steps      int     `help:"Optimiser steps; 0 means as many as --epochs has." default:"0"`
	Batch      int     `help:"Examples a batch, packed into one row." default:"8"`
	Accumulate int     `help:"Batches a step." default:"1"`
	Context    int     `help:"Tokens of an example at most; 0 means the model's context." default:"0"`
	LR         float64 `help:"Highest learning rate; 0 means 1e-4 for all weights, 5e-4 for LoRA." default:"0" name:"lr"`
	Schedule   string  `help:"Course of the learning rate: constant, cosine or linear." default:"cosine" enum:"constant,cosine,linear"`
	Decay      float64 `help:"Weight decay." default:"0" name:"weight-decay"`
	Clip       float64 `help:"Largest norm of the gradient; 0 means no limit." default:"1"`
	Dropout    float64 `help:"Dropout probability." default:"0"`
	Heldout    float64 `help:"Share of the examples that is held out." default:"0.05"`
	Checkpoint bool    `help:"Compute activations twice instead of keeping them: less memory, a third more time." name:"activation-checkpointing"`

	LoRA loraFlags `embed:""`
}

// Help teaches the verb.
func (sftCmd) Help() string {
	return `Fine-tunes a model on your own data: a line of a JSONL file is a conversation, of which the assistant's answers
are learned,

  {"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]}
  {"prompt": "…", "response": "…"}

or text of a domain, on which pretraining goes on: {"text": "…"}. Ctrl-C saves; --resume goes on.

  inkstone sft --model base --data chats.jsonl --out run
  inkstone sft --model base --data chats.jsonl --out run --lora 8 --epochs 2
  inkstone sft --model base --data law.txt --general news.txt --out run
  inkstone generate --model run/model --chat "What is a sonnet?"`
}

// Run fine-tunes the model.
func (c *sftCmd) Run(ctx context.Context, u *ui, g *globals) error {
	lora, err := c.LoRA.config()
	if err != nil {
		return err
	}
	dev, err := g.backend(u)
	if err != nil {
		return err
	}
	defer dev.Close()
	m, d, err := c.load(dev)
	if err != nil {
		return err
	}
	config, err := c.config(m.Config(), lora, g.Precision)
	if err != nil {
		return err
	}
	config.Template = d.Tokenizer.Chat().Template
	if c.Template == "none" {
		config.Template = ""
	}
	data := append(c.Data, c.Files...)
	hashes, err := train.HashFiles(append(append(data, c.General...), filepath.Join(c.Model, nn.WeightsFile)))
	if err != nil {
		return err
	}
	examples, err := train.ReadExamples(data, d, m.Config().Vocab, config.Context)
	if err != nil {
		return err
	}
	general, err := train.ReadExamples(c.General, d, m.Config().Vocab, config.Context)
	if err != nil {
		return err
	}
	if m, err = adapt(u, m, lora, c.Model, g.Seed); err != nil {
		return err
	}
	if d.End() < 0 && config.Template != "" {
		u.say("warning: the tokenizer has no token that ends an answer: the model will not learn to stop")
	}
	var meter *meter
	s := &train.SFT{
		Config: *config, Model: m, Dialogue: d, Examples: examples, General: general,
		Dir: c.Out, Seed: g.Seed, Resume: c.Resume, Data: hashes, Environment: environment(dev),
		Say: u.say,
		Begin: func(b train.SFTBegin) {
			u.say("%d examples of %d tokens in the mean, %d more held out; %d steps of %d x %d", b.Learn, b.Tokens, b.Heldout, b.Steps, config.Accumulate, config.Batch)
			meter = newMeter(u, b.Steps, train.Plan(m.Config(), config.Batch, min(b.Tokens, m.Config().Context)).TrainingFLOPs, dev)
		},
		OnStep: func(s train.Stats) { meter.step(s) },
	}
	r, err := s.Run(ctx, dev)
	if err != nil {
		return err
	}
	c.report(u, r)
	return nil
}

// load reads the model, and its tokenizer with the template to use.
func (c *sftCmd) load(dev backend) (nn.Model, *train.Dialogue, error) {
	tok, err := tokenizer.Load(c.Model)
	if err != nil {
		return nil, nil, err
	}
	chat := tok.Chat()
	switch c.Template {
	case "auto":
		if chat.Template == "" {
			chat = tokenizer.DefaultChat(tok)
		}
	case "none":
		chat.Template = ""
	default:
		source, err := os.ReadFile(c.Template)
		if err != nil {
			return nil, nil, err
		}
		chat.Template = string(source)
	}
	m, err := nn.Load(c.Model, tensor.Float32, dev)
	if err != nil {
		return nil, nil, err
	}
	m.Config().Checkpoint = c.Checkpoint
	return m, train.NewDialogue(tok.WithChat(chat)), checkVocab(c.Model, tok, m.Config())
}

// config turns the flags into settings and checks them.
func (c *sftCmd) config(model *nn.Config, lora *nn.LoRAConfig, precision string) (*train.SFTConfig, error) {
	if c.Context == 0 {
		c.Context = model.Context
	}
	if c.Context < 1 || c.Context > model.Context {
		return nil, usagef("sft: context %d, want 1 to the model's %d", c.Context, model.Context)
	}
	if c.LR == 0 {
		c.LR = 1e-4
		if lora != nil {
			c.LR = 5e-4
		}
	}
	config := &train.SFTConfig{Context: c.Context, Dropout: c.Dropout}
	config.FineTuneConfig = train.FineTuneConfig{
		Batch: c.Batch, Accumulate: c.Accumulate, Epochs: c.Epochs, AdamW: train.DefaultAdamW(), Heldout: c.Heldout, Precision: precision, LoRA: lora,
		Schedule: train.Schedule{Kind: c.Schedule, Peak: c.LR, Warmup: c.Steps / 20, Steps: c.Steps, Final: 0.1},
	}
	config.AdamW.WeightDecay, config.AdamW.ClipNorm = c.Decay, c.Clip
	if err := config.Validate(); err != nil {
		return nil, usageError{err}
	}
	return config, nil
}

// report says how the run ended.
func (c *sftCmd) report(u *ui, r train.SFTResult) {
	if r.Steps < r.Planned {
		u.interrupted("step", r.Steps, r.Planned, c.Out)
		return
	}
	seconds := max(r.Seconds, 1e-9)
	speed, records := float64(r.Tokens)/seconds, float64(r.Records)/seconds
	u.say("Held-out loss %.4f, was %.4f (perplexity %.2f, was %.2f).", r.After.Heldout, r.Before.Heldout, math.Exp(r.After.Heldout), math.Exp(r.Before.Heldout))
	if !math.IsNaN(r.After.General) {
		u.say("On general text %.4f, was %.4f.", r.After.General, r.Before.General)
	}
	u.say("%.0f tokens/s, %.1f records/s.", speed, records)
	if r.Adapter != "" {
		u.say("Adapter: %s", r.Adapter)
	}
	u.say("Model: %s", r.Model)
	u.event("result", struct {
		Loss          float64  `json:"loss"`
		Heldout       float64  `json:"heldout_loss"`
		HeldoutBefore float64  `json:"heldout_loss_before"`
		General       *float64 `json:"general_loss,omitempty"`
		GeneralBefore *float64 `json:"general_loss_before,omitempty"`
		Speed         float64  `json:"tokens_per_second"`
		Records       float64  `json:"records_per_second"`
		Steps         int      `json:"steps"`
		Model         string   `json:"model"`
		Adapter       string   `json:"adapter,omitempty"`
		Out           string   `json:"out"`
	}{r.Loss, r.After.Heldout, r.Before.Heldout, known(r.After.General), known(r.Before.General), speed, records, r.Steps, r.Model, r.Adapter, c.Out})
}

// known returns a pointer to a number, nil for NaN.
func known(x float64) *float64 {
	if math.IsNaN(x) {
		return nil
	}
	return &x
}
