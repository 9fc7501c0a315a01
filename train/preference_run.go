package train

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"inkstone/autograd"
	"inkstone/nn"
	"inkstone/nn/tokenizer"
	"inkstone/tensor"
)

// A PreferenceRun is what Reward and DPO need beside their models.
type PreferenceRun struct {
	Rankings []Ranking
	// Tokenizer is saved with the model; nil where there is none.
	Tokenizer tokenizer.Tokenizer
	Dir       string // run directory
	Seed      uint64
	Resume    bool
	// Data goes into run.json: what the rankings and the model it begins as hash to.
	// Environment goes there too: versions, device, threads.
	Data        map[string]string
	Environment map[string]string
	// Say tells people what happens, Begin that training begins, and OnStep is called after
	// each step.
	Say    func(format string, args ...any)
	Begin  func(b PreferenceBegin)
	OnStep func(Stats)
}

// PreferenceBegin describes a run as it begins.
type PreferenceBegin struct {
	Done, Steps    int // steps done before, and in all
	Learn, Heldout int // rankings
	Tokens         int // of a prompt with one of its answers, in the mean
}

// A PreferenceResult is how a run ended.
type PreferenceResult struct {
	Steps   int        // done; fewer than planned if the run was interrupted
	Planned int        // steps of the whole run
	Heldout *Judgement // of the rankings held out; nil if interrupted
	Model   string     // model directory
	Adapter string     // adapter directory; "" for none
	Tokens  int        // read in this call
	Seconds float64    // of training in this call
}

// heldoutFile holds the judgement of the held-out rankings, in the run's directory.
const heldoutFile = "heldout.json"

// split checks the rankings and holds some out.
func (p *PreferenceRun) split(c *nn.Config, share float64) (learn, test []Ranking, err error) {
	for i, r := range p.Rankings {
		if err := r.Check(c.Vocab, c.Context); err != nil {
			return nil, nil, fmt.Errorf("train: ranking %d: %w", i+1, err)
		}
	}
	return splitRankings(p.Rankings, share)
}

// A preferenceMethod is what a way of learning from rankings does, in the order of its calls.
type preferenceMethod struct {
	config any      // for run.json
	model  nn.Model // all of it learns; of adapters those, and a head's weights
	// loss is of a batch of rankings, given by their numbers in learn. It leaves what it
	// measures in figures.
	loss func(t *autograd.Tape, learn []int, figures map[string]float64) (*autograd.Variable, int)
	// finish is called after the last step and returns the scores of the held-out rankings.
	finish func() (heldout [][]float64, err error)
}

// run trains until the last step or until ctx ends.
func (p *PreferenceRun) run(ctx context.Context, backend tensor.Backend, c FineTuneConfig, learn, test []Ranking, method preferenceMethod) (r PreferenceResult, err error) {
	run, err := OpenRun(p.Dir, RunInfo{Config: method.config, Seed: p.Seed, Data: p.Data, Environment: p.Environment}, p.Resume)
	if err != nil {
		return r, err
	}
	defer run.Close()
	for _, w := range run.Warnings {
		p.Say("warning: %v", w)
	}
	figures := map[string]float64{}
	t := NewTrainer(NewOptimizer(method.model.Parameters(), c.AdamW), backend)
	t.Schedule, t.Seed, t.Accumulate, t.Weights = c.schedule(len(learn)), p.Seed, c.Accumulate, ModelWeights(method.model, backend)
	order, batch := &epochs{n: len(learn), seed: p.Seed}, make([]int, c.Batch)
	t.Loss = func(tape *autograd.Tape, step, k int) (*autograd.Variable, int) {
		if k == 0 {
			clear(figures)
		}
		for i := range batch {
			batch[i] = order.at((step*c.Accumulate+k)*c.Batch + i)
		}
		return method.loss(tape, batch, figures)
	}
	loop := &Loop{Run: run, Learner: t, Steps: t.Schedule.Steps, Every: 30 * time.Second, Keep: 2}
	if err := loop.Start(); err != nil {
		return r, err
	}
	if run.Step > 0 {
		p.Say("Going on after step %d of %d.", run.Step, loop.Steps)
	}
	p.Begin(PreferenceBegin{Done: run.Step, Steps: loop.Steps, Learn: len(learn), Heldout: len(test), Tokens: meanTokens(learn)})
	loop.OnStep = func(s Stats) (map[string]any, error) {
		r.Tokens += s.Tokens
		r.Seconds += s.Time.Seconds()
		p.OnStep(s)
		extra := map[string]any{}
		for name, x := range figures {
			extra[name] = x / float64(c.Accumulate)
		}
		return extra, nil
	}
	r.Planned = loop.Steps
	if r.Steps, err = loop.Train(ctx); err != nil || r.Steps < loop.Steps {
		return r, err
	}
	scores, err := method.finish()
	if err != nil {
		return r, err
	}
	judgement := Judge(scores)
	r.Heldout = &judgement
	data, err := json.MarshalIndent(judgement, "", "  ")
	if err != nil {
		return r, err
	}
	if err := WriteFileAtomic(filepath.Join(p.Dir, heldoutFile), append(data, '\n')); err != nil {
		return r, err
	}
	r.Model, r.Adapter, err = saveFinished(method.model, p.Dir, p.Tokenizer, backend)
	return r, err
}

// meanTokens returns how many tokens a prompt has with one of its answers, in the mean.
func meanTokens(rankings []Ranking) int {
	sum, n := 0, 0
	for _, r := range rankings {
		for _, a := range r.Answers {
			sum += len(r.Prompt) + len(a)
			n++
		}
	}
	return sum / n
}

// pick returns those of the rankings that ids name, and the number of answers of each.
func pick(all []Ranking, ids []int) (some []Ranking, sizes []int) {
	for _, i := range ids {
		some = append(some, all[i])
		sizes = append(sizes, len(all[i].Answers))
	}
	return some, sizes
}

// inBatches calls each with the numbers of up to size rankings at a time.
func inBatches(n, size int, each func(ids []int)) {
	var ids []int
	for i := range n {
		if ids = append(ids, i); len(ids) == size || i == n-1 {
			each(ids)
			ids = ids[:0]
		}
	}
}

// cut divides the scores of the answers of several rankings among them.
func cut(scores *tensor.Tensor, sizes []int) (all [][]float64) {
	at := 0
	for _, K := range sizes {
		s := make([]float64, K)
		for i := range s {
			s[i] = scores.At(at)
			at++
		}
		all = append(all, s)
	}
	return all
}
