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
	const m, n, k = 16, 48, 101
	numbers := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		return x
	}
	a, b := numbers(m*k), numbers(k*n)
	atLevels(t, func(t *testing.T) {
		cols := GemmCols[float32]()
		product := func(n0 int, mode string) []float32 {
			c := make([]float32, m*n0)
			pb := make([]float32, GemmPanels(n0, cols, k))
			PackPanels(pb, b, 1, n, n0, cols, k)
			switch mode {
			case "direct":
				GemmDirect(c, n0, a, k, pb, m, n0, k, 1, 0, Block[float32]{})
			case "panels":
				pa := make([]float32, GemmPanels(m, GemmRows, k))
				PackPanels(pa, a, k, 1, m, GemmRows, k)
				Gemm(c, n0, pa, pb, m, n0, k, 1, 0, Block[float32]{})
			case "packing", "packing direct":
				pa, lda := a, k
				if mode == "packing" {
					pa, lda = make([]float32, GemmPanels(m, GemmRows, k)), 0
					PackPanels(pa, a, k, 1, m, GemmRows, k)
				}
				for i := 0; i < m; i += GemmRows {
					GemmPacking(c[i*n0:], n0, pa[i*k:][:GemmRows*k], lda, pb, GemmRows, n0, k, 1, 0, Block[float32]{Data: b, Stride: n})
				}
			case "bf16":
				pa, pb := make([]float32, GemmPanelsBF16[float32](m, GemmRows, k)), make([]float32, GemmPanelsBF16[float32](n0, cols, k))
				PackPanelsBF16(pa, a, k, 1, m, GemmRows, k)
				PackPanelsBF16(pb, b, 1, n, n0, cols, k)
				GemmBF16(c, n0, pa, pb, m, n0, k, 1, 0, Block[float32]{})
			}
			return c
		}
		for _, mode := range []string{"panels", "direct", "packing", "packing direct", "bf16"} {
			if strings.HasSuffix(mode, "direct") && GemmDirectRows[float32]() > m {
				continue
			}
			whole := product(n, mode)
			if mode != "bf16" && !slices.Equal(whole, product(n, "panels")) {
				t.Errorf("%s and panels differ", mode)
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
	})
}
