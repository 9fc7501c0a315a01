package kernels

// ReLU writes dst[i] = max(0, x[i]); NaN stays NaN and -0 stays -0. The lengths are equal; dst may be x.
//
//go:noinline
func ReLU[T Float](dst, x []T) {
	checkLen("ReLU", "x", len(x), len(dst))
	if is32[T]() {
		active.relu(as32(dst), as32(x))
		return
	}
	reluGeneric(dst, x)
}

func reluGeneric[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i := range dst {
		v := x[i]
		if v < 0 {
			v = 0
		}
		dst[i] = v
	}
}

// ReLUBackward writes the gradient of ReLU: dx = dy where x > 0, else 0. The lengths are
// equal; dx may be dy or x.
//
//go:noinline
func ReLUBackward[T Float](dx, dy, x []T) {
	checkLen("ReLUBackward", "dy", len(dy), len(dx))
	checkLen("ReLUBackward", "x", len(x), len(dx))
	if is32[T]() {
		active.reluBackward(as32(dx), as32(dy), as32(x))
		return
	}
	reluBackwardGeneric(dx, dy, x)
}

func reluBackwardGeneric[T Float](dx, dy, x []T) {
	dy, x = dy[:len(dx)], x[:len(dx)]
	for i := range dx {
		g := dy[i]
		if !(x[i] > 0) {
			g = 0
		}
		dx[i] = g
	}
}
