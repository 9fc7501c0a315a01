package train

import (
	"fmt"
	"math"
	"time"

	"inkstone/autograd"
	"inkstone/nn"
	"inkstone/tensor"
)

// A Batch is one forward and backward of training: inputs and targets [B, T] (Int32),
// where target i is the token that follows input i, or negative where the loss does not
// count.
type Batch struct{ IDs, Targets *tensor.Tensor }

// A Trainer takes optimiser steps: forward, backward, clipping, AdamW. Everything random in
// a step is a function of the seed and the step's number, so that a run that is stopped and
// goes on takes the same steps as one that was never stopped.
type Trainer struct {
	Model      nn.Model
	Optimizer  *Optimizer
	Schedule   Schedule
	Seed       uint64 // of dropout
	Accumulate int    // batches a step; 0 means 1
	// Next fills in micro-batch k of a step, counted from 0. The tensors are the trainer's
	// until the next call.
	Next func(step, k int) Batch

	tape *autograd.Tape
}

// Stats describes one optimiser step.
type Stats struct {
	Step     int           // steps done, this one included
	Loss     float64       // mean cross-entropy in nats a token
	LR       float64       // learning rate
	GradNorm float64       // before clipping
	Tokens   int           // that the step learned from
	Time     time.Duration // of the whole step
}

// NewTrainer returns a trainer of a model on a backend. Its other fields are the caller's
// to set.
func NewTrainer(m nn.Model, o *Optimizer, backend tensor.Backend) *Trainer {
	t := &Trainer{Model: m, Optimizer: o, tape: autograd.NewTape(backend)}
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
	params := t.Model.Parameters()
	for _, p := range params {
		p.ZeroGrad()
	}
	s := Stats{Step: step + 1, LR: t.Schedule.LR(step)}
	n := max(t.Accumulate, 1)
	for k := range n {
		b := t.Next(step, k)
		s.Loss += t.pass(step*n+k, b, 1/float64(n)) / float64(n)
		s.Tokens += b.IDs.Len()
	}
	if !finite(s.Loss) {
		return s, t.explain(step, fmt.Errorf("train: step %d: loss %v", s.Step, s.Loss))
	}
	var err error
	if s.GradNorm, err = t.Optimizer.Step(t.tape.Backend(), s.LR); err != nil {
		return s, t.explain(step, err)
	}
	s.Time = time.Since(start)
	return s, nil
}

// pass runs forward and backward of one batch and returns its loss. The gradients are those
// of weight·loss.
func (t *Trainer) pass(number int, b Batch, weight float64) float64 {
	t.tape.Reset()
	t.tape.Seed(t.Seed, number)
	loss := nn.Loss(t.tape, t.Model, b.IDs, b.Targets)
	value := loss.Value.Item()
	t.tape.BackwardScaled(loss, weight)
	return value
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// explain adds to what went wrong in a step which tensor was the first that is not finite.
// It computes the step again, looking at every value and gradient as it comes.
func (t *Trainer) explain(step int, what error) error {
	backend := t.tape.Backend()
	for _, p := range t.Model.Parameters() {
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
		t.pass(step*n+k, t.Next(step, k), 1/float64(n))
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
