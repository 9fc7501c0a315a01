package kernels

// Dot returns the inner product Σᵢ x[i]·y[i] of two vectors of equal length.
//
//go:noinline
func Dot[T Float](x, y []T) T {
	checkLen("Dot", "y", len(y), len(x))
	if is32[T]() {
		return T(active.dot(as32(x), as32(y)))
	}
	return dotGeneric(x, y)
}

// dotGeneric sums into eight interleaved partial sums, as the vector versions do: a single
// running sum would be slower and less accurate.
func dotGeneric[T Float](x, y []T) T {
	var s [8]T
	for len(x) >= 8 {
		xb, yb := x[:8], y[:8]
		for i := range s {
			s[i] += xb[i] * yb[i]
		}
		x, y = x[8:], y[8:]
	}
	for i := range x {
		s[i] += x[i] * y[i]
	}
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}
