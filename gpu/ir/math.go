package ir

// Functions made of arithmetic: every device computes the same bits for them, as long as it
// rounds as it should.

// lanewise applies f to each element of a vector.
func (x Value) lanewise(f func(Value) Value) Value {
	n := x.Type().Lanes()
	if n == 1 {
		return f(x)
	}
	first := f(x.At(0))
	var others []Operand
	for i := 1; i < n; i++ {
		others = append(others, f(x.At(i)))
	}
	return x.b.Vec(first, others...)
}

// polynomial returns c[0] + c[1]·x + c[2]·x² + … by Horner's rule.
func (x Value) polynomial(c ...float64) Value {
	p := x.b.F32(float32(c[len(c)-1]))
	for i := len(c) - 2; i >= 0; i-- {
		p = p.Mul(x).Add(c[i])
	}
	return p
}

// Tanh returns the hyperbolic tangent, within 3 units in the last place.
//
// tanh |x| = m/(m + 2) with m = e^(2|x|) - 1. From 2|x| = n·ln2 + r with |r| <= ln2/2 and
// q = eʳ - 1 comes m = 2ⁿ·q + (2ⁿ - 1), where nothing cancels (Cody and Waite, Software Manual
// for the Elementary Functions, 1980, chapters 6 and 13).
func (x Value) Tanh() Value {
	x.check("Tanh")
	x.need("Tanh", floats)
	return x.lanewise(func(x Value) Value {
		const (
			log2e   = 1.44269504088896
			ln2High = 355.0 / 512 // n·ln2High is exact
			ln2Low  = -2.12194440054690583e-4
		)
		a := x.Abs().Min(10) // from 9.02 on tanh rounds to 1
		a = a.Add(a)
		n := a.Mul(log2e).Round()
		r := a.Sub(n.Mul(ln2High)).Sub(n.Mul(ln2Low))
		p := r.polynomial(0.49999994, 0.16666517, 0.0416681, 0.008369194, 0.0013838863)
		q := r.Mul(r).Mul(p).Add(r)
		pow := n.To(I32).Add(127).Shl(23).Bitcast(F32) // 2ⁿ
		m := q.Mul(pow).Add(pow.Sub(1))
		y := m.Div(m.Add(2)).Bitcast(U32)
		sign := x.Bitcast(U32).And(x.b.U32(1 << 31))
		return x.Ne(x).Select(x, y.Or(sign).Bitcast(F32))
	})
}

// Sin returns the sine of x radians, for |x| <= 50000: within 2 units in the last place, or
// within 1e-9 where the result is near zero and |x| above 1.
func (x Value) Sin() Value {
	x.check("Sin")
	x.need("Sin", floats)
	return x.lanewise(func(x Value) Value { return x.turn(0) })
}

// Cos returns the cosine of x radians, for |x| <= 50000: within 2 units in the last place, or
// within 1e-9 where the result is near zero.
func (x Value) Cos() Value {
	x.check("Cos")
	x.need("Cos", floats)
	return x.lanewise(func(x Value) Value { return x.turn(1) })
}

// turn returns sin(x + quarters·π/2). With x = n·π/2 + r and |r| <= π/4 it is ±sin r or ±cos r,
// as n + quarters says; both come from polynomials of our own minimax fit, with errors below
// 4e-9. π/2 is split in four, of which three have 9 bits, so that their products with n are
// exact (Cody and Waite, 1980, chapter 8).
func (x Value) turn(quarters int) Value {
	n := x.Mul(0.636619772368).Round()
	r := x
	for _, part := range []float64{1.5703125, 0x1.fbp-12, 0x1.51p-22, 6.07710062827671e-11} {
		r = r.Sub(n.Mul(part))
	}
	z := r.Mul(r)
	sin := z.polynomial(-0.16666655242443085, 0.00833216030150652, -0.00019515282474458218).Mul(z).Mul(r).Add(r)
	cos := z.polynomial(0.04166664555668831, -0.0013887316454201937, 2.44331567955669e-05).Mul(z).Mul(z).Sub(z.Mul(0.5)).Add(1)
	k := n.To(I32).Add(quarters)
	y := k.And(1).Ne(0).Select(cos, sin)
	return k.And(2).Ne(0).Select(y.Neg(), y)
}
