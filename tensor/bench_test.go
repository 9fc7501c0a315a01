package tensor

import (
	"fmt"
	"testing"
)

// BenchmarkMatMul reports GFLOP/s for C [M, N] = A [M, K]·B [K, N], with A or B stored
// transposed where the layout says T.
func BenchmarkMatMul(b *testing.B) {
	for _, s := range [][3]int{
		{128, 128, 128}, {256, 256, 256}, {512, 512, 512}, {1024, 1024, 1024}, {2048, 2048, 2048},
		{256, 2304, 768}, {256, 768, 768}, {256, 3072, 768}, {256, 768, 3072}, {256, 50257, 768}, {50257, 768, 256}, {2304, 768, 256},
		{1, 768, 768}, {1, 50257, 768},
	} {
		for _, layout := range []string{"NN", "NT", "TN"} {
			for _, threads := range []int{1, 2} {
				b.Run(fmt.Sprintf("%s/%dx%dx%d/threads=%d", layout, s[0], s[1], s[2], threads), func(b *testing.B) {
					c := NewCPU(threads)
					defer c.Close()
					matrix := func(rows, cols int, transposed bool) *Tensor {
						if transposed {
							t := New(Float32, cols, rows)
							FillUniform(t, NewStream(1, "bench", 0), -1, 1)
							return t.Transpose(0, 1)
						}
						t := New(Float32, rows, cols)
						FillUniform(t, NewStream(1, "bench", 0), -1, 1)
						return t
					}
					x, y := matrix(s[0], s[2], layout[0] == 'T'), matrix(s[2], s[1], layout[1] == 'T')
					z := New(Float32, s[0], s[1])
					c.MatMul(z, x, y, nil, 1, 0)
					b.ReportAllocs()
					for b.Loop() {
						c.MatMul(z, x, y, nil, 1, 0)
					}
					b.ReportMetric(2*float64(s[0])*float64(s[1])*float64(s[2])*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
				})
			}
		}
	}
}
