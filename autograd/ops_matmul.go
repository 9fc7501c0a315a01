package autograd

import (
	"fmt"

	"inkstone/tensor"
)

// MatMul returns a·b over the last two dimensions: [..., M, K] times [..., K, N] is
// [..., M, N]. Either may be a transposed view. Leading dimensions must agree, or be
// missing in b. Kept: a and b.
//
//	da = dy·bᵀ    db = aᵀ·dy
func (t *Tape) MatMul(a, b *Variable) *Variable {
	checkDType("MatMul", a, b)
	var dims [tensor.MaxDims]int
	shape := dims[:copy(dims[:], a.Shape())]
	if len(shape) < 2 || len(b.Shape()) < 2 {
		panic(fmt.Sprintf("autograd: MatMul: shapes %v and %v, want at least two dimensions", a.Shape(), b.Shape()))
	}
	shape[len(shape)-1] = b.Dim(-1)
	y := t.new(a.Value.DType(), shape...)
	t.backend.MatMul(y.Value, a.Value, b.Value, nil, 1, 0)
	t.record("MatMul", y, func(t *Tape, n *Node) {
		a, b := n.x(0), n.x(1)
		if da, beta := n.blend(t, 0); da != nil {
			t.backend.MatMul(da, n.dy(), t.arena.Transpose(b, -1, -2), nil, 1, beta)
		}
		if db, beta := n.blend(t, 1); db != nil {
			dy := n.dy()
			if b.NDim() == 2 && a.NDim() > 2 { // one b for the whole batch: sum over it
				dy = t.arena.Reshape(dy, -1, dy.Dim(-1))
				a = t.arena.Reshape(a, -1, a.Dim(-1))
			}
			t.backend.MatMul(db, t.arena.Transpose(a, -1, -2), dy, nil, 1, beta)
		}
	}, a, b)
	return y
}

// Linear returns x·Wᵀ + bias for x [..., K], W [N, K] and bias [N] or nil, PyTorch's
// torch.nn.functional.linear. Kept: x.
//
//	dx = dy·W    dW = dyᵀ·x    dbias = Σ rows of dy
func (t *Tape) Linear(x, weight, bias *Variable) *Variable {
	return t.linear(x, weight, bias, false)
}

// LinearT returns x·W + bias for x [..., K], W [K, N]: the layout in which GPT-2's
// checkpoints keep their weights (Conv1D).
func (t *Tape) LinearT(x, weight, bias *Variable) *Variable {
	return t.linear(x, weight, bias, true)
}

func (t *Tape) linear(x, weight, bias *Variable, transposed bool) *Variable {
	checkDType("Linear", x, weight)
	x = t.Contiguous(x)
	w := weight.Value // [N, K]
	if transposed {
		w = t.arena.Transpose(w, 0, 1)
	}
	if w.Dim(1) != x.Dim(-1) {
		panic(fmt.Sprintf("autograd: Linear: x %v, weight %v: inner dimensions %d and %d differ", x.Shape(), weight.Shape(), x.Dim(-1), w.Dim(1)))
	}
	var dims [tensor.MaxDims]int
	shape := dims[:copy(dims[:], x.Shape())]
	shape[len(shape)-1] = w.Dim(0)
	y := t.new(x.Value.DType(), shape...) // [..., N]
	var n *Node
	if bias == nil {
		t.backend.MatMul(t.rows(y.Value), t.rows(x.Value), t.arena.Transpose(w, 0, 1), nil, 1, 0)
		n = t.record("Linear", y, linearBackward, x, weight)
	} else {
		t.backend.MatMul(t.rows(y.Value), t.rows(x.Value), t.arena.Transpose(w, 0, 1), bias.Value, 1, 0)
		n = t.record("Linear", y, linearBackward, x, weight, bias)
	}
	n.ints[0] = 0
	if transposed {
		n.ints[0] = 1
	}
	return y
}

func linearBackward(t *Tape, n *Node) {
	w, dy, x := n.x(1), t.rows(n.dy()), t.rows(n.x(0)) // [N, K], [rows, N], [rows, K]
	transposed := n.ints[0] == 1
	if dx, beta := n.blend(t, 0); dx != nil {
		if transposed {
			w = t.arena.Transpose(w, 0, 1)
		}
		t.backend.MatMul(t.rows(dx), dy, w, nil, 1, beta) // dx = dy·W
	}
	if dw, beta := n.blend(t, 1); dw != nil {
		if transposed {
			t.backend.MatMul(dw, t.arena.Transpose(x, 0, 1), dy, nil, 1, beta) // xᵀ·dy [K, N]
		} else {
			t.backend.MatMul(dw, t.arena.Transpose(dy, 0, 1), x, nil, 1, beta) // dyᵀ·x [N, K]
		}
	}
	if len(n.in) > 2 {
		if db, beta := n.blend(t, 2); db != nil {
			t.backend.SumTo(db, dy, beta != 0)
		}
	}
}

// AddLinear adds c·x·Wᵀ, for x [..., K] and W [N, K], to y [..., N] in y's own memory: the
// way a second path joins a layer without a tensor for each and one for the sum. y must
// come straight from Linear or LinearT, whose backward does not look at it, and nothing
// else may read it. Kept: x.
//
//	dy passes on    dx = c·dy·W    dW = c·dyᵀ·x
func (t *Tape) AddLinear(y, x, weight *Variable, c float64) *Variable {
	checkDType("AddLinear", y, x, weight)
	if y.op != "Linear" || y.uses > 0 {
		panic(fmt.Sprintf("autograd: AddLinear: y is a result of %q with %d uses, want an unused one of Linear", y.op, y.uses))
	}
	if weight.Dim(1) != x.Dim(-1) || weight.Dim(0) != y.Dim(-1) {
		panic(fmt.Sprintf("autograd: AddLinear: y %v, x %v, weight %v", y.Shape(), x.Shape(), weight.Shape()))
	}
	x = t.Contiguous(x)
	sum := t.variable(t.arena.View(y.Value))
	t.backend.MatMul(t.rows(sum.Value), t.rows(x.Value), t.arena.Transpose(weight.Value, 0, 1), nil, c, 1)
	n := t.record("AddLinear", sum, func(t *Tape, n *Node) {
		dy, c := t.rows(n.dy()), n.floats[0]
		if dx, beta := n.blend(t, 1); dx != nil {
			t.backend.MatMul(t.rows(dx), dy, n.x(2), nil, c, beta)
		}
		if dw, beta := n.blend(t, 2); dw != nil {
			t.backend.MatMul(dw, t.arena.Transpose(dy, 0, 1), t.rows(n.x(1)), nil, c, beta)
		}
		n.pass(t, 0, n.dy())
	}, y, x, weight)
	n.floats[0] = c
	return sum
}

// rows views x [..., C] as a matrix [rows, C].
func (t *Tape) rows(x *tensor.Tensor) *tensor.Tensor { return t.arena.Reshape(x, -1, x.Dim(-1)) }
