package autograd

import "inkstone/tensor"

// Neg returns −x.
func (t *Tape) Neg(x *Variable) *Variable { return t.unary(tensor.Neg, x) }

// Exp returns eˣ.
func (t *Tape) Exp(x *Variable) *Variable { return t.unary(tensor.Exp, x) }

// Log returns the natural logarithm of x.
func (t *Tape) Log(x *Variable) *Variable { return t.unary(tensor.Log, x) }

// Sqrt returns √x.
func (t *Tape) Sqrt(x *Variable) *Variable { return t.unary(tensor.Sqrt, x) }

// Tanh returns the hyperbolic tangent of x.
func (t *Tape) Tanh(x *Variable) *Variable { return t.unary(tensor.Tanh, x) }

// Sigmoid returns 1/(1+e⁻ˣ).
func (t *Tape) Sigmoid(x *Variable) *Variable { return t.unary(tensor.Sigmoid, x) }

// ReLU returns max(x, 0).
func (t *Tape) ReLU(x *Variable) *Variable { return t.unary(tensor.ReLU, x) }

// GELU returns x·½(1 + tanh(√(2/π)·(x + 0.044715x³))), the approximation that GPT-2 uses
// (Hendrycks and Gimpel 2016, section 2).
func (t *Tape) GELU(x *Variable) *Variable { return t.unary(tensor.GELU, x) }

// GELUErf returns x·Φ(x) with the normal distribution function Φ, the exact GELU.
func (t *Tape) GELUErf(x *Variable) *Variable { return t.unary(tensor.GELUErf, x) }

// SiLU returns x·sigmoid(x), also called Swish.
func (t *Tape) SiLU(x *Variable) *Variable { return t.unary(tensor.SiLU, x) }

// unary applies an elementwise function: dx = dy ∘ f′(x). Kept: x or y, as op needs.
func (t *Tape) unary(op tensor.UnaryOp, x *Variable) *Variable {
	x = t.Contiguous(x)
	y := t.like(x)
	t.backend.Unary(op, y.Value, x.Value)
	n := t.record(op.String(), y, func(t *Tape, n *Node) {
		t.backend.UnaryBackward(tensor.UnaryOp(n.ints[0]), n.write(t, 0), n.dy(), n.x(0), n.y())
	}, x)
	n.ints[0] = int(op)
	return y
}

// Scale returns c·x.
func (t *Tape) Scale(x *Variable, c float64) *Variable {
	x = t.Contiguous(x)
	y := t.like(x)
	t.backend.Scale(y.Value, x.Value, c)
	n := t.record("Scale", y, func(t *Tape, n *Node) {
		t.backend.Scale(n.write(t, 0), n.dy(), n.floats[0])
	}, x)
	n.floats[0] = c
	return y
}

// AddScalar returns x + c.
func (t *Tape) AddScalar(x *Variable, c float64) *Variable {
	x = t.Contiguous(x)
	y := t.like(x)
	t.backend.AddScalar(y.Value, x.Value, c)
	t.record("AddScalar", y, func(t *Tape, n *Node) { n.pass(t, 0, n.dy()) }, x)
	return y
}

// binary computes y = a op b, broadcasting by NumPy's rules.
func (t *Tape) binary(op tensor.BinaryOp, a, b *Variable, backward func(*Tape, *Node)) *Variable {
	checkDType(op.String(), a, b)
	var dims [tensor.MaxDims]int
	shape := tensor.BroadcastShapes(&dims, op.String(), a.Value, b.Value)
	y := t.new(a.Value.DType(), shape...)
	t.backend.Binary(op, y.Value, t.arena.Broadcast(a.Value, shape...), t.arena.Broadcast(b.Value, shape...))
	t.record(op.String(), y, backward, a, b)
	return y
}

// Add returns a + b. The shapes are broadcast.
func (t *Tape) Add(a, b *Variable) *Variable {
	return t.binary(tensor.Add, a, b, func(t *Tape, n *Node) {
		n.unbroadcast(t, 0, n.dy())
		n.unbroadcast(t, 1, n.dy())
	})
}

// Residual returns x + y for two of a shape: what a layer made of x, y, joins x again (He et al.
// 2016, "Deep residual learning for image recognition"). Where nothing else looks at y, the sum
// takes y's own memory; where the tape retains or they differ in shape, this is Add.
func (t *Tape) Residual(x, y *Variable) *Variable {
	if !t.unread(y) || t.retain || x.Value.DType() != y.Value.DType() || !tensor.SameShape(x.Value, y.Value) || !x.Value.IsContiguous() {
		return t.Add(x, y)
	}
	sum := t.variable(t.arena.View(y.Value))
	t.backend.Accumulate(sum.Value, x.Value, 1)
	t.record("Residual", sum, func(t *Tape, n *Node) {
		n.pass(t, 0, n.dy())
		n.pass(t, 1, n.dy())
	}, x, y)
	return sum
}

// unread reports whether neither another operation has looked at a result nor the backward of the
// one that made it will, so that its memory may be written to.
func (t *Tape) unread(y *Variable) bool {
	switch y.op {
	case "Linear", "LinearPacked", "AddLinear", "Dropout":
		return y.uses == 0
	}
	return false
}

// Sub returns a − b. The shapes are broadcast.
func (t *Tape) Sub(a, b *Variable) *Variable {
	return t.binary(tensor.Sub, a, b, func(t *Tape, n *Node) {
		n.unbroadcast(t, 0, n.dy())
		if n.in[1].needsGrad {
			d := t.arena.New(n.dy().DType(), n.dy().Shape()...)
			t.backend.Scale(d, n.dy(), -1)
			n.unbroadcast(t, 1, d)
			t.arena.Release(d)
		}
	})
}

// Mul returns a ∘ b, elementwise. The shapes are broadcast.
func (t *Tape) Mul(a, b *Variable) *Variable {
	return t.binary(tensor.Mul, a, b, func(t *Tape, n *Node) {
		n.productGrad(t, 0, tensor.Mul, n.x(1)) // da = dy ∘ b
		n.productGrad(t, 1, tensor.Mul, n.x(0)) // db = dy ∘ a
	})
}

// Div returns a / b, elementwise. The shapes are broadcast.
func (t *Tape) Div(a, b *Variable) *Variable {
	return t.binary(tensor.Div, a, b, func(t *Tape, n *Node) {
		n.productGrad(t, 0, tensor.Div, n.x(1)) // da = dy / b
		if !n.in[1].needsGrad {
			return
		}
		d := t.arena.New(n.dy().DType(), n.dy().Shape()...) // db = −dy ∘ y / b
		t.backend.Binary(tensor.Mul, d, n.dy(), n.y())
		t.backend.Binary(tensor.Div, d, d, t.arena.Broadcast(n.x(1), d.Shape()...))
		t.backend.Scale(d, d, -1)
		n.unbroadcast(t, 1, d)
		t.arena.Release(d)
	})
}

// Minimum returns the smaller of a and b, elementwise. The shapes are broadcast. The gradient
// goes to the one that was chosen, of equals to b.
func (t *Tape) Minimum(a, b *Variable) *Variable {
	return t.binary(tensor.Minimum, a, b, func(t *Tape, n *Node) { n.choiceGrad(t, 0, 1) })
}

// Maximum returns the larger of a and b, elementwise. The shapes are broadcast. The gradient
// goes to the one that was chosen, of equals to b.
func (t *Tape) Maximum(a, b *Variable) *Variable {
	return t.binary(tensor.Maximum, a, b, func(t *Tape, n *Node) { n.choiceGrad(t, 1, 0) })
}

// Clamp returns x, or lo where x is less, or hi where x is more. The gradient is that of x
// inside and 0 outside.
func (t *Tape) Clamp(x *Variable, lo, hi float64) *Variable {
	return t.Maximum(t.Minimum(x, t.scalar(x.Value.DType(), hi)), t.scalar(x.Value.DType(), lo))
}

// scalar returns a constant without dimensions.
func (t *Tape) scalar(dtype tensor.DType, value float64) *Variable {
	c := t.new(dtype)
	t.backend.Fill(c.Value, value)
	return c
}

// choiceGrad gives dy to input 0 where input hi is larger than input lo, else to input 1.
func (n *Node) choiceGrad(t *Tape, lo, hi int) {
	dy := n.dy()
	shape := dy.Shape()
	gap := t.arena.New(dy.DType(), shape...)
	t.backend.Binary(tensor.Sub, gap, t.arena.Broadcast(n.x(hi), shape...), t.arena.Broadcast(n.x(lo), shape...))
	d := t.arena.New(dy.DType(), shape...)
	t.backend.UnaryBackward(tensor.ReLU, d, dy, gap, nil) // dy where the gap is positive, else 0
	t.backend.Binary(tensor.Sub, gap, dy, d)
	n.unbroadcast(t, 0, d)
	n.unbroadcast(t, 1, gap)
	t.arena.Release(d)
	t.arena.Release(gap)
}

// productGrad gives input i the gradient dy op z, where z is broadcast to dy's shape.
func (n *Node) productGrad(t *Tape, i int, op tensor.BinaryOp, z *tensor.Tensor) {
	if !n.in[i].needsGrad {
		return
	}
	d := t.arena.New(n.dy().DType(), n.dy().Shape()...)
	t.backend.Binary(op, d, n.dy(), t.arena.Broadcast(z, d.Shape()...))
	n.unbroadcast(t, i, d)
	t.arena.Release(d)
}

// unbroadcast gives input i the gradient d, summed over the dimensions along which the
// input was repeated.
func (n *Node) unbroadcast(t *Tape, i int, d *tensor.Tensor) {
	if !n.in[i].needsGrad {
		return
	}
	if tensor.SameShape(d, n.x(i)) {
		n.pass(t, i, d)
		return
	}
	dx, beta := n.blend(t, i)
	t.backend.SumTo(dx, d, beta != 0)
}

// SwiGLU returns SiLU(gate) ∘ up, the gate of Llama's feed-forward layer (Shazeer 2020,
// "GLU variants improve transformer", equation 6). Kept: gate and up.
func (t *Tape) SwiGLU(gate, up *Variable) *Variable {
	checkDType("SwiGLU", gate, up)
	y := t.like(gate)
	t.backend.SwiGLU(y.Value, gate.Value, up.Value)
	t.record("SwiGLU", y, func(t *Tape, n *Node) {
		dgate, dup := n.scratchOrWrite(t, 0), n.scratchOrWrite(t, 1)
		t.backend.SwiGLUBackward(dgate, dup, n.dy(), n.x(0), n.x(1))
	}, gate, up)
	return y
}

// scratchOrWrite is write for operations that compute all gradients or none: an input that
// needs no gradient gets memory whose contents are dropped.
func (n *Node) scratchOrWrite(t *Tape, i int) *tensor.Tensor {
	if dx := n.write(t, i); dx != nil {
		return dx
	}
	return t.arena.New(n.x(i).DType(), n.x(i).Shape()...)
}
