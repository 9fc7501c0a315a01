package autograd

// Checkpoint runs f(x) without keeping its intermediate results and runs it a second time
// in the backward to get them back: memory for time (Chen et al. 2016, "Training deep nets
// with sublinear memory cost"). f must compute the same thing both times from x and
// parameters alone; dropout draws the same numbers.
func (t *Tape) Checkpoint(x *Variable, f func(t *Tape, x *Variable) *Variable) *Variable {
	at := t.random
	mark := t.arena.Mark()
	var y *Variable
	t.NoGrad(func() { y = f(t, t.Detach(x)) })
	out := t.variable(t.arena.View(y.Value))
	t.arena.ReleaseSince(mark, out.Value)
	n := t.record("Checkpoint", out, func(t *Tape, n *Node) {
		t.used++ // n's place on the tape is not free yet
		now, mark := t.random, t.used
		t.random = n.random
		x := t.Detach(n.in[0])
		x.needsGrad = n.in[0].needsGrad
		x.op = "Checkpoint input"
		y := n.call(t, x)
		y.grad, y.fresh = t.arena.View(n.dy()), false
		t.rewind(mark, nil)
		t.random = now
		if !x.fresh {
			n.pass(t, 0, x.grad)
			t.arena.Release(x.grad)
		}
		t.arena.Release(x.Value)
		t.used--
		n.call = nil
	}, x)
	// Parameters inside f need gradients even where x does not.
	if t.noGrad == 0 && !out.needsGrad {
		panic("autograd: Checkpoint: x needs no gradient; start checkpointing after the first parameter")
	}
	n.random, n.call = at, f
	return out
}
