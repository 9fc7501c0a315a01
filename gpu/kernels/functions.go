package kernels

import "inkstone/gpu/ir"

// The functions of one number that activations are made of. NaN goes through all of them:
// bounds are kept with Select, for Min and Max would take the bound.

// atLeast returns x, or lo if x is below it.
func atLeast(x ir.Value, lo float64) ir.Value { return x.Lt(lo).Select(lo, x) }

// within returns x brought into [-bound, bound].
func within(x ir.Value, bound float64) ir.Value {
	return x.Gt(bound).Select(bound, atLeast(x, -bound))
}

// sigmoid returns 1/(1 + e⁻ˣ). The exponential may be infinite: the result is then 0.
func sigmoid(b *ir.Builder, x ir.Value) ir.Value {
	return b.F32(1).Div(x.Neg().Exp().Add(1))
}

// The tanh form of GELU (Hendrycks and Gimpel, arXiv:1606.08415, section 2) is x·σ(2u) with
// 2u = x·(geluA + geluB·x²). Beyond ±geluFlat it is 0 or x, and its slope 0 or 1.
const (
	geluA    = 2 * 0.79788456080286535587989211986876 // 2√(2/π)
	geluB    = geluA * 0.044715
	geluFlat = 40
)

func gelu(b *ir.Builder, x ir.Value) ir.Value {
	v := atLeast(x, -geluFlat)
	u := v.Mul(v).FMA(geluB, geluA).Mul(v)
	return v.Div(u.Neg().Exp().Add(1))
}

// geluSlope returns s + x·s·(1 - s)·2u′ with s = σ(2u).
func geluSlope(b *ir.Builder, x ir.Value) ir.Value {
	v := within(x, geluFlat)
	square := v.Mul(v)
	s := sigmoid(b, square.FMA(geluB, geluA).Mul(v))
	slope := square.FMA(3*geluB, geluA)
	return v.Mul(s).Mul(b.F32(1).Sub(s)).FMA(slope, s)
}

// normalTail returns h = Φ(-|x|) and e = e^(-x²/2), for |x| <= geluFlat, with Φ the normal
// distribution function: h = e·g(|x|), where g is nearly a polynomial in s = c·|x|/(1 + c·|x|),
// akin to Abramowitz and Stegun 7.1.26. The coefficients are those of the CPU kernels; their
// relative error is 1.6e-8 for |x| <= 14.5, beyond which h is 0.
func normalTail(b *ir.Builder, x ir.Value) (h, e ir.Value) {
	a := x.Abs()
	s := a.Mul(0.34)
	s = s.Div(s.Add(1))
	coefficients := []float64{
		0.028142005, -0.10379845, 0.111549847, -0.011086175, 0.05397713,
		-0.16382316, -0.23082809, 0.98922765, -1.1733587, 0.5,
	}
	g := b.F32(float32(coefficients[0]))
	for _, c := range coefficients[1:] {
		g = g.FMA(s, c)
	}
	e = x.Mul(x).Mul(-0.5).Exp()
	return e.Mul(g), e
}

// geluErf returns x·Φ(x) = max(0, x) - |x|·Φ(-|x|).
func geluErf(b *ir.Builder, x ir.Value) ir.Value {
	v := within(x, geluFlat)
	h, _ := normalTail(b, v)
	return x.Lt(0).Select(0, x).Sub(v.Abs().Mul(h))
}

// geluErfSlope returns Φ(x) + x·φ(x), φ(x) = e^(-x²/2)/√(2π).
func geluErfSlope(b *ir.Builder, x ir.Value) ir.Value {
	const invSqrt2Pi = 0.39894228040143267793994605993438
	v := within(x, geluFlat)
	h, e := normalTail(b, v)
	cdf := v.Lt(0).Select(h, b.F32(1).Sub(h))
	return v.Mul(invSqrt2Pi).FMA(e, cdf)
}

// silu returns x·σ(x). Beyond ±siluFlat it is 0 or x, and its slope 0 or 1.
const siluFlat = 1000

func silu(b *ir.Builder, x ir.Value) ir.Value {
	v := atLeast(x, -siluFlat)
	return v.Div(v.Neg().Exp().Add(1))
}

// siluSlope returns s·(1 + x·(1 - s)) with s = σ(x).
func siluSlope(b *ir.Builder, x ir.Value) ir.Value {
	v := within(x, siluFlat)
	s := sigmoid(b, v)
	return b.F32(1).Sub(s).FMA(v, 1).Mul(s)
}
