package kernels

import "math"

// GELUErf writes dst[i] = x·Φ(x) of x[i], with Φ the normal distribution function,
// Φ(x) = (1 + erf(x/√2))/2: the exact form of GELU (Hendrycks and Gimpel,
// arXiv:1606.08415, section 2), as BERT uses it. The lengths are equal; dst may be x.
//
//go:noinline
func GELUErf[T Float](dst, x []T) {
	checkLen("GELUErf", "x", len(x), len(dst))
	if is32[T]() {
		active.geluErf(as32(dst), as32(x))
		return
	}
	geluErfGeneric(dst, x)
}

func geluErfGeneric[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i := range dst {
		v := max(-geluFlat, float64(x[i]))
		dst[i] = T(v * normalCDF(v))
	}
}

// normalCDF is Φ. Through erfc it keeps its relative accuracy far to the left.
func normalCDF(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }

// GELUErfBackward writes the gradient of GELUErf: dx = dy·(Φ(x) + x·φ(x)) with the normal
// density φ(x) = e^(-x²/2)/√(2π). The lengths are equal; dx may be dy or x.
//
//go:noinline
func GELUErfBackward[T Float](dx, dy, x []T) {
	checkLen("GELUErfBackward", "dy", len(dy), len(dx))
	checkLen("GELUErfBackward", "x", len(x), len(dx))
	if is32[T]() {
		active.geluErfBackward(as32(dx), as32(dy), as32(x))
		return
	}
	geluErfBackwardGeneric(dx, dy, x)
}

func geluErfBackwardGeneric[T Float](dx, dy, x []T) {
	const invSqrt2Pi = 0.39894228040143267793994605993438
	dy, x = dy[:len(dx)], x[:len(dx)]
	for i := range dx {
		v := max(-geluFlat, min(geluFlat, float64(x[i])))
		density := invSqrt2Pi * math.Exp(-0.5*v*v)
		dx[i] = dy[i] * T(normalCDF(v)+v*density)
	}
}
