package kernels

import "math"

// Sigmoid writes dst[i] = σ(x[i]) = 1/(1 + e⁻ˣ). The lengths are equal; dst may be x.
//
//go:noinline
func Sigmoid[T Float](dst, x []T) {
	checkLen("Sigmoid", "x", len(x), len(dst))
	if is32[T]() {
		active.sigmoid(as32(dst), as32(x))
		return
	}
	sigmoidGeneric(dst, x)
}

func sigmoidGeneric[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = T(sigmoid(float64(x[i])))
	}
}

// sigmoid keeps its relative accuracy on both sides: e⁻ˣ overflows only where σ vanishes.
func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// SigmoidBackward writes the gradient of Sigmoid, from its output y: dx = dy·y·(1 - y).
// The lengths are equal; dx may be dy or y.
//
//go:noinline
func SigmoidBackward[T Float](dx, dy, y []T) {
	checkLen("SigmoidBackward", "dy", len(dy), len(dx))
	checkLen("SigmoidBackward", "y", len(y), len(dx))
	if is32[T]() {
		active.sigmoidBackward(as32(dx), as32(dy), as32(y))
		return
	}
	sigmoidBackwardGeneric(dx, dy, y)
}

func sigmoidBackwardGeneric[T Float](dx, dy, y []T) {
	dy, y = dy[:len(dx)], y[:len(dx)]
	for i := range dx {
		dx[i] = dy[i] * (y[i] * (1 - y[i]))
	}
}
