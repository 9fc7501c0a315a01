package spirv

import "inkstone/gpu/ir"

// matrixType returns a cooperative matrix type: element, scope, rows, columns, use.
func (e *emitter) matrixType(t ir.Type) id {
	e.capability(capMatrix)
	e.extension("SPV_KHR_cooperative_matrix")
	rows, cols := t.Dims()
	return e.global(opTypeMatrix, 0, e.matrixElem(t.Elem()), e.u32(scopeSubgroup), e.u32(rows), e.u32(cols), e.u32(int(t.Use())))
}

func (e *emitter) matrixElem(t ir.Type) id {
	switch t {
	case ir.F16:
		e.capability(capFloat16)
		return e.global(opTypeFloat, 0, 16)
	case ir.BF16:
		e.capability(capBFloat16Type)
		e.capability(capBFloat16Matrix)
		e.extension("SPV_KHR_bfloat16")
		return e.global(opTypeFloat, 0, 16, encodingBFloat16)
	}
	return e.typ(t)
}

// matrix writes an operation on cooperative matrices.
func (e *emitter) matrix(in *ir.Instr, args []id) id {
	switch in.Op {
	case ir.OpMatFill:
		x := args[0]
		if elem := in.Type.Elem(); elem != ir.F32 {
			x = e.get(opFConvert, e.matrixElem(elem), x)
		}
		return e.get(opConstruct, e.typ(in.Type), x)
	case ir.OpMatMulAdd:
		return e.get(opMatrixMulAdd, e.typ(in.Type), args...)
	}
	p := e.element(in.Array, in.Args[0], args[0], 1)
	layout, stride := e.u32(int(in.Imm)), args[1]
	if in.Op == ir.OpMatLoad {
		return e.get(opMatrixLoad, e.typ(in.Type), append([]word{p.pointer, layout, stride}, p.operands()...)...)
	}
	e.do(opMatrixStore, append([]word{p.pointer, args[2], layout, stride}, p.operands()...)...)
	return 0
}
