package kernels

// Matrix multiplication on packed panels, as in BLIS (Van Zee and van de Geijn 2015, "BLIS: a
// framework for rapidly instantiating BLAS functionality"). A is packed into panels of
// GemmRows rows, B into panels of GemmCols columns; inside a panel the numbers lie in the
// order in which the microkernel reads them. Packing reads any strides, so that A·B, A·Bᵀ
// and Aᵀ·B are one code. The caller owns the outer loops, threads and memory: see CPU.MatMul
// in package tensor.

// GemmRows is the number of rows of a panel of A and of a tile of C.
const GemmRows = 8

// GemmCols returns the number of columns of a panel of B and of a tile of C at the level
// in use.
func GemmCols[T Float]() int {
	if is32[T]() {
		return active.gemmCols
	}
	return gemmColsGeneric
}

// GemmPanels returns how many numbers PackPanels writes for a width and a depth k.
func GemmPanels(width, panel, k int) int { return roundUp(width, panel) * k }

// PackPanels packs a factor of a product into panels of the given width (GemmRows for A,
// GemmCols for B):
//
//	dst[p·panel·k + i·panel + j] = src[(p·panel + j)·across + i·along]   for i < k
//
// where across is the stride over the panel's width (the rows of A, the columns of B) and
// along the stride over the inner dimension. The last panel is filled up with zeros.
//
//go:noinline
func PackPanels[T Float](dst, src []T, across, along, width, panel, k int) {
	checkLen("PackPanels", "dst", len(dst), GemmPanels(width, panel, k))
	if width == 0 || k == 0 {
		return
	}
	checkLen("PackPanels", "src", min(len(src), (width-1)*across+(k-1)*along+1), (width-1)*across+(k-1)*along+1)
	if across == 1 {
		// Several panels side by side: a row of src is read in one go, cache line by cache
		// line, and not once for every panel.
		side := packSide * panel
		for at := 0; at < width; at += side {
			packRows(dst[at*k:], src[at:], along, min(side, width-at), panel, k)
		}
		return
	}
	for at := 0; at < width; at += panel {
		to, from, n := dst[at*k:][:panel*k], src[at*across:], min(panel, width-at)
		if n < panel {
			clear(to)
		}
		if along == 1 {
			transpose(to, panel, from, across, n, k)
			continue
		}
		for i := range k {
			for j := range n {
				to[i*panel+j] = from[j*across+i*along]
			}
		}
	}
}

// packSide is how many panels PackPanels writes side by side. Each is a stream of stores, at
// distances that are often multiples of a page: more streams than the first cache has ways
// drive one another out.
const packSide = 8

// packRows packs rows of numbers that lie side by side:
//
//	dst[p·panel·k + i·panel + j] = src[i·along + p·panel + j]    for i < k, p·panel + j < width
//
// and fills the last panel up with zeros.
func packRows[T Float](dst, src []T, along, width, panel, k int) {
	if is32[T]() {
		active.packRows(as32(dst), as32(src), along, width, panel, k)
		return
	}
	packRowsGeneric(dst, src, along, width, panel, k)
}

// packRowsGeneric wants panel to be a multiple of 8.
func packRowsGeneric[T Float](dst, src []T, along, width, panel, k int) {
	for i := range k {
		for at := 0; at < width; at += panel {
			to := dst[at*k+i*panel:][:panel]
			clear(to[copy(to, src[i*along:][at:width]):])
		}
	}
}

// Gemm multiplies packed panels: C = alpha·A·B + beta·C for C [m, n] with rows ldc apart,
// panels of A for m rows and of B for n columns, both of depth k. With beta = 0, C is not
// read. One call does the two inner loops around the microkernel:
//
//	for each panel of A:          // from the third-level cache
//		for each panel of B:      // from the second
//			tile of C = alpha·panel·panel + beta·tile
//
// Meanwhile next may be fetched, if it is not empty.
//
//go:noinline
func Gemm[T Float](c []T, ldc int, a, b []T, m, n, k int, alpha, beta T, next Block[T]) {
	checkLen("Gemm", "a", len(a), GemmPanels(m, GemmRows, k))
	checkLen("Gemm", "b", len(b), GemmPanels(n, GemmCols[T](), k))
	checkRows("Gemm", "c", len(c), ldc, m, n)
	gemmBands(c, ldc, a, k, b, m, n, k, alpha, beta, next, gemmPanels[T])
}

// A Block is memory that is needed soon, to be fetched to the second-level cache: Rows rows of
// Lines·16 numbers each, Stride apart, in float32.
type Block[T Float] struct {
	Data                []T
	Rows, Lines, Stride int
}

// lines returns cache lines [lo, hi) of every row.
func (b Block[T]) lines(lo, hi int) Block[T] {
	if b.Rows == 0 || lo == hi {
		return Block[T]{}
	}
	return Block[T]{b.Data[min(16*lo, len(b.Data)):], b.Rows, hi - lo, b.Stride}
}

// gemmCall is how many multiplications of a panel of A's rows go into one call of gemmPanels:
// assembly cannot be interrupted, so that a call is to take some tens of microseconds.
const gemmCall = 400_000

// gemmBands calls panels for some rows of C at a time; a has as many numbers a row. The next block is fetched with the last
// rows, for much else goes through the cache before.
func gemmBands[T Float](c []T, ldc int, a []T, lda int, b []T, m, n, k int, alpha, beta T, next Block[T], panels func(c []T, ldc int, a, b []T, m, n, k int, alpha, beta T, next Block[T], lda int)) {
	if n == 0 {
		return
	}
	band := max(gemmCall/max(n*k, 1), 1) * GemmRows
	calls := (m + band - 1) / band
	fetching := min(calls, (gemmFetch+band-1)/band)
	for i := range calls {
		share := max(i-(calls-fetching), 0)
		top := i * band
		panels(c[top*ldc:], ldc, a[top*lda:], b, min(band, m-top), n, k, alpha, beta,
			next.lines(next.Lines*share/fetching, next.Lines*max(i+1-(calls-fetching), 0)/fetching), lda)
	}
}

// gemmFetch is with how many rows of C the next block is fetched.
const gemmFetch = 384

// gemmPanels works like Gemm, without checks.
func gemmPanels[T Float](c []T, ldc int, a, b []T, m, n, k int, alpha, beta T, next Block[T], _ int) {
	if is32[T]() {
		active.gemmPanels(as32(c), ldc, as32(a), as32(b), m, n, k, float32(alpha), float32(beta), block32(next))
		return
	}
	gemmPanelsGeneric(c, ldc, a, b, m, n, k, alpha, beta, next)
}

func block32[T Float](b Block[T]) Block[float32] {
	return Block[float32]{as32(b.Data), b.Rows, b.Lines, b.Stride}
}

func gemmPanelsGeneric[T Float](c []T, ldc int, a, b []T, m, n, k int, alpha, beta T, _ Block[T]) {
	gemmTiles(c, ldc, a, b, m, n, k, alpha, beta, gemmColsGeneric, gemmTileGeneric[T])
}

// gemmTiles does the loops of Gemm around a microkernel, which computes a tile of C, of
// rows × cols numbers, from one panel of A and one of B of the given width.
func gemmTiles[T Float](c []T, ldc int, a, b []T, m, n, k int, alpha, beta T, width int, tile func(c []T, ldc int, a, b []T, k int, alpha, beta T, rows, cols int)) {
	for i := 0; i < m; i += GemmRows {
		panel := a[i*k:][:GemmRows*k]
		for j := 0; j < n; j += width {
			tile(c[i*ldc+j:], ldc, panel, b[j*k:][:width*k], k, alpha, beta, min(GemmRows, m-i), min(width, n-j))
		}
	}
}

// gemmColsGeneric is the width of the plain Go tile.
const gemmColsGeneric = 8

// gemmTileGeneric computes 2 × 4 elements at a time: their sums stay in registers.
func gemmTileGeneric[T Float](c []T, ldc int, a, b []T, k int, alpha, beta T, rows, cols int) {
	for i := 0; i < rows; i += 2 {
		for j := 0; j < cols; j += 4 {
			var s [2][4]T
			for p := range k {
				x, y := a[p*GemmRows+i:][:2], b[p*gemmColsGeneric+j:][:4]
				s[0][0] += x[0] * y[0]
				s[0][1] += x[0] * y[1]
				s[0][2] += x[0] * y[2]
				s[0][3] += x[0] * y[3]
				s[1][0] += x[1] * y[0]
				s[1][1] += x[1] * y[1]
				s[1][2] += x[1] * y[2]
				s[1][3] += x[1] * y[3]
			}
			for r := range min(2, rows-i) {
				for q := range min(4, cols-j) {
					at := &c[(i+r)*ldc+j+q]
					if beta == 0 {
						*at = alpha * s[r][q]
					} else {
						*at = alpha*s[r][q] + beta**at
					}
				}
			}
		}
	}
}
