package ptx

import (
	"strconv"

	"inkstone/gpu/ir"
)

// arg returns operand i of an instruction, a scalar.
func (e *emitter) arg(in *ir.Instr, i int) string { return e.values[in.Args[i].ID][0] }

// instr writes an instruction without blocks and notes its value.
func (e *emitter) instr(in *ir.Instr) {
	e.values[in.ID] = nil // an unrolled loop comes here again
	switch in.Op {
	case ir.OpVec:
		for i := range in.Args {
			e.values[in.ID] = append(e.values[in.ID], e.arg(in, i))
		}
	case ir.OpSplat:
		for range in.Type.Lanes() {
			e.values[in.ID] = append(e.values[in.ID], e.arg(in, 0))
		}
	case ir.OpExtract:
		e.values[in.ID] = e.values[in.Args[0].ID][in.Imm : in.Imm+1]
	case ir.OpUniform:
		e.values[in.ID] = e.values[in.Args[0].ID]
	case ir.OpGet: // a copy: the variable may change before the value is used
		e.values[in.ID] = e.fresh(in.Type)
		e.move(in.Type, e.values[in.ID], e.vars[in.Var.Index])
	case ir.OpSet:
		e.move(in.Var.Type, e.vars[in.Var.Index], e.values[in.Args[0].ID])
	case ir.OpLoad:
		e.load(in)
	case ir.OpStore:
		e.store(in)
	case ir.OpAtomicAdd, ir.OpAtomicMax:
		e.atomic(in)
	case ir.OpPackF16:
		x := e.values[in.Args[0].ID]
		low, high := e.get(half, "cvt.rn.f16.f32", x[0]), e.get(half, "cvt.rn.f16.f32", x[1])
		e.values[in.ID] = []string{e.get(word, "mov.b32", braces([]string{low, high}))}
	case ir.OpUnpackF16:
		low, high := e.reg(half), e.reg(half)
		e.do("mov.b32", braces([]string{low, high}), e.arg(in, 0))
		e.values[in.ID] = []string{e.get(float, "cvt.f32.f16", low), e.get(float, "cvt.f32.f16", high)}
	case ir.OpMatFill, ir.OpMatLoad, ir.OpMatStore, ir.OpMatMulAdd:
		e.matrix(in)
	default:
		e.lanewise(in)
	}
}

// move copies registers.
func (e *emitter) move(t ir.Type, to, from []string) {
	op := "mov.b32"
	if c := classOf(t); c != word {
		op = "mov" + types[c]
	}
	for i := range to {
		e.do(op, to[i], from[i])
	}
}

// lanewise writes an operation that works on vectors element by element.
func (e *emitter) lanewise(in *ir.Instr) {
	out := make([]string, in.Type.Lanes())
	for i := range out {
		args := make([]string, len(in.Args))
		for j, a := range in.Args {
			v := e.values[a.ID]
			args[j] = v[i%len(v)] // the condition of a Select is a scalar
		}
		out[i] = e.scalar(in, args)
	}
	e.values[in.ID] = out
}

// scalar writes an operation on scalars and returns its result.
func (e *emitter) scalar(in *ir.Instr, x []string) string {
	t := in.Args[0].Type.Elem() // of the operands
	c := classOf(in.Type.Elem())
	if in.Op.IsSubgroup() {
		return e.exchange(in, t, x)
	}
	if t == ir.F32 {
		if op, ok := floatOps[in.Op]; ok {
			return e.get(c, op, x...)
		}
	}
	switch in.Op {
	case ir.OpExp: // 2^(x·log₂e)
		return e.get(float, "ex2.approx.f32", e.get(float, "mul.rn.f32", x[0], "0f3FB8AA3B"))
	case ir.OpLog: // log₂x·ln2
		return e.get(float, "mul.rn.f32", e.get(float, "lg2.approx.f32", x[0]), "0f3F317218")
	case ir.OpMul:
		return e.get(c, "mul.lo."+suffix(t), x...)
	case ir.OpMulHi:
		return e.get(c, "mul.hi."+suffix(t), x...)
	case ir.OpAnd, ir.OpOr, ir.OpXor, ir.OpNot, ir.OpShl:
		return e.get(c, in.Op.String()+types[c], x...)
	case ir.OpShr:
		return e.get(c, "shr."+suffix(t), x...)
	case ir.OpEq, ir.OpNe, ir.OpLt, ir.OpLe, ir.OpGt, ir.OpGe:
		name := in.Op.String()
		if in.Op == ir.OpNe && t == ir.F32 {
			name = "neu" // holds for NaN
		}
		return e.get(c, "setp."+name+"."+suffix(t), x...)
	case ir.OpSelect:
		return e.choose(c, x[0], x[1], x[2])
	case ir.OpConvert:
		return e.convert(in.Type.Elem(), t, x[0])
	case ir.OpBitcast:
		if c == classOf(t) {
			return x[0]
		}
		return e.get(c, "mov.b32", x[0])
	}
	return e.get(c, in.Op.String()+"."+suffix(t), x...) // add, sub, div, rem, min, max, neg, abs
}

var floatOps = map[ir.Op]string{
	ir.OpAdd:   "add.rn.f32",
	ir.OpSub:   "sub.rn.f32",
	ir.OpMul:   "mul.rn.f32",
	ir.OpDiv:   "div.rn.f32",
	ir.OpFMA:   "fma.rn.f32",
	ir.OpSqrt:  "sqrt.rn.f32",
	ir.OpRsqrt: "rsqrt.approx.f32",
	ir.OpFloor: "cvt.rmi.f32.f32",
	ir.OpCeil:  "cvt.rpi.f32.f32",
	ir.OpTrunc: "cvt.rzi.f32.f32",
	ir.OpRound: "cvt.rni.f32.f32",
}

// choose returns yes where p holds, otherwise no.
func (e *emitter) choose(c class, p, yes, no string) string {
	if c != predicate {
		return e.get(c, "selp"+types[c], yes, no, p)
	}
	// There is no selp of predicates: p and yes, or no and not p.
	a := e.get(c, "and.pred", p, yes)
	b := e.get(c, "and.pred", e.get(c, "not.pred", p), no)
	return e.get(c, "or.pred", a, b)
}

func (e *emitter) convert(to, from ir.Type, x string) string {
	switch {
	case from == ir.Bool && to == ir.F32:
		return e.get(float, "selp.f32", "0f3F800000", "0f00000000", x)
	case from == ir.Bool:
		return e.get(word, "selp.b32", "1", "0", x)
	case to == ir.F32:
		return e.get(float, "cvt.rn.f32."+suffix(from), x)
	case from == ir.F32:
		return e.get(word, "cvt.rzi."+suffix(to)+".f32", x)
	}
	return x // I32 and U32 have the same bits
}

// exchange writes an operation between the lanes of a warp.
func (e *emitter) exchange(in *ir.Instr, t ir.Type, x []string) string {
	c := classOf(t)
	shuffle := func(mode, x, lane string) string {
		return e.get(c, "shfl.sync."+mode+".b32", x, lane, "31", "-1")
	}
	switch in.Op {
	case ir.OpBroadcast:
		return shuffle("idx", x[0], strconv.Itoa(int(in.Imm)))
	case ir.OpShuffle:
		return shuffle("idx", x[0], x[1])
	case ir.OpShuffleXor:
		return shuffle("bfly", x[0], strconv.Itoa(int(in.Imm)))
	}
	// A tree, lanes that differ in the lowest bit first, as in package interp: both lanes of a
	// pair compute the same bits.
	op := map[ir.Op]string{ir.OpSubgroupAdd: "add", ir.OpSubgroupMin: "min", ir.OpSubgroupMax: "max"}[in.Op]
	if op == "add" && t == ir.F32 {
		op = "add.rn"
	}
	v := x[0]
	for step := 1; step < WarpSize; step *= 2 {
		v = e.get(c, op+"."+suffix(t), v, shuffle("bfly", v, strconv.Itoa(step)))
	}
	return v
}
