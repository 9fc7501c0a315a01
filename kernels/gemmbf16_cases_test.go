package kernels

import (
	"math"
	"math/rand/v2"
)

// runGemmBF16 works like runGemm.
func runGemmBF16[T Float](o *operands[T]) {
	m, n, k := o.n[0], o.n[1], o.n[2]
	cols := GemmCols[T]()
	a := o.f[1][len(o.f[1])-GemmPanelsBF16[T](m, GemmRows, k):]
	b := o.f[2][len(o.f[2])-GemmPanelsBF16[T](n, cols, k):]
	PackPanelsBF16(a, o.f[3], k, 1, m, GemmRows, k)
	PackPanelsBF16(b, o.f[4], 1, n, n, cols, k)
	GemmBF16(o.f[0], n+gemmGap, a, b, m, n, k, o.s[0], o.s[1], Block[T]{Data: o.f[3], Rows: m, Lines: k / 16, Stride: k})
}

// runGemmPackingBF16 works like runGemmPacking.
func runGemmPackingBF16[T Float](o *operands[T]) {
	m, n, k := o.n[0], o.n[1], o.n[2]
	a, ldc := o.f[1][len(o.f[1])-GemmPanelsBF16[T](m, GemmRows, k):], n+gemmGap
	b := o.f[2][len(o.f[2])-GemmPanelsBF16[T](n, GemmCols[T](), k):]
	PackPanelsBF16(a, o.f[3], k, 1, m, GemmRows, k)
	first := min(m, GemmRows)
	panel := a[:GemmPanelsBF16[T](first, GemmRows, k)]
	GemmPackingBF16(o.f[0], ldc, panel, b, first, n, k, o.s[0], o.s[1], Block[T]{Data: o.f[4], Stride: n})
	if m > first {
		GemmBF16(o.f[0][first*ldc:], ldc, a[len(panel):], b, m-first, n, k, o.s[0], o.s[1], Block[T]{})
	}
}

func init() {
	layouts := make([]int, len(packLayouts))
	for i := range layouts {
		layouts[i] = i
	}
	cases = append(cases,
		kernelCase{
			name: "GemmBF16", outs: 1, scratch: 2, sizes: gemmSizes(), args: gemmArgs,
			run32: runGemmBF16[float32], run64: runGemmBF16[float64],
			scale: gemmScale,
			work:  gemmWork,
		},
		kernelCase{
			name: "GemmPackingBF16", outs: 1, scratch: 2, sizes: gemmSizes(), args: gemmArgs,
			run32: runGemmPackingBF16[float32], run64: runGemmPackingBF16[float64],
			scale: gemmScale,
		},
		kernelCase{
			// The panels' words differ by level, so what they hold is compared.
			name: "PackPanelsBF16", outs: 1, scratch: 1, exact: true, sizes: layouts,
			args: func(r *rand.Rand, size int) *operands[float64] {
				l := packLayouts[size]
				n := GemmPanels(l.width, l.panel, l.k)
				return &operands[float64]{
					f: [][]float64{garbage(n), garbage(n), normal(r, (l.width-1)*l.across+(l.k-1)*l.along+1)},
					n: []int{size},
				}
			},
			run32: runPackBF16[float32], run64: runPackBF16[float64],
			work: func(o *operands[float64]) (bytes, flops int) { return 6 * len(o.f[0]), 0 },
		})
}

// runPackBF16 packs into the last numbers of the panels' memory and reads them back.
func runPackBF16[T Float](o *operands[T]) {
	l := packLayouts[o.n[0]]
	panels := o.f[1][len(o.f[1])-GemmPanelsBF16[T](l.width, l.panel, l.k):]
	PackPanelsBF16(panels, o.f[2], l.across, l.along, l.width, l.panel, l.k)
	for i := range o.f[0] {
		o.f[0][i] = unpackBF16(panels, l.panel, l.k, i)
	}
}

// unpackBF16 returns number i of packed panels, counted as PackPanels lays them.
func unpackBF16[T Float](panels []T, panel, k, i int) T {
	if wordsBF16[T](2) == 2 {
		return panels[i]
	}
	p, row, col := i/(panel*k), i%(panel*k)/panel, i%panel
	word := math.Float32bits(float32(panels[(p*wordsBF16[T](k)+row/2)*panel+col]))
	return T(math.Float32frombits(word >> (16 * (row % 2)) << 16))
}
