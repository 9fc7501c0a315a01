package kernels

import "unsafe"

// Float is the set of element types that kernels compute in: float32 for work, float64
// for gradient checks and as the oracle in tests.
type Float interface{ float32 | float64 }

// is32 reports whether T is float32; the compiler folds it to a constant.
func is32[T Float]() bool { return unsafe.Sizeof(*new(T)) == 4 }

// as32 views x as []float32. It must only be called where is32[T]() holds.
func as32[T Float](x []T) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}

// checkLen panics unless a slice of length n has the length want that the kernel op needs.
func checkLen(op, slice string, n, want int) {
	if n != want {
		panicLen(op, slice, n, want)
	}
}
