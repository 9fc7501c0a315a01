package irtest

import (
	"math"

	"inkstone/gpu/ir"
)

// integers returns the cases of integer and Bool operations.
func integers() []Case {
	type of = func(x, y uint32) uint32
	signed := func(f func(x, y int32) int32) of {
		return func(x, y uint32) uint32 { return uint32(f(int32(x), int32(y))) }
	}
	var cases []Case
	two := func(name string, t ir.Type, ys []uint32, f func(x ir.Value, y ir.Operand) ir.Value, want of) {
		columns := cross(numbers, ys)
		var w []uint32
		for i := range columns[0] {
			w = append(w, want(columns[0][i], columns[1][i]))
		}
		cases = append(cases, mapped(name+"_"+t.String(), []ir.Type{t, t}, t, columns,
			func(x []ir.Value) ir.Value { return f(x[0], x[1]) }, equal(2, w)))
	}
	divisors := []uint32{1, 2, 3, 7, 16, 0x7fffffff, 0x80000001, 0xfffffff9}
	shifts := []uint32{0, 1, 5, 16, 31}
	for _, t := range []ir.Type{ir.I32, ir.U32} {
		two("add", t, numbers, ir.Value.Add, func(x, y uint32) uint32 { return x + y })
		two("sub", t, numbers, ir.Value.Sub, func(x, y uint32) uint32 { return x - y })
		two("mul", t, numbers, ir.Value.Mul, func(x, y uint32) uint32 { return x * y })
		two("and", t, numbers, ir.Value.And, func(x, y uint32) uint32 { return x & y })
		two("or", t, numbers, ir.Value.Or, func(x, y uint32) uint32 { return x | y })
		two("xor", t, numbers, ir.Value.Xor, func(x, y uint32) uint32 { return x ^ y })
		two("shl", t, shifts, ir.Value.Shl, func(x, y uint32) uint32 { return x << y })
		two("not", t, numbers[:1], func(x ir.Value, _ ir.Operand) ir.Value { return x.Not() }, func(x, _ uint32) uint32 { return ^x })
	}
	two("div", ir.U32, divisors, ir.Value.Div, func(x, y uint32) uint32 { return x / y })
	two("rem", ir.U32, divisors, ir.Value.Rem, func(x, y uint32) uint32 { return x % y })
	two("div", ir.I32, divisors, ir.Value.Div, signed(func(x, y int32) int32 { return x / y }))
	two("rem", ir.I32, divisors, ir.Value.Rem, signed(func(x, y int32) int32 { return x % y }))
	two("shr", ir.U32, shifts, ir.Value.Shr, func(x, y uint32) uint32 { return x >> y })
	two("shr", ir.I32, shifts, ir.Value.Shr, func(x, y uint32) uint32 { return uint32(int32(x) >> y) })
	two("min", ir.U32, numbers, ir.Value.Min, func(x, y uint32) uint32 { return min(x, y) })
	two("max", ir.U32, numbers, ir.Value.Max, func(x, y uint32) uint32 { return max(x, y) })
	two("min", ir.I32, numbers, ir.Value.Min, signed(func(x, y int32) int32 { return min(x, y) }))
	two("max", ir.I32, numbers, ir.Value.Max, signed(func(x, y int32) int32 { return max(x, y) }))
	two("mulhi", ir.U32, numbers, ir.Value.MulHi, func(x, y uint32) uint32 { return uint32(uint64(x) * uint64(y) >> 32) })
	two("mulhi", ir.I32, numbers, ir.Value.MulHi, signed(func(x, y int32) int32 { return int32(int64(x) * int64(y) >> 32) }))
	two("neg", ir.I32, numbers[:1], func(x ir.Value, _ ir.Operand) ir.Value { return x.Neg() }, func(x, _ uint32) uint32 { return -x })
	two("abs", ir.I32, numbers[:1], func(x ir.Value, _ ir.Operand) ir.Value { return x.Abs() }, signed(func(x, _ int32) int32 { return max(x, -x) }))
	// Division by constants, of which some become shifts.
	for _, c := range []uint32{1, 8, 10} {
		two("div_by_constant", ir.U32, []uint32{c}, func(x ir.Value, _ ir.Operand) ir.Value { return x.Div(int(c)) }, func(x, y uint32) uint32 { return x / y })
		two("rem_by_constant", ir.I32, []uint32{c}, func(x ir.Value, _ ir.Operand) ir.Value { return x.Rem(int(c)) }, signed(func(x, y int32) int32 { return x % y }))
		two("div_of_positive", ir.I32, []uint32{c}, func(x ir.Value, _ ir.Operand) ir.Value { return x.Max(0).Div(int(c)) }, signed(func(x, y int32) int32 { return max(0, x) / y }))
	}

	columns := cross(numbers, numbers)
	var want, wantU, wantB []uint32
	for i := range columns[0] {
		x, y := columns[0][i], columns[1][i]
		want = append(want, order(int32(x), int32(y)))
		wantU = append(wantU, order(x, y))
		p, q := x < y, x%2 == 0
		w := uint32(0)
		for j, b := range []bool{p && q, p || q, p != q, !p} {
			if b {
				w |= 1 << j
			}
		}
		wantB = append(wantB, w)
	}
	return append(cases,
		mapped("compare_i32", []ir.Type{ir.I32, ir.I32}, ir.U32, columns, orderOf, equal(2, want)),
		mapped("compare_u32", []ir.Type{ir.U32, ir.U32}, ir.U32, columns, orderOf, equal(2, wantU)),
		mapped("bool", []ir.Type{ir.U32, ir.U32}, ir.U32, columns, func(x []ir.Value) ir.Value {
			p, q := x[0].Lt(x[1]), x[0].And(1).Eq(0)
			out := p.And(q).To(ir.U32)
			for j, v := range []ir.Value{p.Or(q), p.Xor(q), p.Not()} {
				out = out.Or(v.To(ir.U32).Shl(j + 1))
			}
			return out
		}, equal(2, wantB)),
		mapped("select", []ir.Type{ir.U32, ir.U32}, ir.U32, columns, func(x []ir.Value) ir.Value {
			return x[0].Lt(x[1]).Select(x[0], x[1])
		}, equal(2, func() []uint32 {
			var w []uint32
			for i := range columns[0] {
				w = append(w, min(columns[0][i], columns[1][i]))
			}
			return w
		}())),
	)
}

// conversions returns the cases of To, Bitcast, PackF16 and UnpackF16.
func conversions() []Case {
	fit := floatBits(0, 1, -1, 0.99, -0.99, 1.5, -2.5, 12345.678, -1e9, 2147483520, -2147483648)
	fitU := floatBits(0, 1, 0.99, -0.99, 1.5, 12345.678, 3e9, 4294967040)
	halves := floatBits(0, 1, -1, 0.1, 65504, 1e-4, 1+0x1p-11, 1+3*0x1p-11, 2.0/3)
	one := func(name string, from, to ir.Type, x []uint32, f func(x ir.Value) ir.Value, want func(x uint32) uint32) Case {
		var w []uint32
		for _, v := range x {
			w = append(w, want(v))
		}
		return mapped(name, []ir.Type{from}, to, [][]uint32{x}, func(x []ir.Value) ir.Value { return f(x[0]) }, equal(1, w))
	}
	same := func(x uint32) uint32 { return x }
	return []Case{
		one("f32_to_i32", ir.F32, ir.I32, fit, func(x ir.Value) ir.Value { return x.To(ir.I32) }, func(x uint32) uint32 { return uint32(int32(f32(x))) }),
		one("f32_to_u32", ir.F32, ir.U32, fitU, func(x ir.Value) ir.Value { return x.To(ir.U32) }, func(x uint32) uint32 { return uint32(int64(f32(x))) }),
		one("i32_to_f32", ir.I32, ir.F32, numbers, func(x ir.Value) ir.Value { return x.To(ir.F32) }, func(x uint32) uint32 { return bits(float32(int32(x))) }),
		one("u32_to_f32", ir.U32, ir.F32, numbers, func(x ir.Value) ir.Value { return x.To(ir.F32) }, func(x uint32) uint32 { return bits(float32(x)) }),
		one("i32_to_u32", ir.I32, ir.U32, numbers, func(x ir.Value) ir.Value { return x.To(ir.U32) }, same),
		one("bool_to_f32", ir.U32, ir.F32, numbers, func(x ir.Value) ir.Value { return x.Gt(30).To(ir.F32) }, func(x uint32) uint32 {
			if x > 30 {
				return bits(1)
			}
			return 0
		}),
		one("bitcast", ir.U32, ir.F32, floats, func(x ir.Value) ir.Value { return x.Bitcast(ir.F32).Neg() }, func(x uint32) uint32 { return x ^ 1<<31 }),
		one("bitcast_back", ir.F32, ir.I32, floats, func(x ir.Value) ir.Value { return x.Bitcast(ir.I32) }, same),
		one("pack_f16", ir.F32, ir.U32, halves, func(x ir.Value) ir.Value {
			b := x.Builder()
			return b.Vec(x, x.Neg()).PackF16()
		}, func(x uint32) uint32 { h := uint32(toF16(f32(x))); return h | (h^0x8000)<<16 }),
		one("unpack_f16", ir.U32, ir.F32, []uint32{0x3c00bc00, 0x00017bff, 0x35550000, 0x80008001}, func(x ir.Value) ir.Value {
			v := x.UnpackF16()
			return v.At(0).Mul(4).Add(v.At(1))
		}, func(x uint32) uint32 { return bits(float32(fromF16(uint16(x))*4) + fromF16(uint16(x>>16))) }),
	}
}

// toF16 rounds a number to the nearest float16: to a whole number of its last places, of which
// there are 1024 to 2047 in a normal number.
func toF16(x float32) uint16 {
	sign := uint16(bits(x) >> 16 & 0x8000)
	a := math.Abs(float64(x))
	e := -14
	if a > 0 {
		e = max(e, math.Ilogb(a))
	}
	places := math.RoundToEven(math.Ldexp(a, 10-e))
	return sign | uint16(min(0x7c00, float64((e+14)<<10)+places))
}

// fromF16 returns a float16 as float32.
func fromF16(h uint16) float32 {
	m, e := float64(h&0x3ff), int(h>>10&0x1f)
	v := math.Ldexp(m, -24)
	switch {
	case e == 0x1f && m == 0:
		v = math.Inf(1)
	case e == 0x1f:
		v = math.NaN()
	case e > 0:
		v = math.Ldexp(1+m/1024, e-15)
	}
	if h>>15 != 0 {
		v = -v
	}
	return float32(v)
}
