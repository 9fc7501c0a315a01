package ir

import (
	"math"
	"math/bits"
)

// fold returns the result of a binary operation that needs no instruction, or a cheaper one:
// integers and sums and products of constants are computed, x+0, x·1 and the like are x, and
// division and remainder by a power of two become shifts and masks. Drivers do the rest.
func fold(op Op, x, y Value) (Value, bool) {
	b, t := x.b, x.Type()
	if t.Lanes() > 1 {
		return Value{}, false
	}
	xc, yc := x.in.Op == OpConst, y.in.Op == OpConst
	switch {
	case t == F32 && xc && yc:
		return foldF32(op, x, y)
	case !t.IsInt():
		return Value{}, false
	case xc && yc:
		v, ok := foldInt(op, t, x.in.Imm, y.in.Imm)
		if !ok {
			return Value{}, false
		}
		return b.input(OpConst, t, v), true
	case yc:
		return foldRight(op, x, y.in.Imm)
	case xc && x.in.Imm == 0 && (op == OpAdd || op == OpOr || op == OpXor),
		xc && x.in.Imm == 1 && op == OpMul:
		return y, true
	case xc && x.in.Imm == 0 && (op == OpMul || op == OpAnd):
		return x, true
	}
	return Value{}, false
}

// foldRight simplifies an integer operation with the constant c on its right.
func foldRight(op Op, x Value, c uint32) (Value, bool) {
	b, t := x.b, x.Type()
	switch op {
	case OpAdd, OpSub, OpOr, OpXor, OpShl, OpShr:
		return x, c == 0
	case OpMul:
		if c == 0 {
			return b.input(OpConst, t, 0), true
		}
		return x, c == 1
	case OpAnd:
		return b.input(OpConst, t, 0), c == 0
	case OpDiv:
		if c == 1 {
			return x, true
		}
		if isPowerOfTwo(t, c) && nonNegative(x.in) {
			return x.Shr(bits.TrailingZeros32(c)), true
		}
	case OpRem:
		if isPowerOfTwo(t, c) && nonNegative(x.in) {
			return x.And(int(c - 1)), true
		}
	}
	return Value{}, false
}

func isPowerOfTwo(t Type, c uint32) bool {
	return c != 0 && c&(c-1) == 0 && (t == U32 || c < 1<<31)
}

// nonNegative reports whether a scalar integer is known to be at least zero, whatever the
// sizes are: sums are not, as they may wrap.
func nonNegative(in *Instr) bool {
	if in.Type == U32 {
		return true
	}
	switch in.Op {
	case OpConst:
		return int32(in.Imm) >= 0
	case OpLocalID, OpGroupID, OpGlobalID, OpNumGroups, OpLocalIndex, OpSubgroupID, OpLane:
		return true
	case OpFor, OpShr, OpRem: // a counter only grows; the others keep the sign of x
		return nonNegative(in.Args[0])
	case OpDiv, OpMin:
		return nonNegative(in.Args[0]) && nonNegative(in.Args[1])
	case OpAnd, OpMax:
		return nonNegative(in.Args[0]) || nonNegative(in.Args[1])
	}
	return false
}

func foldInt(op Op, t Type, x, y uint32) (uint32, bool) {
	switch op {
	case OpAdd:
		return x + y, true
	case OpSub:
		return x - y, true
	case OpMul:
		return x * y, true
	case OpAnd:
		return x & y, true
	case OpOr:
		return x | y, true
	case OpXor:
		return x ^ y, true
	case OpShl:
		return x << y, y < 32
	case OpShr:
		if t == I32 {
			return uint32(int32(x) >> y), y < 32
		}
		return x >> y, y < 32
	case OpDiv, OpRem:
		return foldDiv(op, t, x, y)
	case OpMin, OpMax:
		less := x < y
		if t == I32 {
			less = int32(x) < int32(y)
		}
		if less == (op == OpMin) {
			return x, true
		}
		return y, true
	}
	return 0, false
}

func foldDiv(op Op, t Type, x, y uint32) (uint32, bool) {
	switch {
	case y == 0:
		return 0, false
	case t == U32 && op == OpDiv:
		return x / y, true
	case t == U32:
		return x % y, true
	case op == OpDiv:
		return uint32(int32(x) / int32(y)), true
	default:
		return uint32(int32(x) % int32(y)), true
	}
}

// foldF32 computes what is rounded the same way everywhere.
func foldF32(op Op, x, y Value) (Value, bool) {
	p, q := math.Float32frombits(x.in.Imm), math.Float32frombits(y.in.Imm)
	switch op {
	case OpAdd:
		return x.b.F32(p + q), true
	case OpSub:
		return x.b.F32(p - q), true
	case OpMul:
		return x.b.F32(p * q), true
	}
	return Value{}, false
}

// foldConvert converts an integer or Bool constant.
func foldConvert(x Value, t Type) (Value, bool) {
	c := x.in.Imm
	switch {
	case x.Type() == F32:
		return Value{}, false
	case t != F32:
		return x.b.input(OpConst, t, c), true
	case x.Type() == I32:
		return x.b.F32(float32(int32(c))), true
	default:
		return x.b.F32(float32(c)), true
	}
}
