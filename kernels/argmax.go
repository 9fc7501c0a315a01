package kernels

// ArgMax returns the index of the first largest element of x, or of the first NaN if there
// is one. It panics if x is empty.
//
//go:noinline
func ArgMax[T Float](x []T) int {
	if len(x) == 0 {
		panic("kernels: ArgMax of no elements")
	}
	m := Max(x)
	for i, v := range x {
		if v == m || v != v {
			return i
		}
	}
	return 0
}
