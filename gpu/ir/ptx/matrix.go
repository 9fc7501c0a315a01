package ptx

import (
	"fmt"
	"slices"

	"inkstone/gpu/ir"
)

// fragment returns how many registers a lane holds of a cooperative matrix. A fragment of F16
// elements holds each element of A and B twice.
func fragment(t ir.Type) int {
	rows, cols := t.Dims()
	each := rows * cols / WarpSize
	switch {
	case t.Elem() == ir.F32:
		return each
	case t.Elem() == ir.F16 && t.Use() != ir.MatrixAcc:
		return 8
	}
	return each / 2
}

// layouts tells for values and variables that are A or B matrices how they lay in memory: the
// multiplication has to be told.
type layouts struct {
	values map[*ir.Instr]ir.Layout
	vars   map[*ir.Var]ir.Layout
}

// matrixLayouts finds the layouts, and whether the target has the matrices of a kernel.
func (e *emitter) matrixLayouts() error {
	e.layouts = layouts{map[*ir.Instr]ir.Layout{}, map[*ir.Var]ir.Layout{}}
	l := &e.layouts
	var lack string
	for again := true; again && lack == ""; {
		again = false
		e.k.Walk(func(in *ir.Instr) {
			t := in.Type
			switch {
			case in.Op == ir.OpMatStore && in.Args[2].Type.Use() != ir.MatrixAcc:
				lack = "storing of matrices A and B"
			case in.Op == ir.OpMatMulAdd && in.Args[0].Type.Elem() == ir.BF16 && t.Elem() != ir.F32:
				lack = "products of bf16 added to f16"
			case in.Op == ir.OpSet && in.Var.Type.IsMatrix():
				from, ok := l.values[in.Args[0]]
				if !ok {
					break // filled with one number: any layout will do
				}
				if old, ok := l.vars[in.Var]; !ok {
					l.vars[in.Var] = from
					again = true
				} else if old != from {
					lack = "variables for matrices that were loaded by rows and by columns"
				}
			case !t.IsMatrix():
			case !e.t.multiplies(t):
				lack = fmt.Sprintf("matrices of %v", t)
			case in.Op == ir.OpMatLoad:
				l.values[in] = ir.Layout(in.Imm)
			case in.Op == ir.OpGet:
				if from, ok := l.vars[in.Var]; ok {
					l.values[in] = from
				}
			}
		})
	}
	if lack != "" {
		return &UnsupportedError{e.k.Name, lack}
	}
	return nil
}

// multiplies reports whether matrices of a type can take part in a multiplication.
func (t Target) multiplies(m ir.Type) bool {
	elem := m.Elem()
	if m.Use() == ir.MatrixAcc {
		elem = ir.F16
	}
	return slices.Contains(t.Matrices(elem), m.Shape())
}

func layoutName(l ir.Layout) string {
	if l == ir.ColumnMajor {
		return "col"
	}
	return "row"
}

// matrix writes an operation on cooperative matrices.
func (e *emitter) matrix(in *ir.Instr) {
	t := in.Type
	if in.Op == ir.OpMatStore {
		t = in.Args[2].Type
	}
	s := t.Shape()
	shape := fmt.Sprintf(".m%dn%dk%d", s.M, s.N, s.K)
	e.need(smMatrix, 63) // .aligned
	if t.Elem() == ir.BF16 {
		e.need(smBF16, 70)
	}
	if in.Op != ir.OpMatStore {
		e.values[in.ID] = e.fresh(t)
	}
	d := e.values[in.ID]
	switch in.Op {
	case ir.OpMatFill:
		x := e.arg(in, 0)
		if t.Elem() != ir.F32 {
			h := e.narrow(t.Elem(), x)
			x = e.get(word, "mov.b32", braces([]string{h, h}))
		}
		from := make([]string, len(d))
		for i := range from {
			from[i] = x
		}
		e.move(t, d, from)
	case ir.OpMatLoad:
		use := [...]string{ir.MatrixA: "a", ir.MatrixB: "b", ir.MatrixAcc: "c"}[t.Use()]
		p := e.element(in.Array, in.Args[0], 1)
		e.do("wmma.load."+use+".sync.aligned."+layoutName(ir.Layout(in.Imm))+shape+p.space+"."+suffix(t),
			braces(d), p.address, e.arg(in, 1))
	case ir.OpMatStore:
		p := e.element(in.Array, in.Args[0], 1)
		e.do("wmma.store.d.sync.aligned."+layoutName(ir.Layout(in.Imm))+shape+p.space+"."+suffix(t),
			p.address, braces(e.values[in.Args[2].ID]), e.arg(in, 1))
	case ir.OpMatMulAdd:
		a, b := in.Args[0], in.Args[1]
		types := "." + suffix(t) + "." + suffix(t)
		if a.Type.Elem() == ir.BF16 {
			types = ".f32.bf16.bf16.f32"
		}
		operands := []string{braces(d)}
		for _, x := range in.Args {
			operands = append(operands, braces(e.values[x.ID]))
		}
		e.do("wmma.mma.sync.aligned."+layoutName(e.layouts.values[a])+"."+layoutName(e.layouts.values[b])+shape+types, operands...)
	}
}
