package spirv

import "inkstone/gpu/ir"

// choice is the instruction for each element type; 0 where the type has none.
type choice struct{ f32, i32, u32, bool opcode }

func (c choice) of(t ir.Type) opcode {
	switch t.Elem() {
	case ir.F32:
		return c.f32
	case ir.I32:
		return c.i32
	case ir.Bool:
		return c.bool
	}
	return c.u32
}

// plain lists the operations that are one instruction of the core.
var plain = map[ir.Op]choice{
	ir.OpAdd: {opFAdd, opIAdd, opIAdd, 0},
	ir.OpSub: {opFSub, opISub, opISub, 0},
	ir.OpMul: {opFMul, opIMul, opIMul, 0},
	ir.OpDiv: {opFDiv, opSDiv, opUDiv, 0},
	ir.OpRem: {0, opSRem, opUMod, 0},
	ir.OpNeg: {opFNegate, opSNegate, 0, 0},
	ir.OpAnd: {0, opBitAnd, opBitAnd, opLogicalAnd},
	ir.OpOr:  {0, opBitOr, opBitOr, opLogicalOr},
	ir.OpXor: {0, opBitXor, opBitXor, opLogicalNe},
	ir.OpNot: {0, opBitNot, opBitNot, opLogicalNot},
	ir.OpShl: {0, opShl, opShl, 0},
	ir.OpShr: {0, opShrArithmetic, opShrLogical, 0},
	ir.OpEq:  {opFEqual, opIEqual, opIEqual, 0},
	ir.OpNe:  {opFNotEqual, opINotEqual, opINotEqual, 0},
	ir.OpLt:  {opFLess, opSLess, opULess, 0},
	ir.OpLe:  {opFLessEqual, opSLessEqual, opULessEqual, 0},
	ir.OpGt:  {opFGreater, opSGreater, opUGreater, 0},
	ir.OpGe:  {opFGreaterEqual, opSGreaterEqual, opUGreaterEqual, 0},

	ir.OpSelect: {opSelect, opSelect, opSelect, opSelect},
}

// extended lists the operations that are one instruction of GLSL.std.450.
var extended = map[ir.Op]choice{
	ir.OpMin:       {glslNMin, glslSMin, glslUMin, 0},
	ir.OpMax:       {glslNMax, glslSMax, glslUMax, 0},
	ir.OpAbs:       {glslFAbs, glslSAbs, 0, 0},
	ir.OpFMA:       {glslFma, 0, 0, 0},
	ir.OpFloor:     {glslFloor, 0, 0, 0},
	ir.OpCeil:      {glslCeil, 0, 0, 0},
	ir.OpTrunc:     {glslTrunc, 0, 0, 0},
	ir.OpRound:     {glslRoundEven, 0, 0, 0},
	ir.OpExp:       {glslExp, 0, 0, 0},
	ir.OpLog:       {glslLog, 0, 0, 0},
	ir.OpSqrt:      {glslSqrt, 0, 0, 0},
	ir.OpRsqrt:     {glslInverseSqrt, 0, 0, 0},
	ir.OpPackF16:   {glslPackHalf, 0, 0, 0},
	ir.OpUnpackF16: {0, 0, glslUnpackHalf, 0},
}

// reduction lists the operations over a subgroup.
var reduction = map[ir.Op]choice{
	ir.OpSubgroupAdd: {opGroupFAdd, opGroupIAdd, opGroupIAdd, 0},
	ir.OpSubgroupMin: {opGroupFMin, opGroupSMin, opGroupUMin, 0},
	ir.OpSubgroupMax: {opGroupFMax, opGroupSMax, opGroupUMax, 0},
}

// instr writes an instruction without blocks and returns its result.
func (e *emitter) instr(in *ir.Instr) id {
	args := make([]id, len(in.Args))
	for i, a := range in.Args {
		args[i] = e.values[a.ID]
	}
	var t, from id
	if in.Type != ir.Void {
		t = e.typ(in.Type)
	}
	elem := ir.Void // of the last operand: Select's first is a condition
	if n := len(in.Args); n > 0 {
		elem = in.Args[n-1].Type
		from = e.typ(elem)
	}
	if c, ok := plain[in.Op]; ok {
		x := e.get(c.of(elem), t, args...)
		if elem.Elem() == ir.F32 && (in.Op == ir.OpAdd || in.Op == ir.OpSub || in.Op == ir.OpMul) {
			e.decorate(x, decNoContraction)
		}
		return x
	}
	if c, ok := extended[in.Op]; ok {
		return e.ext(t, word(c.of(elem)), args...)
	}
	if c, ok := reduction[in.Op]; ok {
		e.capability(capGroupArithmetic)
		return e.get(c.of(elem), t, e.u32(scopeSubgroup), reduce, args[0])
	}
	switch in.Op {
	case ir.OpMulHi:
		op := opUMulExtended
		if elem.Elem() == ir.I32 {
			op = opSMulExtended
		}
		both := e.get(op, e.global(opTypeStruct, 0, from, from), args...)
		return e.get(opExtract, t, both, 1)
	case ir.OpConvert:
		return e.convert(in, t, args[0])
	case ir.OpBitcast:
		return e.get(opBitcast, t, args[0])
	case ir.OpUniform:
		return args[0]
	case ir.OpVec:
		return e.get(opConstruct, t, args...)
	case ir.OpSplat:
		if in.Args[0].Op == ir.OpConst {
			return e.splat(in.Type.Elem(), in.Args[0].Imm, in.Type)
		}
		parts := make([]word, in.Type.Lanes())
		for i := range parts {
			parts[i] = args[0]
		}
		return e.get(opConstruct, t, parts...)
	case ir.OpExtract:
		return e.get(opExtract, t, args[0], in.Imm)
	case ir.OpGet:
		return e.get(opLoad, t, e.vars[in.Var.Index])
	case ir.OpSet:
		e.do(opStore, e.vars[in.Var.Index], args[0])
		return 0
	case ir.OpShuffle:
		e.capability(capGroupShuffle)
		return e.get(opShuffle, t, e.u32(scopeSubgroup), args[0], e.get(opBitcast, e.typ(ir.U32), args[1]))
	case ir.OpShuffleXor:
		e.capability(capGroupShuffle)
		return e.get(opShuffleXor, t, e.u32(scopeSubgroup), args[0], e.u32(int(in.Imm)))
	case ir.OpBroadcast:
		e.capability(capGroupBallot)
		return e.get(opBroadcast, t, e.u32(scopeSubgroup), args[0], e.u32(int(in.Imm)))
	case ir.OpLoad:
		return e.load(in, args[0])
	case ir.OpStore:
		e.store(in, args[0], args[1])
		return 0
	case ir.OpAtomicAdd, ir.OpAtomicMax:
		return e.atomic(in, args[0], args[1])
	}
	return e.matrix(in, args)
}

// ext writes an instruction of GLSL.std.450.
func (e *emitter) ext(t id, number word, args ...id) id {
	return e.get(opExtInst, t, append([]word{e.glsl, number}, args...)...)
}

// convert writes a conversion between numbers, or of a Bool to 0 or 1.
func (e *emitter) convert(in *ir.Instr, t id, x id) id {
	from, to := in.Args[0].Type.Elem(), in.Type.Elem()
	switch {
	case from == ir.Bool:
		one := uint32(1)
		if to == ir.F32 {
			one = 0x3f800000
		}
		return e.get(opSelect, t, x, e.constant(to, one), e.constant(to, 0))
	case from == ir.F32 && to == ir.I32:
		return e.get(opFToS, t, x)
	case from == ir.F32:
		return e.get(opFToU, t, x)
	case from == ir.I32 && to == ir.F32:
		return e.get(opSToF, t, x)
	case to == ir.F32:
		return e.get(opUToF, t, x)
	}
	return e.get(opBitcast, t, x)
}
