package ptx

import (
	"fmt"

	"inkstone/gpu/ir"
)

// layouts tells for values and variables that are A or B matrices how they lay in memory: the
// multiplication by wmma has to be told.
type layouts struct {
	values map[*ir.Instr]ir.Layout
	vars   map[*ir.Var]ir.Layout
}

// matrixLayouts finds the layouts.
func (e *emitter) matrixLayouts() error {
	e.layouts = layouts{map[*ir.Instr]ir.Layout{}, map[*ir.Var]ir.Layout{}}
	l := &e.layouts
	var lack string
	for again := true; again && lack == ""; {
		again = false
		e.k.Walk(func(in *ir.Instr) {
			switch {
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
			case in.Op == ir.OpMatLoad:
				l.values[in] = ir.Layout(in.Imm)
			case in.Op == ir.OpGet && in.Type.IsMatrix():
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

func layoutName(l ir.Layout) string {
	if l == ir.ColumnMajor {
		return "col"
	}
	return "row"
}

// wmmaMatrix writes a load, a store or a multiplication by wmma, which keeps to itself which lane
// holds which element.
func (e *emitter) wmmaMatrix(in *ir.Instr) {
	t, d := in.Type, e.values[in.ID]
	if in.Op == ir.OpMatStore {
		t = in.Args[2].Type
	}
	s := t.Shape()
	shape := fmt.Sprintf(".m%dn%dk%d", s.M, s.N, s.K)
	e.need(smMatrix, 63) // .aligned
	if t.Elem() == ir.BF16 {
		e.need(smBF16, 70)
	}
	switch in.Op {
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
