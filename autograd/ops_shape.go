package autograd

// Reshape returns x with another shape of the same length; one size may be -1. The result
// shares x's memory.
func (t *Tape) Reshape(x *Variable, shape ...int) *Variable {
	x = t.Contiguous(x)
	y := t.variable(t.arena.Own(t.arena.Reshape(x.Value, shape...)))
	t.record("Reshape", y, func(t *Tape, n *Node) {
		n.pass(t, 0, t.arena.Reshape(n.dy(), n.x(0).Shape()...))
	}, x)
	return y
}

// Transpose returns a view of x with dimensions i and j exchanged.
func (t *Tape) Transpose(x *Variable, i, j int) *Variable {
	y := t.variable(t.arena.Own(t.arena.Transpose(x.Value, i, j)))
	n := t.record("Transpose", y, func(t *Tape, n *Node) {
		if dx := n.write(t, 0); dx != nil {
			t.backend.Copy(dx, t.arena.Transpose(n.dy(), n.ints[0], n.ints[1]))
		}
	}, x)
	n.ints[0], n.ints[1] = i, j
	return y
}

// Slice returns a view of the elements lo ≤ index < hi along a dimension. The gradient of
// what was left out is 0.
func (t *Tape) Slice(x *Variable, dim, lo, hi int) *Variable {
	y := t.variable(t.arena.Own(t.arena.Slice(x.Value, dim, lo, hi)))
	n := t.record("Slice", y, func(t *Tape, n *Node) {
		if dx := n.add(t, 0); dx != nil {
			part := t.arena.Slice(dx, n.ints[0], n.ints[1], n.ints[2])
			t.backend.SumTo(part, n.dy(), true)
		}
	}, x)
	n.ints = [4]int{dim, lo, hi}
	return y
}

// Contiguous returns x itself if its elements lie in row-major order, a copy otherwise.
func (t *Tape) Contiguous(x *Variable) *Variable {
	if x.Value.IsContiguous() {
		return x
	}
	y := t.like(x)
	t.backend.Copy(y.Value, x.Value)
	t.record("Contiguous", y, func(t *Tape, n *Node) { n.pass(t, 0, n.dy()) }, x)
	return y
}

// Concat joins variables along a dimension; their other sizes must agree.
func (t *Tape) Concat(dim int, xs ...*Variable) *Variable {
	checkDType("Concat", xs...)
	var dims [6]int
	copy(dims[:], xs[0].Shape())
	if dim < 0 {
		dim += len(xs[0].Shape())
	}
	dims[dim] = 0
	for _, x := range xs {
		dims[dim] += x.Dim(dim)
	}
	y := t.new(xs[0].Value.DType(), dims[:len(xs[0].Shape())]...)
	at := 0
	for _, x := range xs {
		t.backend.Copy(t.arena.Slice(y.Value, dim, at, at+x.Dim(dim)), x.Value)
		at += x.Dim(dim)
	}
	n := t.record("Concat", y, func(t *Tape, n *Node) {
		at := 0
		for i, x := range n.in {
			if dx := n.write(t, i); dx != nil {
				t.backend.Copy(dx, t.arena.Slice(n.dy(), n.ints[0], at, at+x.Dim(n.ints[0])))
			}
			at += x.Dim(n.ints[0])
		}
	}, xs...)
	n.ints[0] = dim
	return y
}
