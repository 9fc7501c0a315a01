package kernels

import (
	"math/rand/v2"
	"testing"
)

// gemvShapes are the products of the Gemv tests: every number of panels in a group at every
// width, a last panel of one column, depths odd and even.
var gemvShapes = []struct {
	n, k int
	add  bool
}{
	{1, 1, false}, {8, 2, true}, {17, 3, false}, {24, 4, true}, {25, 5, false}, {32, 6, true}, {33, 7, false}, {48, 8, true},
	{49, 9, false}, {96, 31, true}, {97, 10, false}, {144, 11, true}, {145, 64, false}, {192, 65, true}, {193, 3, false},
	{400, 100, true}, {50, 0, false}, {50, 0, true}, {0, 3, false},
}

// gemvGap is what lies between the panels of B.
const gemvGap = 7

func gemvSizes() []int {
	n := make([]int, len(gemvShapes))
	for i := range n {
		n[i] = i
	}
	return n
}

// gemvArgs makes y [n], memory for x and for panels of B, x [k] and B [k, n].
func gemvArgs(r *rand.Rand, size int) *operands[float64] {
	s := gemvShapes[size]
	add := 0
	if s.add {
		add = 1
	}
	panels := roundUp(s.n, gemmColsMost) / 8
	return &operands[float64]{
		f: [][]float64{normal(r, s.n), garbage(s.k), garbage(panels * (gemmColsMost*s.k + gemvGap)), normal(r, s.k), normal(r, s.k*s.n)},
		n: []int{s.n, s.k, add},
	}
}

// spread packs panels of B into the last numbers of memory, gemvGap apart, so that reading past
// them is noticed, and returns them and how far apart they begin.
func spread[T Float](memory, b []T, n, k int, size func(width, panel, k int) int, pack func(dst, src []T, across, along, width, panel, k int)) (panels []T, ldb int) {
	cols := GemmCols[T]()
	count := roundUp(n, cols) / cols
	ldb = size(cols, cols, k) + gemvGap
	if count == 0 {
		return nil, ldb
	}
	panels = memory[len(memory)-(count*ldb-gemvGap):]
	for p := range count {
		pack(panels[p*ldb:][:size(cols, cols, k)], b[min(p*cols, len(b)):], 1, n, min(cols, n-p*cols), cols, k)
	}
	return panels, ldb
}

func runGemv[T Float](o *operands[T]) {
	n, k := o.n[0], o.n[1]
	panels, ldb := spread(o.f[2], o.f[4], n, k, GemmPanels, PackPanels[T])
	Gemv(o.f[0], o.f[3], panels, ldb, o.n[2] == 1, make([]T, GemvScratch))
}

func runGemvPairs[T Float](o *operands[T]) {
	n, k := o.n[0], o.n[1]
	x := o.f[1][len(o.f[1])-PairPanels[T](1, 1, k):]
	PackPairs(x, o.f[3], 1, 1, 1, 1, k)
	panels, ldb := spread(o.f[2], o.f[4], n, k, PairPanels[T], PackPairs[T])
	GemvPairs(o.f[0], x, panels, ldb, o.n[2] == 1, make([]T, GemvScratch))
}

// runGemmPairs works like runGemmBF16.
func runGemmPairs[T Float](o *operands[T]) {
	m, n, k := o.n[0], o.n[1], o.n[2]
	a := o.f[1][len(o.f[1])-GemmPanelsBF16[T](m, GemmRows, k):]
	b := o.f[2][len(o.f[2])-PairPanels[T](n, GemmCols[T](), k):]
	PackPanelsBF16(a, o.f[3], k, 1, m, GemmRows, k)
	PackPairs(b, o.f[4], 1, n, n, GemmCols[T](), k)
	GemmPairs(o.f[0], n+gemmGap, a, b, PairPanels[T](GemmCols[T](), GemmCols[T](), k), m, n, k, o.s[0], o.s[1], make([]T, GemmPairsScratch[T](k)))
}

// runPackPairs packs into the last numbers of the panels' memory and reads them back.
func runPackPairs[T Float](o *operands[T]) {
	l := packLayouts[o.n[0]]
	panels := o.f[1][len(o.f[1])-PairPanels[T](l.width, l.panel, l.k):]
	PackPairs(panels, o.f[2], l.across, l.along, l.width, l.panel, l.k)
	for i := range o.f[0] {
		p, row, col := i/(l.panel*l.k), i%(l.panel*l.k)/l.panel, i%l.panel
		if !is32[T]() {
			o.f[0][i] = panels[i]
			continue
		}
		low, high := pairHalves(float32(panels[(p*pairWords[T](l.k)+row/2)*l.panel+col]))
		if row%2 == 1 {
			low = high
		}
		o.f[0][i] = T(low)
	}
}

func init() {
	scale := func(o *operands[float64]) float64 {
		return largest(o.f[0]) + float64(o.n[1])*largest(o.f[3])*largest(o.f[4])
	}
	byName := map[string]kernelCase{}
	for _, c := range cases {
		byName[c.name] = c
	}
	gemm, pack := byName["GemmBF16"], byName["PackPanelsBF16"]
	gemm.name, gemm.run32, gemm.run64 = "GemmPairs", runGemmPairs[float32], runGemmPairs[float64]
	pack.name, pack.run32, pack.run64 = "PackPairs", runPackPairs[float32], runPackPairs[float64]
	cases = append(cases, gemm, pack,
		kernelCase{
			name: "Gemv", outs: 1, scratch: 2, sizes: gemvSizes(), args: gemvArgs, scale: scale,
			run32: runGemv[float32], run64: runGemv[float64],
			work: func(o *operands[float64]) (bytes, flops int) { return 4 * len(o.f[4]), 2 * len(o.f[4]) },
		},
		kernelCase{
			name: "GemvPairs", outs: 1, scratch: 2, sizes: gemvSizes(), args: gemvArgs, scale: scale,
			run32: runGemvPairs[float32], run64: runGemvPairs[float64],
			work: func(o *operands[float64]) (bytes, flops int) { return 2 * len(o.f[4]), 2 * len(o.f[4]) },
		})
}

// TestGemvIsARowOfGemm: one row alone is the same bits as among others, in both precisions, at
// every level and with panels of an odd depth.
func TestGemvIsARowOfGemm(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		const m, k = 9, 77
		r := rand.New(rand.NewPCG(1, 2))
		cols := GemmCols[float32]()
		for _, n := range []int{cols, 3*cols + 17, 9 * cols} {
			a, b := to32(normal(r, m*k)), to32(normal(r, k*n))
			for _, pairs := range []bool{false, true} {
				want, got := make([]float32, m*n), make([]float32, n)
				if pairs {
					pa, pb := make([]float32, GemmPanelsBF16[float32](m, GemmRows, k)), make([]float32, PairPanels[float32](n, cols, k))
					PackPanelsBF16(pa, a, k, 1, m, GemmRows, k)
					PackPairs(pb, b, 1, n, n, cols, k)
					ldb, x := PairPanels[float32](cols, cols, k), make([]float32, PairPanels[float32](1, 1, k))
					GemmPairs(want, n, pa, pb, ldb, m, n, k, 1, 0, make([]float32, GemmPairsScratch[float32](k)))
					PackPairs(x, a[4*k:], 1, 1, 1, 1, k)
					GemvPairs(got, x, pb, ldb, false, make([]float32, GemvScratch))
				} else {
					pa, pb := make([]float32, GemmPanels(m, GemmRows, k)), make([]float32, GemmPanels(n, cols, k))
					PackPanels(pa, a, k, 1, m, GemmRows, k)
					PackPanels(pb, b, 1, n, n, cols, k)
					Gemm(want, n, pa, pb, m, n, k, 1, 0, Block[float32]{})
					Gemv(got, a[4*k:][:k], pb, cols*k, false, make([]float32, GemvScratch))
				}
				for j := range got {
					if !sameBits(got[j], want[4*n+j]) {
						t.Fatalf("n %d, pairs %v: column %d is %v alone, %v among others", n, pairs, j, got[j], want[4*n+j])
					}
				}
			}
		}
	})
}
