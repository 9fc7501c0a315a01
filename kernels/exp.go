package kernels

import "math"

// Exp writes dst[i] = eˣ of x[i]. The lengths are equal; dst may be x.
//
// The float32 versions reduce x = n·ln2 + r with |r| <= ln2/2 and scale a polynomial for
// eʳ by 2ⁿ (Cody and Waite, Software Manual for the Elementary Functions, 1980, ch. 6).
//
//go:noinline
func Exp[T Float](dst, x []T) {
	checkLen("Exp", "x", len(x), len(dst))
	if is32[T]() {
		active.exp(as32(dst), as32(x))
		return
	}
	expGeneric(dst, x)
}

func expGeneric[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = T(math.Exp(float64(x[i])))
	}
}

// Log writes dst[i] = ln x[i]: -Inf for zero, NaN for negative numbers. The lengths are
// equal; dst may be x.
//
//go:noinline
func Log[T Float](dst, x []T) {
	checkLen("Log", "x", len(x), len(dst))
	for i := range dst {
		dst[i] = T(math.Log(float64(x[i])))
	}
}

// Sqrt writes dst[i] = √x[i], NaN for negative numbers. The lengths are equal; dst may be x.
//
//go:noinline
func Sqrt[T Float](dst, x []T) {
	checkLen("Sqrt", "x", len(x), len(dst))
	if is32[T]() {
		active.sqrt(as32(dst), as32(x))
		return
	}
	sqrtGeneric(dst, x)
}

func sqrtGeneric[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = T(math.Sqrt(float64(x[i])))
	}
}
