package kernels

import "math/rand/v2"

// gemmShapes are the products of the GEMM tests: single elements, every width of an edge
// tile, several panels, depths around the unrolling.
var gemmShapes = []struct {
	m, n, k     int
	alpha, beta float64
}{
	{1, 1, 1, 1, 0}, {1, 17, 2, 1, 1}, {2, 16, 3, -0.5, 0}, {3, 15, 4, 1, 0.5}, {4, 24, 5, 1, 0}, {5, 25, 6, 2, 1},
	{7, 31, 7, 1, 0}, {8, 48, 8, 1, 1}, {8, 32, 9, 1, 0}, {8, 33, 10, 1, 0}, {9, 49, 11, 1, 0.25}, {16, 96, 12, 1, 0},
	{17, 100, 13, 0.5, 2}, {25, 47, 64, 1, 0}, {31, 72, 65, 1, 1}, {64, 144, 100, 1, 0}, {6, 23, 0, 1, 0.5}, {12, 130, 300, 1, 0},
}

const gemmGap = 5 // numbers between the rows of C

func gemmSizes() []int {
	n := make([]int, len(gemmShapes))
	for i := range n {
		n[i] = i
	}
	return n
}

// gemmArgs makes c, memory for the panels of a and b, a [m, k] and b [k, n]. The widest
// panel of any level has 48 columns.
func gemmArgs(r *rand.Rand, size int) *operands[float64] {
	s := gemmShapes[size]
	return &operands[float64]{
		f: [][]float64{normal(r, s.m*(s.n+gemmGap)), garbage(GemmPanels(s.m, GemmRows, s.k)), garbage(GemmPanels(s.n, 48, s.k)),
			normal(r, s.m*s.k), normal(r, s.k*s.n)},
		n: []int{s.m, s.n, s.k}, s: []float64{s.alpha, s.beta},
	}
}

// gemmScale is the largest that an element of C can be, and gemmWork what a product takes.
func gemmScale(o *operands[float64]) float64 {
	return largest(o.f[0]) + float64(o.n[2])*largest(o.f[3])*largest(o.f[4])
}

func gemmWork(o *operands[float64]) (bytes, flops int) {
	return 4 * (len(o.f[0]) + len(o.f[3]) + len(o.f[4])), 2 * o.n[0] * o.n[1] * o.n[2]
}

// runGemm packs into the last numbers of the panels' memory, so that reading past them is
// noticed.
func runGemm[T Float](o *operands[T]) {
	m, n, k := o.n[0], o.n[1], o.n[2]
	cols := GemmCols[T]()
	a := o.f[1]
	b := o.f[2][len(o.f[2])-GemmPanels(n, cols, k):]
	PackPanels(a, o.f[3], k, 1, m, GemmRows, k)
	PackPanels(b, o.f[4], 1, n, n, cols, k)
	Gemm(o.f[0], n+gemmGap, a, b, m, n, k, o.s[0], o.s[1], Block[T]{Data: o.f[3], Rows: m, Lines: k / 16, Stride: k})
}

// runGemmDirect multiplies the rows of A that fill panels; what is left of C is as it was.
func runGemmDirect[T Float](o *operands[T]) {
	m, n, k := o.n[0]&^(GemmRows-1), o.n[1], o.n[2]
	cols := GemmCols[T]()
	b := o.f[2][len(o.f[2])-GemmPanels(n, cols, k):]
	PackPanels(b, o.f[4], 1, n, n, cols, k)
	GemmDirect(o.f[0], n+gemmGap, o.f[3], k, b, m, n, k, o.s[0], o.s[1], Block[T]{})
}

// runGemmPacking multiplies the first rows while it packs B, then the others.
func runGemmPacking[T Float](o *operands[T]) {
	m, n, k := o.n[0], o.n[1], o.n[2]
	a, b, ldc := o.f[1], o.f[2][len(o.f[2])-GemmPanels(n, GemmCols[T](), k):], n+gemmGap
	PackPanels(a, o.f[3], k, 1, m, GemmRows, k)
	first := min(m, GemmRows)
	panel := a[:GemmPanels(first, GemmRows, k)]
	GemmPacking(o.f[0], ldc, panel, 0, b, first, n, k, o.s[0], o.s[1], Block[T]{Data: o.f[4], Stride: n})
	if m > first {
		Gemm(o.f[0][first*ldc:], ldc, a[len(panel):], b, m-first, n, k, o.s[0], o.s[1], Block[T]{})
	}
}

// packLayouts are the strides of PackPanels: contiguous across, along, and neither.
var packLayouts = []struct{ width, panel, k, across, along int }{
	{8, 8, 5, 1, 9}, {19, 8, 33, 1, 19}, {48, 48, 7, 1, 50}, {100, 48, 9, 1, 100}, {30, 24, 3, 1, 31},
	{8, 8, 16, 17, 1}, {17, 8, 21, 21, 1}, {96, 48, 40, 41, 1}, {53, 48, 19, 20, 1}, {25, 24, 8, 8, 1},
	{9, 8, 6, 2, 40}, {50, 48, 3, 7, 400}, {1, 8, 1, 1, 1},
}

func init() {
	layouts := make([]int, len(packLayouts))
	for i := range layouts {
		layouts[i] = i
	}
	cases = append(cases,
		kernelCase{
			name: "Gemm", outs: 1, scratch: 2, sizes: gemmSizes(), args: gemmArgs,
			run32: runGemm[float32], run64: runGemm[float64],
			scale: gemmScale,
			work:  gemmWork,
		},
		kernelCase{
			name: "GemmDirect", outs: 1, scratch: 2, sizes: gemmSizes(), args: gemmArgs,
			run32: runGemmDirect[float32], run64: runGemmDirect[float64],
			scale: gemmScale,
		},
		kernelCase{
			name: "GemmPacking", outs: 1, scratch: 2, sizes: gemmSizes(), args: gemmArgs,
			run32: runGemmPacking[float32], run64: runGemmPacking[float64],
			scale: gemmScale,
		},
		kernelCase{
			name: "PackPanels", outs: 1, exact: true, sizes: layouts,
			args: func(r *rand.Rand, size int) *operands[float64] {
				l := packLayouts[size]
				return &operands[float64]{
					f: [][]float64{garbage(GemmPanels(l.width, l.panel, l.k)), normal(r, (l.width-1)*l.across+(l.k-1)*l.along+1)},
					n: []int{size},
				}
			},
			run32: runPack[float32], run64: runPack[float64],
			work: func(o *operands[float64]) (bytes, flops int) { return 8 * len(o.f[0]), 0 },
		})
}

func runPack[T Float](o *operands[T]) {
	l := packLayouts[o.n[0]]
	PackPanels(o.f[0], o.f[1], l.across, l.along, l.width, l.panel, l.k)
}
