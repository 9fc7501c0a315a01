package ir

// unary adds a one-operand instruction whose result has the operand's type.
func (x Value) unary(name string, op Op, k kind) Value {
	b := x.check(name)
	x.need(name, k)
	return b.add(&Instr{Op: op, Type: x.Type(), Args: []*Instr{x.in}})
}

// binary adds a two-operand instruction whose result has the operands' type, or folds it.
func (x Value) binary(name string, op Op, k kind, o Operand) Value {
	x, y := x.pair(name, o)
	x.need(name, k)
	if v, ok := fold(op, x, y); ok {
		return v
	}
	return x.b.add(&Instr{Op: op, Type: x.Type(), Args: []*Instr{x.in, y.in}})
}

// compare adds a comparison of two scalars.
func (x Value) compare(name string, op Op, k kind, o Operand) Value {
	x, y := x.pair(name, o)
	x.need(name, k)
	if x.Type().Lanes() > 1 {
		x.b.failf(name, "not defined on %v: compare scalars", x.Type())
	}
	return x.b.add(&Instr{Op: op, Type: Bool, Args: []*Instr{x.in, y.in}})
}

// Add returns x + y.
func (x Value) Add(y Operand) Value { return x.binary("Add", OpAdd, numbers, y) }

// Sub returns x - y.
func (x Value) Sub(y Operand) Value { return x.binary("Sub", OpSub, numbers, y) }

// Mul returns x·y.
func (x Value) Mul(y Operand) Value { return x.binary("Mul", OpMul, numbers, y) }

// Div returns x / y. Integers round toward zero; the result of a division by zero is undefined.
// F32 may be off by 2.5 units in the last place.
func (x Value) Div(y Operand) Value { return x.binary("Div", OpDiv, numbers, y) }

// Rem returns the remainder x - y·(x/y) of integers, which has the sign of x.
func (x Value) Rem(y Operand) Value { return x.binary("Rem", OpRem, ints, y) }

// Min returns the smaller of x and y. If one is NaN it returns the other.
func (x Value) Min(y Operand) Value { return x.binary("Min", OpMin, numbers, y) }

// Max returns the larger of x and y. If one is NaN it returns the other.
func (x Value) Max(y Operand) Value { return x.binary("Max", OpMax, numbers, y) }

// FMA returns x·y + z, rounded once. A Vulkan device may round the product too.
func (x Value) FMA(y, z Operand) Value {
	x, yv := x.pair("FMA", y)
	x, zv := x.pair("FMA", z)
	yv, x = yv.pair("FMA", x) // again, as z may have made x a vector
	x.need("FMA", floats)
	return x.b.add(&Instr{Op: OpFMA, Type: x.Type(), Args: []*Instr{x.in, yv.in, zv.in}})
}

// Neg returns -x.
func (x Value) Neg() Value { return x.unary("Neg", OpNeg, floats|signed) }

// Abs returns |x|.
func (x Value) Abs() Value { return x.unary("Abs", OpAbs, floats|signed) }

// MulHi returns the upper 32 bits of the 64-bit product of integers; Mul gives the lower ones.
func (x Value) MulHi(y Operand) Value { return x.binary("MulHi", OpMulHi, ints, y) }

// Floor returns the largest whole number that is not above x.
func (x Value) Floor() Value { return x.unary("Floor", OpFloor, floats) }

// Ceil returns the smallest whole number that is not below x.
func (x Value) Ceil() Value { return x.unary("Ceil", OpCeil, floats) }

// Trunc returns x without its fraction.
func (x Value) Trunc() Value { return x.unary("Trunc", OpTrunc, floats) }

// Round returns the whole number nearest to x, the even one of two.
func (x Value) Round() Value { return x.unary("Round", OpRound, floats) }

// Exp returns eˣ, within 3 + 2|x| units in the last place.
func (x Value) Exp() Value { return x.unary("Exp", OpExp, floats) }

// Log returns ln x: within 3 units in the last place outside [1/2, 2], and within 2⁻²¹ there.
// It is undefined for x < 0.
func (x Value) Log() Value { return x.unary("Log", OpLog, floats) }

// Sqrt returns √x, within 3 units in the last place.
func (x Value) Sqrt() Value { return x.unary("Sqrt", OpSqrt, floats) }

// Rsqrt returns 1/√x, within 2 units in the last place.
func (x Value) Rsqrt() Value { return x.unary("Rsqrt", OpRsqrt, floats) }

// And returns the bits, or the truth, that x and y have both.
func (x Value) And(y Operand) Value { return x.binary("And", OpAnd, ints|bools, y) }

// Or returns the bits, or the truth, that x or y has.
func (x Value) Or(y Operand) Value { return x.binary("Or", OpOr, ints|bools, y) }

// Xor returns the bits, or the truth, that one of x and y has.
func (x Value) Xor(y Operand) Value { return x.binary("Xor", OpXor, ints|bools, y) }

// Not returns the bits, or the truth, that x has not.
func (x Value) Not() Value { return x.unary("Not", OpNot, ints|bools) }

// Shl returns x shifted left by y bits, 0 <= y < 32.
func (x Value) Shl(y Operand) Value { return x.binary("Shl", OpShl, ints, y) }

// Shr returns x shifted right by y bits, 0 <= y < 32. It fills with zeros a U32, with its sign an I32.
func (x Value) Shr(y Operand) Value { return x.binary("Shr", OpShr, ints, y) }

// Eq returns whether x = y.
func (x Value) Eq(y Operand) Value { return x.compare("Eq", OpEq, numbers, y) }

// Ne returns whether x ≠ y, which holds if one is NaN.
func (x Value) Ne(y Operand) Value { return x.compare("Ne", OpNe, numbers, y) }

// Lt returns whether x < y.
func (x Value) Lt(y Operand) Value { return x.compare("Lt", OpLt, numbers, y) }

// Le returns whether x ≤ y.
func (x Value) Le(y Operand) Value { return x.compare("Le", OpLe, numbers, y) }

// Gt returns whether x > y.
func (x Value) Gt(y Operand) Value { return x.compare("Gt", OpGt, numbers, y) }

// Ge returns whether x ≥ y.
func (x Value) Ge(y Operand) Value { return x.compare("Ge", OpGe, numbers, y) }

// Select returns yes where the Bool x holds, otherwise no. Both are computed. Of two Go
// numbers, at least one must be a Value.
func (x Value) Select(yes, no Operand) Value {
	b := x.check("Select")
	if x.Type() != Bool {
		b.failf("Select", "a condition of type %v", x.Type())
	}
	t := Void
	for _, o := range []Operand{yes, no} {
		switch o := o.(type) {
		case Value:
			t = o.Type()
		case *Var:
			t = o.Type
		}
	}
	y := b.value("Select", yes, t)
	y, n := y.pair("Select", no)
	if y.Type().IsMatrix() {
		b.failf("Select", "not defined on %v", y.Type())
	}
	return b.add(&Instr{Op: OpSelect, Type: y.Type(), Args: []*Instr{x.in, y.in, n.in}})
}

// To returns x as the nearest number of type t. F32 to an integer drops the fraction and is
// undefined out of the integer's range; integers to F32 round to the nearest; between I32 and
// U32 the bits stay; Bool becomes 0 or 1.
func (x Value) To(t Type) Value {
	b := x.check("To")
	from := x.Type()
	if t != t.Elem() || !(numbers | bools).has(from) || !numbers.has(t) {
		b.failf("To", "%v to %v", from, t)
	}
	if n := from.Lanes(); n > 1 {
		t = t.Vec(n)
	}
	if from == t {
		return x
	}
	if x.in.Op == OpConst {
		if v, ok := foldConvert(x, t); ok {
			return v
		}
	}
	return b.add(&Instr{Op: OpConvert, Type: t, Args: []*Instr{x.in}})
}

// Bitcast returns the bits of x as a value of type t; both are I32, U32 or F32.
func (x Value) Bitcast(t Type) Value {
	b := x.check("Bitcast")
	from := x.Type()
	if t != t.Elem() || !numbers.has(from) || !numbers.has(t) {
		b.failf("Bitcast", "%v to %v", from, t)
	}
	if n := from.Lanes(); n > 1 {
		t = t.Vec(n)
	}
	if from == t {
		return x
	}
	if x.in.Op == OpConst {
		return b.input(OpConst, t, x.in.Imm)
	}
	return b.add(&Instr{Op: OpBitcast, Type: t, Args: []*Instr{x.in}})
}

// PackF16 returns the two elements of an F32x2 as float16 in the lower and upper half of a U32.
func (x Value) PackF16() Value {
	b := x.check("PackF16")
	if x.Type() != F32.Vec(2) {
		b.failf("PackF16", "not defined on %v", x.Type())
	}
	return b.add(&Instr{Op: OpPackF16, Type: U32, Args: []*Instr{x.in}})
}

// UnpackF16 returns the two float16 in the halves of a U32, the lower one first, as an F32x2.
func (x Value) UnpackF16() Value {
	b := x.check("UnpackF16")
	if x.Type() != U32 {
		b.failf("UnpackF16", "not defined on %v", x.Type())
	}
	return b.add(&Instr{Op: OpUnpackF16, Type: F32.Vec(2), Args: []*Instr{x.in}})
}

// Splat returns a vector of n elements, all x.
func (x Value) Splat(n int) Value {
	b := x.check("Splat")
	if t := x.Type(); t != t.Elem() || !numbers.has(t) {
		b.failf("Splat", "not defined on %v", t)
	}
	return b.add(&Instr{Op: OpSplat, Type: x.Type().Vec(n), Args: []*Instr{x.in}})
}

// Vec returns the vector of two or four scalars of one type, the first of which is a Value.
func (b *Builder) Vec(first Value, others ...Operand) Value {
	first.check("Vec")
	t := first.Type()
	args := []*Instr{first.in}
	for _, o := range others {
		x := b.value("Vec", o, t)
		if x.Type() != t {
			b.failf("Vec", "elements of types %v and %v", t, x.Type())
		}
		args = append(args, x.in)
	}
	if t != t.Elem() || !numbers.has(t) || len(args) != 2 && len(args) != 4 {
		b.failf("Vec", "%d elements of type %v", len(args), t)
	}
	return b.add(&Instr{Op: OpVec, Type: t.Vec(len(args)), Args: args})
}

// At returns element i of a vector.
func (x Value) At(i int) Value {
	b := x.check("At")
	if n := x.Type().Lanes(); n == 1 || i < 0 || i >= n {
		b.failf("At", "element %d of %v", i, x.Type())
	}
	switch x.in.Op {
	case OpVec:
		return Value{b, x.in.Args[i]}
	case OpSplat:
		return Value{b, x.in.Args[0]}
	}
	return b.add(&Instr{Op: OpExtract, Type: x.Type().Elem(), Args: []*Instr{x.in}, Imm: uint32(i)})
}

// SumLanes returns the sum of the elements of a vector, (v0 + v1) + (v2 + v3).
func (x Value) SumLanes() Value {
	s := x.At(0).Add(x.At(1))
	if x.Type().Lanes() == 4 {
		s = s.Add(x.At(2).Add(x.At(3)))
	}
	return s
}
