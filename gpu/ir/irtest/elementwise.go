package irtest

import (
	"math"
	"strings"

	"inkstone/gpu/ir"
)

var (
	floats  = floatBits(0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3.7, -3.7, 1e-20, -1e-20, 12345.678, -1e10, 1e38, 0.1, 1.0/3, 8388609)
	factors = floatBits(0, 1, -1, 0.5, 1.5, -2.5, 3.7, 1e-10, 12345.678, -1e10, 3e25, 0.1, 1.0/3, 8388609) // products are normal numbers
	special = floatBits(math.Inf(1), math.Inf(-1), math.NaN(), 0, 1, -2)
	numbers = []uint32{0, 1, 2, 3, 7, 31, 32, 100, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffff9, 0xffffffff}
	pair    = []ir.Type{ir.F32, ir.F32}
)

// elementwise returns the cases of exact F32 arithmetic, and of division.
func elementwise() []Case {
	var cases []Case
	one := func(name string, inputs []uint32, f func(x ir.Value) ir.Value, want func(x float32) float32) {
		columns := cross(inputs)
		var w []float32
		for _, x := range columns[0] {
			w = append(w, want(f32(x)))
		}
		cases = append(cases, mapped(name, pair[:1], ir.F32, columns, func(x []ir.Value) ir.Value { return f(x[0]) }, equal(1, w)))
	}
	one("neg", floats, ir.Value.Neg, func(x float32) float32 { return -x })
	one("abs", floats, ir.Value.Abs, func(x float32) float32 { return float32(math.Abs(float64(x))) })
	one("floor", floats, ir.Value.Floor, func(x float32) float32 { return float32(math.Floor(float64(x))) })
	one("ceil", floats, ir.Value.Ceil, func(x float32) float32 { return float32(math.Ceil(float64(x))) })
	one("trunc", floats, ir.Value.Trunc, func(x float32) float32 { return float32(math.Trunc(float64(x))) })
	one("round", floats, ir.Value.Round, func(x float32) float32 { return float32(math.RoundToEven(float64(x))) })

	two := func(name string, inputs []uint32, f func(x ir.Value, y ir.Operand) ir.Value, want func(x, y float32) float32) {
		columns := cross(inputs, inputs)
		var w []float32
		for i := range columns[0] {
			w = append(w, want(f32(columns[0][i]), f32(columns[1][i])))
		}
		c := mapped(name, pair, ir.F32, columns, func(x []ir.Value) ir.Value { return f(x[0], x[1]) }, equal(2, w))
		c.NaN = strings.HasSuffix(name, "_nan")
		cases = append(cases, c)
	}
	add := func(x, y float32) float32 { return x + y }
	sub := func(x, y float32) float32 { return x - y }
	mul := func(x, y float32) float32 { return x * y }
	two("add", floats, ir.Value.Add, add)
	two("sub", floats, ir.Value.Sub, sub)
	two("mul", factors, ir.Value.Mul, mul)
	two("add_nan", special, ir.Value.Add, add)
	two("sub_nan", special, ir.Value.Sub, sub)
	two("mul_nan", special, ir.Value.Mul, mul)
	two("min", floats, ir.Value.Min, func(x, y float32) float32 { return min(x, y) })
	two("max", floats, ir.Value.Max, func(x, y float32) float32 { return max(x, y) })
	two("min_nan", special, ir.Value.Min, func(x, y float32) float32 { return other(x, y, min(x, y)) })
	two("max_nan", special, ir.Value.Max, func(x, y float32) float32 { return other(x, y, max(x, y)) })

	return append(cases, unfused(), comparisons(false), comparisons(true))
}

// other returns the operand that is a number if one is NaN, otherwise v.
func other(x, y, v float32) float32 {
	switch {
	case x != x:
		return y
	case y != y:
		return x
	}
	return v
}

// unfused checks that x·y + z is rounded twice where it is written as two operations: the
// product of 1 + 2⁻¹² with itself loses its last bit.
func unfused() Case {
	x := []uint32{bits(1 + 0x1p-12)}
	z := []uint32{bits(-1 - 0x1p-11)}
	return mapped("unfused", []ir.Type{ir.F32, ir.F32}, ir.F32, [][]uint32{x, z},
		func(x []ir.Value) ir.Value { return x[0].Mul(x[0]).Add(x[1]) }, equal(2, []float32{0}))
}

// comparisons packs the six comparisons of floats into the bits of a number.
func comparisons(nan bool) Case {
	inputs, name := floats, "compare"
	if nan {
		inputs, name = special, "compare_nan"
	}
	columns := cross(inputs, inputs)
	var want []uint32
	for i := range columns[0] {
		want = append(want, order(f32(columns[0][i]), f32(columns[1][i])))
	}
	c := mapped(name, pair, ir.U32, columns, orderOf, equal(2, want))
	c.NaN = nan
	return c
}

func order[T float32 | int32 | uint32](x, y T) uint32 {
	out := uint32(0)
	for i, b := range []bool{x == y, x != y, x < y, x <= y, x > y, x >= y} {
		if b {
			out |= 1 << i
		}
	}
	return out
}

func orderOf(x []ir.Value) ir.Value {
	a, b := x[0], x[1]
	out := a.Eq(b).To(ir.U32)
	for i, c := range []ir.Value{a.Ne(b), a.Lt(b), a.Le(b), a.Gt(b), a.Ge(b)} {
		out = out.Or(c.To(ir.U32).Shl(i + 1))
	}
	return out
}

// functions returns the cases of functions with an error, against float64.
func functions() []Case {
	var cases []Case
	const ulp = 0x1p-23
	many := func(low, high float64, n int) []float64 {
		var x []float64
		for i := range n {
			x = append(x, float64(float32(low+(high-low)*float64(i)/float64(n-1))))
		}
		return x
	}
	one := func(name string, x []float64, relative, absolute float64, f func(x ir.Value) ir.Value, want func(x float64) float64) {
		var w []float64
		for _, v := range x {
			w = append(w, want(v))
		}
		cases = append(cases, mapped(name, pair[:1], ir.F32, [][]uint32{floatBits(x...)},
			func(x []ir.Value) ir.Value { return f(x[0]) }, near(1, w, relative, absolute)))
	}
	one("exp_small", many(-1, 1, 301), 5*ulp, 0, ir.Value.Exp, math.Exp)
	one("exp", many(-80, 80, 1001), 163*ulp, 0, ir.Value.Exp, math.Exp)
	one("log_near_1", many(0.5, 2, 301), 3*ulp, 0x1p-21, ir.Value.Log, math.Log)
	one("log", many(2, 1e6, 301), 4*ulp, 0, ir.Value.Log, math.Log)
	one("sqrt", many(0, 100, 301), 3*ulp, 0, ir.Value.Sqrt, math.Sqrt)
	one("rsqrt", many(0.001, 100, 301), 3*ulp, 0, ir.Value.Rsqrt, func(x float64) float64 { return 1 / math.Sqrt(x) })
	one("reciprocal", many(0.001, 100, 301), 3*ulp, 0, func(x ir.Value) ir.Value {
		return x.Div(x).Div(x)
	}, func(x float64) float64 { return 1 / x })
	one("tanh", append(many(-12, 12, 1001), 1e-10, -1e-10, 0, 1e30, -1e30), 3*ulp, 0, ir.Value.Tanh, math.Tanh)
	one("tanh_small", many(-0.1, 0.1, 1001), 3*ulp, 0, ir.Value.Tanh, math.Tanh)
	one("sin", many(-10, 10, 1001), 2*ulp, 1e-9, ir.Value.Sin, math.Sin)
	one("cos", many(-10, 10, 1001), 2*ulp, 1e-9, ir.Value.Cos, math.Cos)
	one("sin_far", many(-50000, 50000, 5001), 2*ulp, 1e-9, ir.Value.Sin, math.Sin)
	one("cos_far", many(-50000, 50000, 5001), 2*ulp, 1e-9, ir.Value.Cos, math.Cos)

	// A fused multiply-add rounds once, or twice where a device does not have it.
	columns := cross(floatBits(1, 1+0x1p-12, 1.0/3, -0.1), floatBits(1, 1+0x1p-12, 3, 7), floatBits(0, 1, -1, 5e-4, -1-0x1p-11))
	var want []float64
	for i := range columns[0] {
		x, y, z := float64(f32(columns[0][i])), float64(f32(columns[1][i])), float64(f32(columns[2][i]))
		want = append(want, x*y+z)
	}
	cases = append(cases, mapped("fma", []ir.Type{ir.F32, ir.F32, ir.F32}, ir.F32, columns,
		func(x []ir.Value) ir.Value { return x[0].FMA(x[1], x[2]) }, near(3, want, ulp/2, 0x1p-24)))

	columns = cross(floatBits(1, 3, -7, 0.1, 1e10, 123.456), floatBits(1, 3, -0.7, 1e-5, 9))
	want = nil
	for i := range columns[0] {
		want = append(want, float64(f32(columns[0][i]))/float64(f32(columns[1][i])))
	}
	return append(cases, mapped("div", pair, ir.F32, columns,
		func(x []ir.Value) ir.Value { return x[0].Div(x[1]) }, near(2, want, 2.5*ulp, 0)))
}
