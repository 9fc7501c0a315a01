package ir

// Layout tells how a cooperative matrix lies in memory.
type Layout uint32

const (
	RowMajor    Layout = iota // element (r, c) at stride·r + c
	ColumnMajor               // element (r, c) at stride·c + r
)

// MatrixFill returns a cooperative matrix whose elements are all x, an F32.
func (b *Builder) MatrixFill(t Type, x Operand) Value {
	b.needSubgroup("MatrixFill")
	v := b.value("MatrixFill", x, F32)
	if !t.IsMatrix() || v.Type() != F32 {
		b.failf("MatrixFill", "%v of %v", t, v.Type())
	}
	return b.add(&Instr{Op: OpMatFill, Type: t, Args: []*Instr{v.in}})
}

// LoadMatrix returns the cooperative matrix of type t that starts at element i of the array,
// whose elements are t's. Both i and stride are the same in all lanes of the subgroup and
// multiples of 16 bytes.
func (a *Array) LoadMatrix(t Type, i, stride Operand, layout Layout) Value {
	b := a.b
	b.needSubgroup("LoadMatrix")
	a.need("LoadMatrix", Read)
	at, s := b.index("LoadMatrix", i), b.index("LoadMatrix", stride)
	if !t.IsMatrix() || t.Elem() != a.Elem || layout > ColumnMajor {
		b.failf("LoadMatrix", "%v from %s of %v", t, a.Name, a.Elem)
	}
	return b.add(&Instr{Op: OpMatLoad, Type: t, Array: a, Args: []*Instr{at.in, s.in}, Imm: uint32(layout)})
}

// StoreMatrix stores a cooperative matrix from element i of the array on, as LoadMatrix loads.
func (a *Array) StoreMatrix(i Operand, x Value, stride Operand, layout Layout) {
	b := x.check("StoreMatrix")
	a.need("StoreMatrix", Write)
	at, s := b.index("StoreMatrix", i), b.index("StoreMatrix", stride)
	if !x.Type().IsMatrix() || x.Type().Elem() != a.Elem || layout > ColumnMajor {
		b.failf("StoreMatrix", "%v to %s of %v", x.Type(), a.Name, a.Elem)
	}
	b.add(&Instr{Op: OpMatStore, Array: a, Args: []*Instr{at.in, s.in, x.in}, Imm: uint32(layout)})
}

// MatrixMulAdd returns x·y + z of cooperative matrices of one shape.
func (x Value) MatrixMulAdd(y, z Value) Value {
	b := x.check("MatrixMulAdd")
	y.check("MatrixMulAdd")
	z.check("MatrixMulAdd")
	xt, yt, zt := x.Type(), y.Type(), z.Type()
	ok := xt.IsMatrix() && yt.IsMatrix() && zt.IsMatrix() && xt.Elem() == yt.Elem() &&
		xt.Use() == MatrixA && yt.Use() == MatrixB && zt.Use() == MatrixAcc &&
		xt.Shape() == yt.Shape() && xt.Shape() == zt.Shape()
	if !ok {
		b.failf("MatrixMulAdd", "operands of types %v, %v, %v", xt, yt, zt)
	}
	return b.add(&Instr{Op: OpMatMulAdd, Type: zt, Args: []*Instr{x.in, y.in, z.in}})
}
