package kernels

// GemmPacking works like Gemm, or with lda > 0 like GemmDirect, on the first GemmRows rows of C or
// less, and packs B on the way: src holds its rows as they lie, src.Stride apart, and b is what
// PackPanels makes of them, for the rows of C that follow. While the first rows are multiplied,
// the loads and stores of packing cost next to nothing.
//
//go:noinline
func GemmPacking[T Float](c []T, ldc int, a []T, lda int, b []T, m, n, k int, alpha, beta T, src Block[T]) {
	if m > GemmRows {
		panic("kernels: GemmPacking: more rows than a panel has")
	}
	if lda == 0 {
		checkLen("GemmPacking", "a", len(a), GemmPanels(m, GemmRows, k))
	} else {
		checkRows("GemmPacking", "a", len(a), lda, GemmRows, k)
	}
	checkLen("GemmPacking", "b", len(b), GemmPanels(n, GemmCols[T](), k))
	checkRows("GemmPacking", "c", len(c), ldc, m, n)
	checkRows("GemmPacking", "src", len(src.Data), src.Stride, k, n)
	switch {
	case m == 0 || n == 0:
	case k == 0: // nothing to pack
		gemmPanels(c, ldc, a, b, m, n, k, alpha, beta, Block[T]{}, lda)
	case is32[T]():
		active.gemmPacking(as32(c), ldc, as32(a), as32(b), m, n, k, float32(alpha), float32(beta), block32(src), lda)
	default:
		gemmPackingGeneric(c, ldc, a, b, m, n, k, alpha, beta, src, lda)
	}
}

func gemmPackingGeneric[T Float](c []T, ldc int, a, b []T, m, n, k int, alpha, beta T, src Block[T], lda int) {
	packRowsGeneric(b, src.Data, src.Stride, n, gemmColsGeneric, k)
	if lda == 0 {
		gemmPanelsGeneric(c, ldc, a, b, m, n, k, alpha, beta, Block[T]{})
		return
	}
	gemmDirectGeneric(c, ldc, a, b, m, n, k, alpha, beta, Block[T]{}, lda)
}
