// Package autograd differentiates. A Tape records the operations of a forward pass as they
// run; Backward replays them in reverse and applies the chain rule.
//
// Each operation is one method of Tape that holds its forward and, directly under it, its
// backward:
//
//	func (t *Tape) Exp(x *Variable) *Variable {
//		y := t.like(x)
//		t.backend.Unary(tensor.Exp, y.Value, x.Value)        // y = eˣ
//		t.record("Exp", y, func(t *Tape, n *Node) {
//			t.backend.Binary(tensor.Mul, n.write(t, 0), n.dy(), n.y()) // dx = dy ∘ y
//		}, x)
//		return y
//	}
//
// The backward is a function literal that captures nothing: what it needs it finds in its
// Node, which the tape keeps and uses again. Together with the tape's arena this is why a
// training step allocates nothing after the first.
//
// The gradient of the loss with respect to x is called dx. A tape is used by one goroutine.
package autograd
