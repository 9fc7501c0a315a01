package autograd

import (
	"fmt"

	"inkstone/tensor"
)

// Backward computes the gradient of loss, a single number, with respect to every variable
// it depends on, and adds it to the gradients of the parameters among them. Operations are
// visited in exactly the reverse of the order they ran in.
func (t *Tape) Backward(loss *Variable) {
	if loss.Value.Len() != 1 {
		panic(fmt.Sprintf("autograd: Backward of shape %v, want a single number", loss.Shape()))
	}
	t.BackwardScaled(loss, 1)
}

// BackwardScaled works like Backward of scale·loss, such as 1/n when gradients of n
// micro-batches are accumulated. A loss of several elements stands for their sum.
func (t *Tape) BackwardScaled(loss *Variable, scale float64) {
	if !loss.needsGrad {
		panic("autograd: Backward: no parameter took part in the loss")
	}
	loss.grad = t.arena.New(loss.Value.DType(), loss.Shape()...)
	loss.fresh = false
	t.backend.Fill(loss.grad, scale)
	t.rewind(0, loss)
	for _, v := range t.leaves {
		if !v.fresh {
			v.runHooks(t)
		}
	}
}

// rewind runs the backward of nodes[mark:], last first, and takes them off the tape.
func (t *Tape) rewind(mark int, root *Variable) {
	for t.used > mark {
		t.used--
		n := t.nodes[t.used]
		out := n.out
		if !out.fresh && out.grad != nil { // else the loss does not depend on it
			out.runHooks(t)
			n.backward(t, n)
			n.settle(t)
		}
		if t.retain {
			continue
		}
		for _, s := range n.saved {
			t.arena.Release(s)
		}
		if out != root {
			t.arena.Release(out.Value)
			t.arena.Release(out.grad)
			out.grad, out.fresh = nil, true
		}
	}
}

func (v *Variable) runHooks(t *Tape) {
	for _, hook := range v.hooks {
		hook(v.grad)
	}
	if t.onGrad != nil {
		t.onGrad(v, v.grad)
	}
}

// A pendingGrad is a contribution to a gradient that already has another.
type pendingGrad struct {
	v   *Variable
	sum *tensor.Tensor
}

// write returns the tensor that the backward must overwrite with the gradient of input i,
// or nil if that input needs none.
func (n *Node) write(t *Tape, i int) *tensor.Tensor {
	v := n.in[i]
	if !v.needsGrad {
		return nil
	}
	if v.fresh {
		return v.open(t)
	}
	part := t.arena.New(v.Value.DType(), v.Shape()...)
	n.pending = append(n.pending, pendingGrad{v, part})
	return part
}

// add returns the tensor that the backward must add the gradient of input i to, or nil.
func (n *Node) add(t *Tape, i int) *tensor.Tensor {
	v := n.in[i]
	if !v.needsGrad {
		return nil
	}
	if v.fresh {
		t.backend.Fill(v.open(t), 0)
	} else {
		v.unshare(t)
	}
	return v.grad
}

// blend is for operations that can do either: the gradient of input i becomes
// β·(what is there) + theirs.
func (n *Node) blend(t *Tape, i int) (dx *tensor.Tensor, beta float64) {
	v := n.in[i]
	if !v.needsGrad {
		return nil, 0
	}
	if v.fresh {
		return v.open(t), 0
	}
	v.unshare(t)
	return v.grad, 1
}

// pass gives input i the gradient dx as it is. No copy is made: the variable gets a view,
// and copies it only if another contribution must be added.
func (n *Node) pass(t *Tape, i int, dx *tensor.Tensor) {
	v := n.in[i]
	switch {
	case !v.needsGrad:
	case !v.fresh:
		v.unshare(t)
		t.backend.Accumulate(v.grad, dx, 1)
	case v.op == "": // a leaf's gradient outlives the tape
		t.backend.Copy(v.open(t), dx)
	default:
		v.grad, v.fresh = t.arena.View(dx), false
	}
}

// settle adds the pending contributions.
func (n *Node) settle(t *Tape) {
	for _, p := range n.pending {
		p.v.unshare(t)
		t.backend.Accumulate(p.v.grad, p.sum, 1)
		t.arena.Release(p.sum)
	}
	n.pending = n.pending[:0]
}

// open gives v memory for its gradient and marks it written.
func (v *Variable) open(t *Tape) *tensor.Tensor {
	if v.op == "" {
		if v.grad == nil {
			v.grad = tensor.New(v.Value.DType(), v.Shape()...)
		}
	} else {
		v.grad = t.arena.New(v.Value.DType(), v.Shape()...)
	}
	v.fresh = false
	return v.grad
}

// unshare makes sure that adding to v's gradient changes no other variable's.
func (v *Variable) unshare(t *Tape) {
	if v.op != "" && t.arena.Shared(v.grad) {
		own := t.arena.New(v.grad.DType(), v.Shape()...)
		t.backend.Copy(own, v.grad)
		t.arena.Release(v.grad)
		v.grad = own
	}
}
