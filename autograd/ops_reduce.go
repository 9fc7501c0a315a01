package autograd

import "inkstone/tensor"

// SumAll returns the sum of all elements, a tensor without dimensions.
func (t *Tape) SumAll(x *Variable) *Variable {
	y := t.new(x.Value.DType())
	t.backend.SumTo(y.Value, x.Value, false)
	t.record("SumAll", y, func(t *Tape, n *Node) { n.repeat(t) }, x)
	return y
}

// MeanAll returns the mean of all elements.
func (t *Tape) MeanAll(x *Variable) *Variable {
	return t.Scale(t.SumAll(x), 1/float64(x.Value.Len()))
}

// Sum returns the sum along a dimension, which stays with size 1.
func (t *Tape) Sum(x *Variable, dim int) *Variable {
	var dims [tensor.MaxDims]int
	shape := dims[:copy(dims[:], x.Shape())]
	if dim < 0 {
		dim += len(shape)
	}
	shape[dim] = 1
	y := t.new(x.Value.DType(), shape...)
	t.backend.SumTo(y.Value, x.Value, false)
	t.record("Sum", y, func(t *Tape, n *Node) { n.repeat(t) }, x)
	return y
}

// Mean returns the mean along a dimension, which stays with size 1.
func (t *Tape) Mean(x *Variable, dim int) *Variable {
	return t.Scale(t.Sum(x, dim), 1/float64(x.Dim(dim)))
}

// repeat gives input 0 the gradient dy, broadcast to its shape.
func (n *Node) repeat(t *Tape) {
	if dx := n.write(t, 0); dx != nil {
		t.backend.Copy(dx, t.arena.Broadcast(n.dy(), dx.Shape()...))
	}
}
