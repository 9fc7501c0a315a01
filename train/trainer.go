package train

import (
	"fmt"
	"math"
	"path/filepath"
	"time"

	"inkstone/autograd"
	"inkstone/tensor"
	"inkstone/tensor/safetensors"
)

// A Trainer takes optimiser steps: forward, backward, clipping, AdamW. Everything random in
// a step is a function of the seed and the step's number, so that a run that is stopped and
// goes on takes the same steps as one that was never stopped.
type Trainer struct {
	Optimizer  *Optimizer
	Schedule   Schedule
	Seed       uint64 // of dropout
	Accumulate int    // micro-batches a step; 0 means 1
	// Loss computes the loss of micro-batch k of a step, counted from 0, and says how many
	// tokens it read.
	Loss LossFunc
	// Weights is what a checkpoint holds beside the optimiser's state: what is learned.
	Weights Weights
	// Group is who else takes part in each step: this trainer computes the micro-batches whose
	// number is its rank, and every so manyth after that. nil means nobody.
	Group Group

	tape   *autograd.Tape
	shared []*tensor.Tensor // scratch: what a group adds up
	totals *tensor.Tensor   // of them the last: loss and tokens
}

// A LossFunc computes the loss, a single number, of a micro-batch on a tape.
type LossFunc func(t *autograd.Tape, step, k int) (loss *autograd.Variable, tokens int)

// Stats describes one optimiser step.
type Stats struct {
	Step     int           // steps done, this one included
	Loss     float64       // of the language models, mean cross-entropy in nats a token
	LR       float64       // learning rate
	GradNorm float64       // before clipping
	Tokens   int           // that the step read
	Time     time.Duration // of the whole step
	// Figures are what else the method measures, by name in metrics.jsonl.
	Figures map[string]float64
}

// NewTrainer returns a trainer of what an optimiser changes. Its other fields are the
// caller's to set.
func NewTrainer(o *Optimizer, backend tensor.Backend) *Trainer {
	t := &Trainer{Optimizer: o, tape: autograd.NewTape(backend)}
	t.tape.Training(true)
	return t
}

// Tape returns the tape the steps run on, for hooks.
func (t *Trainer) Tape() *autograd.Tape { return t.tape }

// Step takes optimiser step number step, counted from 0. A loss or a gradient that is NaN
// or infinite is an error that names the first tensor at fault; the parameters are then as
// they were before the step.
func (t *Trainer) Step(step int) (Stats, error) {
	start := time.Now()
	t.Optimizer.ZeroGrad()
	s := Stats{Step: step + 1, LR: t.Schedule.LR(step)}
	n, rank, size := max(t.Accumulate, 1), 0, 1
	if t.Group != nil {
		rank, size = t.Group.Rank(), t.Group.Size()
	}
	for k := rank; k < n; k += size {
		loss, tokens := t.pass(step, k, n)
		s.Loss += loss / float64(n)
		s.Tokens += tokens
	}
	err := t.check(step, s)
	if t.Group != nil {
		err = t.share(&s, err)
	}
	if err != nil {
		return s, err
	}
	if s.GradNorm, err = t.Optimizer.Step(t.tape.Backend(), s.LR); err != nil {
		return s, t.explain(step, err)
	}
	s.Time = time.Since(start)
	return s, nil
}

// check returns what went wrong in the passes of a step.
func (t *Trainer) check(step int, s Stats) error {
	if err := t.tape.Backend().Err(); err != nil {
		return fmt.Errorf("train: step %d: %w", s.Step, err)
	}
	if !finite(s.Loss) {
		return t.explain(step, fmt.Errorf("train: step %d: loss %v", s.Step, s.Loss))
	}
	return nil
}

// share adds up gradients, loss and tokens over the group, or ends its work if this rank failed.
func (t *Trainer) share(s *Stats, failed error) error {
	if failed != nil {
		t.Group.Abort(failed)
		return failed
	}
	t.shared = t.shared[:0]
	for _, p := range t.Optimizer.Parameters() {
		if g := p.Grad(); g != nil {
			t.shared = append(t.shared, g)
		}
	}
	if t.totals == nil {
		t.totals = tensor.New(tensor.Float64, 2)
	}
	totals := tensor.Data[float64](t.totals)
	totals[0], totals[1] = s.Loss, float64(s.Tokens)
	if err := t.Group.AllReduce(append(t.shared, t.totals)); err != nil {
		return err
	}
	s.Loss, s.Tokens = totals[0], int(totals[1])
	return nil
}

// pass runs forward and backward of micro-batch k of n. The gradients are those of loss/n.
func (t *Trainer) pass(step, k, n int) (value float64, tokens int) {
	t.tape.Reset()
	t.tape.Seed(t.Seed, step*n+k)
	loss, tokens := t.Loss(t.tape, step, k)
	t.tape.BackwardScaled(loss, 1/float64(n))
	return loss.Value.Item(), tokens // at the end, for a device's host waits for it
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// explain adds to what went wrong in a step which tensor was the first that is not finite.
// It computes the step again, looking at every value and gradient as it comes.
func (t *Trainer) explain(step int, what error) error {
	backend := t.tape.Backend()
	for _, p := range t.Optimizer.Parameters() {
		if !backend.AllFinite(p.Value) {
			return fmt.Errorf("%w: parameter %s is not finite", what, p.Name)
		}
	}
	culprit := ""
	blame := func(kind string, v *autograd.Variable, x *tensor.Tensor) {
		if culprit == "" && x.IsContiguous() && !backend.AllFinite(x) {
			culprit = kind + " of " + nameOf(v)
		}
	}
	t.tape.Trace(true)
	t.tape.OnValue(func(v *autograd.Variable) { blame("value", v, v.Value) })
	t.tape.OnGrad(func(v *autograd.Variable, g *tensor.Tensor) { blame("gradient", v, g) })
	defer func() {
		t.tape.Trace(false)
		t.tape.OnValue(nil)
		t.tape.OnGrad(nil)
	}()
	n := max(t.Accumulate, 1)
	for k := 0; k < n && culprit == ""; k++ {
		t.Optimizer.ZeroGrad() // what the step left there is not finite, and would be blamed
		t.pass(step, k, n)
	}
	if culprit == "" {
		return what
	}
	return fmt.Errorf("%w: the first tensor that is not finite is the %s; try a lower learning rate", what, culprit)
}

// nameOf describes a variable: a parameter's name, or module and operation.
func nameOf(v *autograd.Variable) string {
	switch {
	case v.Name != "":
		return v.Name
	case v.Scope() != "":
		return v.Op() + " in " + v.Scope()
	}
	return v.Op()
}

const optimizerFile = "optimizer.safetensors"

// Save writes what is needed to go on after the last step, bit for bit, to a directory.
func (t *Trainer) Save(dir string) error {
	if err := t.Weights.Save(dir); err != nil {
		return err
	}
	if err := safetensors.Write(filepath.Join(dir, optimizerFile), t.Optimizer.State(), nil); err != nil {
		return err
	}
	return t.tape.Backend().Err() // what was written is not what a lost device had
}

// Load takes up what Save wrote.
func (t *Trainer) Load(dir string) error {
	if err := t.Weights.Load(dir); err != nil {
		return err
	}
	return t.Optimizer.load(filepath.Join(dir, optimizerFile), t.tape.Backend())
}
