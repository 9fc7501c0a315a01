package kernels

import "math"

// Sum returns Σᵢ x[i]. The sum is kept in float64 and rounded once, at the end.
//
//go:noinline
func Sum[T Float](x []T) T {
	if is32[T]() {
		return T(active.sum(as32(x)))
	}
	return T(sumGeneric(x))
}

// sumGeneric keeps four interleaved partial sums, so that additions need not wait for one
// another.
func sumGeneric[T Float](x []T) float64 {
	var s [4]float64
	for ; len(x) >= 4; x = x[4:] {
		s[0] += float64(x[0])
		s[1] += float64(x[1])
		s[2] += float64(x[2])
		s[3] += float64(x[3])
	}
	for _, v := range x {
		s[0] += float64(v)
	}
	return (s[0] + s[1]) + (s[2] + s[3])
}

// SquaredNorm returns Σᵢ x[i]², summed in float64: squares of float32 numbers neither
// overflow nor underflow there.
//
//go:noinline
func SquaredNorm[T Float](x []T) float64 {
	if is32[T]() {
		return active.squaredNorm(as32(x))
	}
	return squaredNormGeneric(x)
}

func squaredNormGeneric[T Float](x []T) float64 {
	var s [4]float64
	for ; len(x) >= 4; x = x[4:] {
		a, b, c, d := float64(x[0]), float64(x[1]), float64(x[2]), float64(x[3])
		s[0] += a * a
		s[1] += b * b
		s[2] += c * c
		s[3] += d * d
	}
	for _, v := range x {
		s[0] += float64(v) * float64(v)
	}
	return (s[0] + s[1]) + (s[2] + s[3])
}

// Max returns the largest x[i], -Inf for an empty slice, and NaN if any x[i] is NaN.
//
//go:noinline
func Max[T Float](x []T) T {
	if is32[T]() {
		return T(active.max(as32(x)))
	}
	return maxGeneric(x)
}

func maxGeneric[T Float](x []T) T {
	m := T(math.Inf(-1))
	for _, v := range x {
		m = max(m, v) // the builtin lets NaN through
	}
	return m
}

// AllFinite reports whether x holds no NaN and no infinity.
//
//go:noinline
func AllFinite[T Float](x []T) bool {
	if is32[T]() {
		return active.allFinite(as32(x))
	}
	return allFiniteGeneric(x)
}

func allFiniteGeneric[T Float](x []T) bool {
	for _, v := range x {
		if v-v != 0 { // Inf-Inf and NaN-NaN are NaN
			return false
		}
	}
	return true
}
