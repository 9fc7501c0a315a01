package interp

import (
	"inkstone/gpu/ir"
	"inkstone/kernels"
)

// compute compiles an instruction that works on each lane for itself. It is carried out for
// inactive lanes too: what they get is not seen by anyone.
func (c *compiler) compute(in *ir.Instr) {
	if in.Op == ir.OpExtract {
		c.slots[in.ID] = c.slots[in.Args[0].ID].plane(int(in.Imm))
		return
	}
	wide := c.flow.Value(in) != ir.Uniform
	var a [4]slot
	for i, x := range in.Args {
		a[i] = c.arg(x, wide)
	}
	d := c.result(in)
	x, y, z := a[0], a[1], a[2]
	if c.check {
		c.checkDefined(in, x, y)
	}
	switch elem := in.Args[0].Type.Elem(); in.Op {
	case ir.OpFMA:
		c.emit(func(s *state) { fmaLoop(s.fl(d), s.fl(x), s.fl(y), s.fl(z)) })
	case ir.OpSelect:
		c.emit(func(s *state) {
			for e := range d.lanes {
				selectLoop(s.u(d.plane(e)), s.u(x), s.u(y.plane(e)), s.u(z.plane(e)))
			}
		})
	case ir.OpConvert:
		c.convert(in.Type.Elem(), elem, d, x)
	case ir.OpBitcast:
		c.emit(func(s *state) { copy(s.u(d), s.u(x)) })
	case ir.OpPackF16:
		c.emit(func(s *state) { packLoop(s.u(d), s.fl(x.plane(0)), s.fl(x.plane(1)), s.half) })
	case ir.OpUnpackF16:
		c.emit(func(s *state) { unpackLoop(s.fl(d.plane(0)), s.fl(d.plane(1)), s.u(x), s.half) })
	case ir.OpSplat:
		c.emit(func(s *state) {
			for e := range d.lanes {
				copy(s.u(d.plane(e)), s.u(x))
			}
		})
	case ir.OpVec:
		c.emit(func(s *state) {
			for e := range d.lanes {
				copy(s.u(d.plane(e)), s.u(a[e]))
			}
		})
	case ir.OpEq, ir.OpNe, ir.OpLt, ir.OpLe, ir.OpGt, ir.OpGe:
		switch elem {
		case ir.F32:
			f := compareLoop[float32](in.Op)
			c.emit(func(s *state) { f(s.u(d), s.fl(x), s.fl(y)) })
		case ir.I32:
			f := compareLoop[int32](in.Op)
			c.emit(func(s *state) { f(s.u(d), s.in(x), s.in(y)) })
		default:
			f := compareLoop[uint32](in.Op)
			c.emit(func(s *state) { f(s.u(d), s.u(x), s.u(y)) })
		}
	default:
		c.arithmetic(in, elem, d, x, y)
	}
}

// arithmetic compiles unary and binary operations whose result has the operands' type.
func (c *compiler) arithmetic(in *ir.Instr, elem ir.Type, d, x, y slot) {
	switch {
	case len(in.Args) == 2:
		f := binary(in.Op, elem)
		c.emit(func(s *state) { f(s, d, x, y) })
	case elem == ir.F32:
		f := unaryF32[in.Op]
		c.emit(func(s *state) { f(s.fl(d), s.fl(x)) })
	default: // Not, Neg and Abs
		f := unaryBits(in.Op, elem)
		c.emit(func(s *state) { f(s.u(d), s.u(x)) })
	}
}

// binary returns what computes d = x op y for values of one type.
func binary(op ir.Op, elem ir.Type) func(s *state, d, x, y slot) {
	switch elem {
	case ir.F32:
		f := binaryF32[op]
		return func(s *state, d, x, y slot) { f(s.fl(d), s.fl(x), s.fl(y)) }
	case ir.I32:
		f := binaryInt[int32](op)
		return func(s *state, d, x, y slot) { f(s.in(d), s.in(x), s.in(y)) }
	}
	f := binaryInt[uint32](op)
	return func(s *state, d, x, y slot) { f(s.u(d), s.u(x), s.u(y)) }
}

func (c *compiler) convert(to, from ir.Type, d, x slot) {
	switch {
	case to == ir.F32 && from == ir.I32:
		c.emit(func(s *state) { toFloatLoop(s.fl(d), s.in(x)) })
	case to == ir.F32: // U32, and Bool as 0 or 1
		c.emit(func(s *state) { toFloatLoop(s.fl(d), s.u(x)) })
	case from == ir.F32 && to == ir.I32:
		c.emit(func(s *state) { toIntLoop(s.in(d), s.fl(x), -1<<31, 1<<31-1) })
	case from == ir.F32:
		c.emit(func(s *state) { toIntLoop(s.u(d), s.fl(x), 0, 1<<32-1) })
	default:
		c.emit(func(s *state) { copy(s.u(d), s.u(x)) })
	}
}

// checkDefined notes arithmetic that has no result.
func (c *compiler) checkDefined(in *ir.Instr, x, y slot) {
	t := in.Args[0].Type.Elem()
	var wrong func(x, y uint32, f float32) string
	switch {
	case (in.Op == ir.OpDiv || in.Op == ir.OpRem) && t != ir.F32:
		wrong = func(x, y uint32, _ float32) string {
			switch {
			case y == 0:
				return "division by zero"
			case t == ir.I32 && x == 1<<31 && int32(y) == -1:
				return "-2³¹ divided by -1"
			}
			return ""
		}
	case in.Op == ir.OpShl || in.Op == ir.OpShr:
		wrong = func(_, y uint32, _ float32) string {
			if y >= 32 {
				return "a shift by 32 bits or more"
			}
			return ""
		}
	case in.Op == ir.OpConvert && t == ir.F32:
		fits := func(f float32) bool { return f >= -1<<31 && f < 1<<31 }
		if in.Type.Elem() == ir.U32 {
			fits = func(f float32) bool { return f > -1 && f < 1<<32 }
		}
		wrong = func(_, _ uint32, f float32) string {
			if !fits(f) {
				return "a number that does not fit"
			}
			return ""
		}
	default:
		return
	}
	second := x
	if len(in.Args) > 1 {
		second = y
	}
	c.emit(func(s *state) {
		for _, l := range s.active {
			for e := range x.lanes {
				i := e*x.n + int(l)%x.n // lane 0's for a uniform value
				if why := wrong(s.r[x.at+i], s.r[second.at+i], s.f[x.at+i]); why != "" {
					s.fail(in, int(l), Undefined, "%s", why)
					return
				}
			}
		}
	})
}

var binaryF32 = [...]func(d, x, y []float32){
	ir.OpAdd: kernels.Add[float32],
	ir.OpSub: kernels.Sub[float32],
	ir.OpMul: kernels.Mul[float32],
	ir.OpDiv: kernels.Div[float32],
	ir.OpMin: minLoop,
	ir.OpMax: maxLoop,
}
