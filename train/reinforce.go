package train

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"inkstone/nn"
	"inkstone/nn/tokenizer"
	"inkstone/tensor"
)

// A Reinforce runs reinforcement learning on prompts inside a run's directory.
type Reinforce struct {
	RL        *RL
	Prompts   [][]int32
	Tokenizer tokenizer.Tokenizer // saved with the model
	Dir       string              // run directory
	Resume    bool
	// Data goes into run.json: what prompts, policy and judge hash to. Environment goes there
	// too: versions, device, threads. Settings are what else decides the outcome.
	Data        map[string]string
	Environment map[string]string
	Settings    map[string]any
	// Say tells people what happens; OnStep is called after each iteration.
	Say    func(format string, args ...any)
	OnStep func(Stats)

	order epochs
}

// A ReinforceResult is how a run ended.
type ReinforceResult struct {
	Iterations int                // done; fewer than planned if the run was interrupted
	Figures    map[string]float64 // of the last iteration
	Model      string             // model directory
	Adapter    string             // adapter directory; "" for none
}

// Run trains until the last iteration or until ctx ends.
func (r *Reinforce) Run(ctx context.Context) (result ReinforceResult, err error) {
	if err := r.check(); err != nil {
		return result, err
	}
	c := r.RL.Config
	config := struct {
		RLConfig
		Settings map[string]any `json:"settings"`
	}{c, r.Settings}
	run, err := OpenRun(r.Dir, RunInfo{Config: config, Seed: r.RL.Seed, Data: r.Data, Environment: r.Environment}, r.Resume)
	if err != nil {
		return result, err
	}
	defer run.Close()
	for _, w := range run.Warnings {
		r.Say("warning: %v", w)
	}
	r.order = epochs{n: len(r.Prompts), seed: r.RL.Seed}
	r.RL.Prompt = r.prompt
	loop := &Loop{Run: run, Learner: r.RL, Steps: c.Schedule.Steps, Every: 30 * time.Second, Keep: 2}
	if err := loop.Start(); err != nil {
		return result, err
	}
	if run.Step > 0 {
		r.Say("Going on after iteration %d of %d.", run.Step, loop.Steps)
	}
	loop.OnStep = func(s Stats) (map[string]any, error) {
		result.Figures = s.Figures
		r.OnStep(s)
		return nil, nil
	}
	if result.Iterations, err = loop.Train(ctx); err != nil || result.Iterations < loop.Steps {
		return result, err
	}
	result.Model, result.Adapter, err = saveFinished(r.RL.Policy, r.Dir, r.Tokenizer, r.RL.backend)
	return result, err
}

// check reports, before anything is made, what cannot work.
func (r *Reinforce) check() error {
	if err := r.RL.Config.Validate(); err != nil {
		return err
	}
	if len(r.Prompts) == 0 {
		return errors.New("train: no prompts")
	}
	context := r.RL.Policy.Config().Context
	for i, p := range r.Prompts {
		if n := len(p) + r.RL.Config.Answer; n > context {
			return fmt.Errorf("train: prompt %d has %d tokens; with an answer of up to %d that is more than the model's context of %d", i+1, len(p), r.RL.Config.Answer, context)
		}
	}
	return nil
}

// prompt returns the prompt of a group. Each epoch takes every prompt once, in another order.
func (r *Reinforce) prompt(iteration, group int) []int32 {
	c := r.RL.Config
	return r.Prompts[r.order.at(iteration*(c.Episodes/c.Group)+group)]
}

// SameTokenizer reports whether two tokenizers number the same tokens alike: a judge that
// reads with another one judges noise.
func SameTokenizer(a, b tokenizer.Tokenizer) error {
	if a.VocabSize() != b.VocabSize() {
		return fmt.Errorf("one tokenizer has %d tokens, the other %d", a.VocabSize(), b.VocabSize())
	}
	for id := range int32(a.VocabSize()) {
		x, _ := a.Token(id)
		if y, _ := b.Token(id); x != y {
			return fmt.Errorf("token %d is %q in one tokenizer and %q in the other", id, x, y)
		}
	}
	if !slices.Equal(a.Prefix(), b.Prefix()) {
		return errors.New("one tokenizer begins texts with other tokens than the other")
	}
	return nil
}

// PolicyWeights returns the weights of a policy, or of an adapter to it, and of its value
// function, nil for none. Of one that reads with the policy's own trunk only the head is kept.
func PolicyWeights(policy nn.Model, value *nn.Scorer, backend tensor.Backend) Weights {
	w := ModelWeights(policy, backend)
	switch {
	case value == nil:
		return w
	case value.Model == policy:
		return bothWeights{w, headWeights{value, backend}}
	}
	return bothWeights{w, ModelWeights(value, backend)}
}
