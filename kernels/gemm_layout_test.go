package kernels

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestGemmLayout checks that an element of C is the same sum, bit by bit, however wide the tile
// is that it stands in, in panels of A or not: how a product is cut is no matter of its result.
func TestGemmLayout(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const m, n = 16, 48
	numbers := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		return x
	}
	for _, k := range []int{101, 102} {
		a, b := numbers(m*k), numbers(k*n)
		atLevels(t, func(t *testing.T) { checkGemmLayout(t, a, b, m, n, k) })
	}
}

func checkGemmLayout(t *testing.T, a, b []float32, m, n, k int) {
	cols := GemmCols[float32]()
	product := func(n0 int, mode string) []float32 {
		c := make([]float32, m*n0)
		pb := make([]float32, GemmPanels(n0, cols, k))
		PackPanels(pb, b, 1, n, n0, cols, k)
		rows := Block[float32]{Data: b, Stride: n}
		switch mode {
		case "direct":
			GemmDirect(c, n0, a, k, pb, m, n0, k, 1, 0, Block[float32]{})
		case "panels":
			pa := make([]float32, GemmPanels(m, GemmRows, k))
			PackPanels(pa, a, k, 1, m, GemmRows, k)
			Gemm(c, n0, pa, pb, m, n0, k, 1, 0, Block[float32]{})
		case "packing":
			pa, pb := make([]float32, GemmPanels(m, GemmRows, k)), make([]float32, len(pb))
			PackPanels(pa, a, k, 1, m, GemmRows, k)
			GemmPacking(c, n0, pa[:len(pa)/2], 0, pb, GemmRows, n0, k, 1, 0, rows)
			Gemm(c[GemmRows*n0:], n0, pa[len(pa)/2:], pb, m-GemmRows, n0, k, 1, 0, Block[float32]{})
		case "packing direct":
			pb := make([]float32, len(pb))
			GemmPacking(c, n0, a, k, pb, GemmRows, n0, k, 1, 0, rows)
			GemmDirect(c[GemmRows*n0:], n0, a[GemmRows*k:], k, pb, m-GemmRows, n0, k, 1, 0, Block[float32]{})
		case "bf16":
			pa, pb := make([]float32, GemmPanelsBF16[float32](m, GemmRows, k)), make([]float32, GemmPanelsBF16[float32](n0, cols, k))
			PackPanelsBF16(pa, a, k, 1, m, GemmRows, k)
			PackPanelsBF16(pb, b, 1, n, n0, cols, k)
			GemmBF16(c, n0, pa, pb, m, n0, k, 1, 0, Block[float32]{})
		case "packing bf16":
			pa, pb := make([]float32, GemmPanelsBF16[float32](m, GemmRows, k)), make([]float32, GemmPanelsBF16[float32](n0, cols, k))
			PackPanelsBF16(pa, a, k, 1, m, GemmRows, k)
			GemmPackingBF16(c, n0, pa[:len(pa)/2], pb, GemmRows, n0, k, 1, 0, rows)
			GemmBF16(c[GemmRows*n0:], n0, pa[len(pa)/2:], pb, m-GemmRows, n0, k, 1, 0, Block[float32]{})
		}
		return c
	}
	for _, mode := range []string{"panels", "direct", "packing", "packing direct", "bf16", "packing bf16"} {
		if strings.HasSuffix(mode, "direct") && GemmDirectRows[float32]() > m {
			continue
		}
		whole := product(n, mode)
		if plain := map[bool]string{false: "panels", true: "bf16"}[strings.HasSuffix(mode, "bf16")]; !slices.Equal(whole, product(n, plain)) {
			t.Errorf("%s and %s differ", mode, plain)
		}
		for _, narrow := range []int{1, 8, 16, 17, 24, 32, 33, 40} {
			part := product(narrow, mode)
			for i := range m {
				if !slices.Equal(part[i*narrow:][:narrow], whole[i*n:][:narrow]) {
					t.Fatalf("%s: row %d of %d columns differs from that of %d", mode, i, narrow, n)
				}
			}
		}
	}
}
