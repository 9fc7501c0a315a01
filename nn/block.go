package nn

import "inkstone/autograd"

// A block is one layer of a transformer.
type block interface {
	path() string
	Forward(t *autograd.Tape, x *autograd.Variable, at place) *autograd.Variable
}

// runBlock runs a layer, recomputing it in the backward if the configuration asks to.
func runBlock(t *autograd.Tape, c *Config, b block, x *autograd.Variable, at place) *autograd.Variable {
	t.Enter(b.path())
	defer t.Leave()
	if c.Checkpoint && at.cache == nil && x.NeedsGrad() {
		return t.Checkpoint(x, func(t *autograd.Tape, x *autograd.Variable) *autograd.Variable {
			return b.Forward(t, x, at)
		})
	}
	return b.Forward(t, x, at)
}
