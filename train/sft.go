package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"inkstone/nn"
	"inkstone/tensor"
)

// SFTConfig says what determines the outcome of fine-tuning, beside the model it begins as and
// the data; it is what run.json records.
type SFTConfig struct {
	Context  int     `json:"context"`  // tokens of an example at most
	Template string  `json:"template"` // that writes conversations; "" for none
	Dropout  float64 `json:"dropout"`
	FineTuneConfig
}

// Validate reports the first setting that makes no sense.
func (c SFTConfig) Validate() error {
	switch {
	case c.Context < 1:
		return fmt.Errorf("sft: context is %d, want at least 1", c.Context)
	case !(c.Dropout >= 0 && c.Dropout < 1):
		return fmt.Errorf("sft: dropout is %v, want 0 or more and less than 1", c.Dropout)
	}
	if err := c.FineTuneConfig.Validate(); err != nil {
		return fmt.Errorf("sft: %w", err)
	}
	return nil
}

// An SFT fine-tunes a model on examples: conversations, of which it learns the answers
// (Ouyang et al. 2022, "Training language models to follow instructions with human feedback",
// section 3.5, step 1), or texts of a domain, on which pretraining goes on.
//
// The examples of a batch are packed into one row. The loss is over all of the row: a long
// answer counts more than a short one.
type SFT struct {
	Config   SFTConfig
	Model    nn.Model // all of it learns; of an nn.LoRA the adapters
	Dialogue *Dialogue
	Examples []Example // a share of which is held out
	General  []Example // of other text, to see what is forgotten; may be empty
	Dir      string    // run directory
	Seed     uint64
	Resume   bool
	// Data goes into run.json: what the data and the model it begins as hash to.
	// Environment goes there too: versions, device, threads.
	Data        map[string]string
	Environment map[string]string
	// Say tells people what happens, Begin that training begins, and OnStep is called after
	// each step.
	Say    func(format string, args ...any)
	Begin  func(b SFTBegin)
	OnStep func(Stats)
}

// SFTBegin describes a run as it begins.
type SFTBegin struct {
	Done, Steps    int // steps done before, and in all
	Learn, Heldout int // examples
	Tokens         int // of an example, in the mean
}

// Losses are those of a model, nats a token: on examples it never learns from, and on general
// text; NaN where there are none.
type Losses struct{ Heldout, General float64 }

// An SFTResult is how a run ended.
type SFTResult struct {
	Steps         int     // done; fewer than planned if the run was interrupted
	Planned       int     // steps of the whole run
	Loss          float64 // of the last steps
	Before, After Losses  // of the model it began as, and of the one it ended as; After counts where not interrupted
	Model         string  // model directory
	Adapter       string  // adapter directory; "" for none
	Records       int     // examples learned from in this call
	Tokens        int     // of them
	Seconds       float64 // of training in this call
}

// Run trains until the last step or until ctx ends.
func (s *SFT) Run(ctx context.Context, backend tensor.Backend) (r SFTResult, err error) {
	if err := s.Config.Validate(); err != nil {
		return r, err
	}
	learn, test := holdOut(s.Examples, func(e Example) string { return promptKey(e.IDs) }, s.Config.Heldout)
	if len(test) == 0 {
		return r, errors.New("train: the data is less than two different examples: want at least 2, of which one is held out")
	}
	run, err := OpenRun(s.Dir, RunInfo{Config: s.Config, Seed: s.Seed, Data: s.Data, Environment: s.Environment}, s.Resume)
	if err != nil {
		return r, err
	}
	defer run.Close()
	for _, w := range run.Warnings {
		s.Say("warning: %v", w)
	}
	c := s.Config
	s.Model.Config().Dropout = c.Dropout
	if end := s.Dialogue.End(); end >= 0 {
		s.Model.Config().EOS = end // generation stops where an answer does
	}
	r.Before = s.losses(backend, test)

	t := NewTrainer(NewOptimizer(s.Model.Parameters(), c.AdamW), backend)
	t.Schedule, t.Seed, t.Accumulate, t.Weights = c.schedule(len(learn)), s.Seed, c.Accumulate, ModelWeights(s.Model, backend)
	order, batch := &epochs{n: len(learn), seed: s.Seed}, make([]Example, c.Batch)
	t.Loss = NextToken(s.Model, func(step, k int) Batch {
		for i := range batch {
			batch[i] = learn[order.at((step*c.Accumulate+k)*c.Batch+i)]
		}
		return Pack(batch)
	})
	loop := &Loop{Run: run, Learner: t, Steps: t.Schedule.Steps, Every: 30 * time.Second, Keep: 2}
	if err := loop.Start(); err != nil {
		return r, err
	}
	if run.Step > 0 {
		s.Say("Going on after step %d of %d.", run.Step, loop.Steps)
	}
	s.Begin(SFTBegin{Done: run.Step, Steps: loop.Steps, Learn: len(learn), Heldout: len(test), Tokens: meanLength(learn)})
	loop.OnStep = func(st Stats) (map[string]any, error) {
		r.Records += c.Batch * c.Accumulate
		r.Tokens += st.Tokens
		r.Seconds += st.Time.Seconds()
		if r.Loss == 0 {
			r.Loss = st.Loss
		}
		r.Loss = 0.9*r.Loss + 0.1*st.Loss
		s.OnStep(st)
		return nil, nil
	}
	r.Planned = loop.Steps
	if r.Steps, err = loop.Train(ctx); err != nil || r.Steps < loop.Steps {
		return r, err
	}
	r.After = s.losses(backend, test)
	r.Model, r.Adapter, err = saveFinished(s.Model, s.Dir, s.Dialogue.Tokenizer, backend)
	return r, err
}

// losses evaluates the model on both kinds of examples that it does not learn from.
func (s *SFT) losses(backend tensor.Backend, test []Example) Losses {
	return Losses{s.loss(backend, test), s.loss(backend, s.General)}
}

// loss returns the mean loss on examples, NaN if there are none, looking at tuningTokens of
// them at most.
func (s *SFT) loss(backend tensor.Backend, examples []Example) float64 {
	if len(examples) == 0 {
		return math.NaN()
	}
	return Evaluate(s.Model, backend, func(yield func(Batch) bool) {
		for tokens := 0; len(examples) > 0 && tokens < tuningTokens; {
			n := min(s.Config.Batch, len(examples))
			b := Pack(examples[:n])
			if !yield(b) {
				return
			}
			examples, tokens = examples[n:], tokens+b.IDs.Len()
		}
	})
}

const tuningTokens = 1 << 15

// meanLength returns how many tokens the mean example has.
func meanLength(examples []Example) int {
	sum := 0
	for _, e := range examples {
		sum += len(e.IDs)
	}
	return sum / len(examples)
}
