package kernels

// GemmPacking works like Gemm, or with lda > 0 like GemmDirect, on the first GemmRows rows of C or
// less, and packs B on the way: src holds its rows as they lie, src.Stride apart, and b becomes what
// PackPanels makes of them, but for the columns that fill up the last panel, for the rows of C that
// follow. While the first rows are multiplied, the loads and stores of packing cost next to nothing.
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

// gemmPackingGeneric packs first and multiplies then, with the kernels of the level in use.
func gemmPackingGeneric[T Float](c []T, ldc int, a, b []T, m, n, k int, alpha, beta T, src Block[T], lda int) {
	packRows(b, src.Data, src.Stride, n, GemmCols[T](), k)
	if lda == 0 {
		gemmPanels(c, ldc, a, b, m, n, k, alpha, beta, Block[T]{}, 0)
		return
	}
	gemmDirect(c, ldc, a, b, m, n, k, alpha, beta, Block[T]{}, lda)
}

// GemmPackingBF16 works like GemmPacking on a panel of A and B rounded to bfloat16: b is what
// PackPanelsBF16 makes of src.
//
//go:noinline
func GemmPackingBF16[T Float](c []T, ldc int, a, b []T, m, n, k int, alpha, beta T, src Block[T]) {
	if m > GemmRows {
		panic("kernels: GemmPackingBF16: more rows than a panel has")
	}
	checkLen("GemmPackingBF16", "a", len(a), GemmPanelsBF16[T](m, GemmRows, k))
	checkLen("GemmPackingBF16", "b", len(b), GemmPanelsBF16[T](n, GemmCols[T](), k))
	checkRows("GemmPackingBF16", "c", len(c), ldc, m, n)
	checkRows("GemmPackingBF16", "src", len(src.Data), src.Stride, k, n)
	switch {
	case m == 0 || n == 0:
	case is32[T]():
		active.gemmPackingBF16(as32(c), ldc, as32(a), as32(b), m, n, k, float32(alpha), float32(beta), block32(src))
	default:
		gemmPackingBF16Generic(c, ldc, a, b, m, n, k, alpha, beta, src)
	}
}

func gemmPackingBF16Generic[T Float](c []T, ldc int, a, b []T, m, n, k int, alpha, beta T, src Block[T]) {
	PackPanelsBF16(b, src.Data, 1, src.Stride, n, GemmCols[T](), k)
	gemmPanelsBF16(c, ldc, a, b, m, n, wordsBF16[T](k), alpha, beta, Block[T]{}, 0)
}
