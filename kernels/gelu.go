package kernels

import "math"

// The tanh form of GELU (Hendrycks and Gimpel, arXiv:1606.08415, section 2) is
//
//	gelu(x) = x/2·(1 + tanh u),  u = √(2/π)·(x + 0.044715·x³)
//
// and since (1 + tanh u)/2 = σ(2u), it costs one exponential: gelu(x) = x·σ(2u). The
// inner polynomial is written 2u = x·(geluA + geluB·x²).
const (
	geluA = 2 * 0.79788456080286535587989211986876 // 2√(2/π)
	geluB = geluA * 0.044715

	// geluFlat bounds |x|: left of -geluFlat gelu is 0, even in float64, and beyond either
	// bound its slope is 0 or 1. Clamping gives ±Inf their limits and keeps x³ finite.
	geluFlat = 40
)

// GELU writes dst[i] = gelu(x[i]) in the tanh form, as GPT-2 does. The lengths are equal;
// dst may be x.
//
//go:noinline
func GELU[T Float](dst, x []T) {
	checkLen("GELU", "x", len(x), len(dst))
	if is32[T]() {
		active.gelu(as32(dst), as32(x))
		return
	}
	geluGeneric(dst, x)
}

func geluGeneric[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i := range dst {
		v := max(-geluFlat, float64(x[i]))
		dst[i] = T(v / (1 + math.Exp(-v*(geluA+geluB*v*v))))
	}
}

// GELUBackward writes the gradient of GELU: with s = σ(2u),
//
//	dx = dy·(s + x·s·(1 - s)·2u'),  2u' = geluA + 3·geluB·x²
//
// The lengths are equal; dx may be dy or x.
//
//go:noinline
func GELUBackward[T Float](dx, dy, x []T) {
	checkLen("GELUBackward", "dy", len(dy), len(dx))
	checkLen("GELUBackward", "x", len(x), len(dx))
	if is32[T]() {
		active.geluBackward(as32(dx), as32(dy), as32(x))
		return
	}
	geluBackwardGeneric(dx, dy, x)
}

func geluBackwardGeneric[T Float](dx, dy, x []T) {
	dy, x = dy[:len(dx)], x[:len(dx)]
	for i := range dx {
		v := max(-geluFlat, min(geluFlat, float64(x[i])))
		s := sigmoid(v * (geluA + geluB*v*v))
		dx[i] = dy[i] * T(s+v*s*(1-s)*(geluA+3*geluB*v*v))
	}
}
