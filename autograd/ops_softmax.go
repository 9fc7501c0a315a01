package autograd

import "inkstone/tensor"

// Softmax returns eˣ/Σeˣ along the last dimension. Kept: y.
//
//	dx = y ∘ (dy − Σ dy∘y)
func (t *Tape) Softmax(x *Variable) *Variable {
	x = t.Contiguous(x)
	y := t.like(x)
	t.backend.Softmax(y.Value, x.Value)
	t.record("Softmax", y, func(t *Tape, n *Node) {
		t.backend.SoftmaxBackward(n.write(t, 0), n.dy(), n.y())
	}, x)
	return y
}

// LogSoftmax returns x − log Σeˣ along the last dimension. Kept: y.
//
//	dx = dy − eʸ·Σ dy
func (t *Tape) LogSoftmax(x *Variable) *Variable {
	x = t.Contiguous(x)
	y := t.like(x)
	t.backend.LogSoftmax(y.Value, x.Value)
	t.record("LogSoftmax", y, func(t *Tape, n *Node) {
		t.backend.LogSoftmaxBackward(n.write(t, 0), n.dy(), n.y())
	}, x)
	return y
}

// CrossEntropy returns the loss −log softmax(logits)[target] of each row, [N], for logits
// [..., V] of N rows and N targets (Int32). A row with a negative target has loss 0 and no
// gradient. Kept: logits and each row's log-sum-exp; the probabilities are never stored, and
// unless the tape retains, the gradient takes the place of the logits.
//
//	dlogits = (softmax(logits) − onehot(target))·dloss
func (t *Tape) CrossEntropy(logits *Variable, targets *tensor.Tensor) *Variable {
	logits = t.Contiguous(logits)
	rows := logits.Value.Len() / max(logits.Dim(-1), 1)
	losses, lse := t.new(logits.Value.DType(), rows), t.arena.New(logits.Value.DType(), rows)
	t.backend.CrossEntropy(losses.Value, lse, t.rows(logits.Value), targets)
	n := t.record("CrossEntropy", losses, func(t *Tape, n *Node) {
		x := n.in[0]
		dx := x.grad
		if x.fresh && x.op == "Linear" && x.uses == 1 && !t.retain && !t.arena.Shared(x.Value) {
			dx = t.arena.View(x.Value) // nobody reads the logits after this, not even Linear
			x.grad, x.fresh = dx, false
		} else if dx = n.write(t, 0); dx == nil {
			return
		}
		t.backend.CrossEntropyBackward(t.rows(dx), t.rows(x.Value), n.saved[0], n.saved[1], n.dy())
	}, logits)
	n.saved[0], n.saved[1] = lse, t.arena.View(targets)
	return losses
}

// CrossEntropyMean returns the mean loss over the rows whose target is not negative.
func (t *Tape) CrossEntropyMean(logits *Variable, targets *tensor.Tensor) *Variable {
	losses := t.CrossEntropy(logits, targets)
	count := 0
	for _, id := range tensor.Values[int32](targets) {
		if id >= 0 {
			count++
		}
	}
	return t.Scale(t.SumAll(losses), 1/float64(max(count, 1)))
}
