package main

import (
	"path/filepath"

	"inkstone/nn"
	"inkstone/nn/tokenizer"
	"inkstone/tensor"
	"inkstone/train"
)

// preferenceFlags are the flags that the verbs which learn from rankings share.
type preferenceFlags struct {
	Model  string   `help:"Model directory to begin from." required:"" type:"path" placeholder:"DIR"`
	Data   []string `help:"JSONL files of {\"prompt\", \"chosen\", \"rejected\"} or {\"prompt\", \"ranked\": [best … worst]}." required:"" sep:"none" placeholder:"FILE"`
	Files  []string `arg:"" optional:"" help:"More data files."`
	Out    string   `help:"Run directory: model, checkpoints, metrics, report." required:"" type:"path" placeholder:"DIR"`
	Resume bool     `help:"Go on with the run in --out, if there is one."`
	Config settings `help:"JSON file with any of these flags by name." type:"existingfile" placeholder:"FILE"`

	Steps      int     `help:"Optimiser steps; 0 means --epochs." default:"0"`
	Epochs     float64 `help:"Times that the data is learned." default:"1"`
	Batch      int     `help:"Prompts a batch, each with all of its answers." default:"8"`
	Accumulate int     `help:"Batches a step." default:"1"`
	LR         float64 `help:"Highest learning rate; 0 means one that suits the model's size, five times that for LoRA." default:"0" name:"lr"`
	Schedule   string  `help:"Course of the learning rate: constant, cosine or linear." default:"linear" enum:"constant,cosine,linear"`
	Decay      float64 `help:"Weight decay." default:"0" name:"weight-decay"`
	Clip       float64 `help:"Largest norm of the gradient; 0 means no limit." default:"1"`
	Dropout    float64 `help:"Dropout probability." default:"0"`
	Heldout    float64 `help:"Share of the prompts that is held out." default:"0.1"`
	Checkpoint bool    `help:"Compute activations twice instead of keeping them: less memory, a third more time." name:"activation-checkpointing"`

	LoRA loraFlags `embed:""`
}

// preferenceInputs is what a run on rankings begins with.
type preferenceInputs struct {
	model     nn.Model       // with its adapters, if it has any
	lora      *nn.LoRAConfig // what they were made with; nil for none
	tokenizer tokenizer.Tokenizer
	rankings  []train.Ranking
	hashes    map[string]string
}

// load reads the model and the rankings.
func (f *preferenceFlags) load(verb string, u *ui, g *globals, dev backend) (in preferenceInputs, err error) {
	if in.lora, err = f.LoRA.config(); err != nil {
		return in, err
	}
	if !(f.Dropout >= 0 && f.Dropout < 1) {
		return in, usagef("%s: --dropout %v, want 0 or more and less than 1", verb, f.Dropout)
	}
	if in.tokenizer, err = tokenizer.Load(f.Model); err != nil {
		return in, err
	}
	if in.model, err = nn.Load(f.Model, tensor.Float32, dev); err != nil {
		return in, err
	}
	c := in.model.Config()
	if err := checkVocab(f.Model, in.tokenizer, c); err != nil {
		return in, err
	}
	c.Dropout, c.Checkpoint = f.Dropout, f.Checkpoint
	files := append(f.Data, f.Files...)
	if in.rankings, err = train.ReadRankings(files, train.NewDialogue(in.tokenizer), c.Vocab, c.Context); err != nil {
		return in, err
	}
	if in.hashes, err = train.HashFiles(append(files, filepath.Join(f.Model, nn.WeightsFile))); err != nil {
		return in, err
	}
	in.model, err = adapt(u, in.model, in.lora, f.Model, g.Seed)
	return in, err
}

// settings turns the flags into those of a run. rate is the learning rate for a model of one
// channel: wider ones take smaller steps.
func (f *preferenceFlags) settings(g *globals, in preferenceInputs, rate, least, most float64) train.FineTuneConfig {
	if f.LR == 0 {
		f.LR = min(most, max(least, rate/float64(in.model.Config().Channels)))
		if in.lora != nil {
			f.LR *= 5
		}
	}
	c := train.FineTuneConfig{
		Batch: f.Batch, Accumulate: f.Accumulate, Epochs: f.Epochs, AdamW: train.DefaultAdamW(),
		Schedule: train.Schedule{Kind: f.Schedule, Peak: f.LR, Warmup: f.Steps / 20, Steps: f.Steps, Final: 0.1},
		Heldout:  f.Heldout, Precision: g.Precision, LoRA: in.lora,
	}
	c.AdamW.WeightDecay, c.AdamW.ClipNorm = f.Decay, f.Clip
	return c
}

// run returns what the recipes share, reporting to u.
func (f *preferenceFlags) run(u *ui, g *globals, dev backend, in preferenceInputs, c *nn.Config) train.PreferenceRun {
	var m *meter
	return train.PreferenceRun{
		Rankings: in.rankings, Tokenizer: in.tokenizer, Dir: f.Out, Seed: g.Seed, Resume: f.Resume,
		Data: in.hashes, Environment: environment(dev), Say: u.say,
		Begin: func(b train.PreferenceBegin) {
			u.say("%d prompts with their answers to learn from, %d held out; %d steps of %d.", b.Learn, b.Heldout, b.Steps, f.Batch*f.Accumulate)
			m = newMeter(u, b.Steps, forecast(c, in, 1, b.Tokens).TrainingFLOPs, dev)
		},
		OnStep: func(s train.Stats) { m.step(s) },
	}
}

// forecast plans training a model of architecture c, or the adapters that there are to it.
func forecast(c *nn.Config, in preferenceInputs, batch, context int) train.Forecast {
	f := train.Plan(c, batch, context)
	if l, ok := in.model.(*nn.LoRA); ok {
		return f.Adapting(l.Count())
	}
	return f
}

// checkMemory refuses a run whose largest batch would not fit.
func (f *preferenceFlags) checkMemory(verb string, in preferenceInputs, c *nn.Config) error {
	answers, longest := 0, 0
	for _, r := range in.rankings {
		answers = max(answers, len(r.Answers))
		for _, a := range r.Answers {
			longest = max(longest, len(r.Prompt)+len(a))
		}
	}
	need := forecast(c, in, f.Batch*answers, longest).Total()
	if free := availableMemory(); free > 0 && need > free {
		return usagef("%s: this needs %s of memory, %s are free; try a smaller --batch with --accumulate, or --activation-checkpointing", verb, bytesText(need), bytesText(free))
	}
	return nil
}

// interrupted reports a run that was stopped before its end.
func (f *preferenceFlags) interrupted(u *ui, r train.PreferenceResult) {
	u.interrupted("step", r.Steps, r.Planned, f.Out)
}

// preferenceEvent is the last line of a run with --json.
type preferenceEvent struct {
	Loss     float64 `json:"loss"`
	Accuracy float64 `json:"heldout_accuracy"`
	Pairs    int     `json:"heldout_pairs"`
	Margin   float64 `json:"heldout_margin"`
	Speed    float64 `json:"tokens_per_second"`
	Steps    int     `json:"steps"`
	Model    string  `json:"model"`
	Adapter  string  `json:"adapter,omitempty"`
	Report   string  `json:"report"`
	Out      string  `json:"out"`
}

func (f *preferenceFlags) event(r train.PreferenceResult, h history) preferenceEvent {
	return preferenceEvent{
		Loss: h.last("loss", 20), Accuracy: r.Heldout.Accuracy, Pairs: r.Heldout.Pairs, Margin: r.Heldout.Margin,
		Speed: float64(r.Tokens) / max(r.Seconds, 1e-9), Steps: r.Steps, Model: r.Model, Adapter: r.Adapter, Report: filepath.Join(f.Out, reportFile), Out: f.Out,
	}
}
