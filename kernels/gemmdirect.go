package kernels

import "math"

// GemmDirectRows returns from how many rows of C on GemmDirect is faster, at the level in use,
// than packing A for Gemm.
func GemmDirectRows[T Float]() int {
	if is32[T]() {
		return active.directRows
	}
	return math.MaxInt
}

// GemmDirect works like Gemm on rows of A as they lie, lda apart, which spares packing them. m
// is a multiple of GemmRows.
//
//go:noinline
func GemmDirect[T Float](c []T, ldc int, a []T, lda int, b []T, m, n, k int, alpha, beta T, next Block[T]) {
	if m%GemmRows != 0 {
		panic("kernels: GemmDirect: rows that fill no panel")
	}
	checkRows("GemmDirect", "a", len(a), lda, m, k)
	checkLen("GemmDirect", "b", len(b), GemmPanels(n, GemmCols[T](), k))
	checkRows("GemmDirect", "c", len(c), ldc, m, n)
	gemmBands(c, ldc, a, lda, b, m, n, k, alpha, beta, next, gemmDirect[T])
}

func gemmDirect[T Float](c []T, ldc int, a, b []T, m, n, k int, alpha, beta T, next Block[T], lda int) {
	if is32[T]() {
		active.gemmDirect(as32(c), ldc, as32(a), as32(b), m, n, k, float32(alpha), float32(beta), block32(next), lda)
		return
	}
	gemmDirectGeneric(c, ldc, a, b, m, n, k, alpha, beta, next, lda)
}

func gemmDirectGeneric[T Float](c []T, ldc int, a, b []T, m, n, k int, alpha, beta T, _ Block[T], lda int) {
	cols := GemmCols[T]()
	for i := range m {
		for j := range n {
			var sum T
			for p, x := range a[i*lda:][:k] {
				sum += x * b[j/cols*cols*k+p*cols+j%cols]
			}
			at := &c[i*ldc+j]
			if beta == 0 {
				*at = alpha * sum
			} else {
				*at = alpha*sum + beta**at
			}
		}
	}
}
