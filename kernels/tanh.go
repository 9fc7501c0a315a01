package kernels

import "math"

// Tanh writes dst[i] = tanh x[i]. The lengths are equal; dst may be x.
//
//go:noinline
func Tanh[T Float](dst, x []T) {
	checkLen("Tanh", "x", len(x), len(dst))
	if is32[T]() {
		active.tanh(as32(dst), as32(x))
		return
	}
	tanhGeneric(dst, x)
}

func tanhGeneric[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = T(math.Tanh(float64(x[i])))
	}
}

// TanhBackward writes the gradient of Tanh, from its output y: dx = dy·(1 - y²). The
// lengths are equal; dx may be dy or y.
//
//go:noinline
func TanhBackward[T Float](dx, dy, y []T) {
	checkLen("TanhBackward", "dy", len(dy), len(dx))
	checkLen("TanhBackward", "y", len(y), len(dx))
	if is32[T]() {
		active.tanhBackward(as32(dx), as32(dy), as32(y))
		return
	}
	tanhBackwardGeneric(dx, dy, y)
}

func tanhBackwardGeneric[T Float](dx, dy, y []T) {
	dy, y = dy[:len(dx)], y[:len(dx)]
	for i := range dx {
		dx[i] = dy[i] * (1 - y[i]*y[i])
	}
}
