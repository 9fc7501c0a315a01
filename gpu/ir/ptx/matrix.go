package ptx

import (
	"fmt"
	"slices"

	"inkstone/gpu/ir"
)

// matrices decides by which instructions the kernel's cooperative matrices are multiplied, and
// whether the target has them: by mma where it can, whose fragments are documented and are loaded
// by ldmatrix, otherwise by wmma.
func (e *emitter) matrices() error {
	var lack string
	e.mma = e.t.has(smMMA) && e.k.Uses(ir.OpMatMulAdd)
	e.k.Walk(func(in *ir.Instr) {
		t := in.Type
		if in.Op == ir.OpMatStore {
			t = in.Args[2].Type
		}
		switch {
		case !t.IsMatrix():
			return
		case in.Op == ir.OpMatStore && t.Use() != ir.MatrixAcc:
			lack = "storing of matrices A and B"
		case in.Op == ir.OpMatMulAdd && in.Args[0].Type.Elem() == ir.BF16 && t.Elem() != ir.F32:
			lack = "products of bf16 added to f16"
		case !e.t.multiplies(t):
			lack = fmt.Sprintf("matrices of %v", t)
		}
		e.mma = e.mma && isMMA(in, t)
	})
	if lack != "" {
		return &UnsupportedError{e.k.Name, lack}
	}
	if e.mma {
		return nil
	}
	return e.matrixLayouts()
}

// multiplies reports whether matrices of a type can take part in a multiplication.
func (t Target) multiplies(m ir.Type) bool {
	elem := m.Elem()
	if m.Use() == ir.MatrixAcc {
		elem = ir.F16
	}
	return slices.Contains(t.Matrices(elem), m.Shape())
}

// fragment returns how many registers a lane holds of a cooperative matrix. A fragment of F16
// elements of wmma holds each element of A and B twice.
func (e *emitter) fragment(t ir.Type) int {
	rows, cols := t.Dims()
	each := rows * cols / WarpSize
	switch {
	case t.Elem() == ir.F32:
		return each
	case t.Elem() == ir.F16 && t.Use() != ir.MatrixAcc && !e.mma:
		return 8
	}
	return each / 2
}

// matrix writes an operation on cooperative matrices.
func (e *emitter) matrix(in *ir.Instr) {
	if in.Op != ir.OpMatStore {
		e.values[in.ID] = e.fresh(in.Type)
	}
	switch {
	case in.Op == ir.OpMatFill:
		e.fill(in)
	case e.mma:
		e.mmaMatrix(in)
	default:
		e.wmmaMatrix(in)
	}
}

// fill writes a MatrixFill.
func (e *emitter) fill(in *ir.Instr) {
	x, d := e.arg(in, 0), e.values[in.ID]
	if elem := in.Type.Elem(); elem != ir.F32 {
		h := e.narrow(elem, x)
		x = e.get(word, "mov.b32", braces([]string{h, h}))
	}
	e.move(in.Type, d, slices.Repeat([]string{x}, len(d)))
}
