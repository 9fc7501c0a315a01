package tensor

import (
	"fmt"
	"testing"
)

// gemmBenchShapes are squares, the products of a GPT-2 block for 256 and 1024 positions
// with their gradients, and the output layer.
var gemmBenchShapes = []struct {
	m, n, k int
	layouts string
}{
	{128, 128, 128, "NN NT TN"}, {256, 256, 256, "NN NT TN"}, {512, 512, 512, "NN NT TN"}, {1024, 1024, 1024, "NN NT TN"}, {2048, 2048, 2048, "NN NT TN"},
	{256, 2304, 768, "NN NT"}, {256, 768, 768, "NN NT"}, {256, 3072, 768, "NN NT"}, {256, 768, 3072, "NN NT"}, {256, 50257, 768, "NN NT"},
	{768, 2304, 256, "TN"}, {768, 3072, 256, "TN"}, {3072, 768, 256, "TN"}, {50257, 768, 256, "TN"},
	{1024, 3072, 768, "NN NT"}, {768, 3072, 1024, "TN"},
	{1, 3072, 768, "NN NT"}, {1, 768, 3072, "NN NT"}, {1, 50257, 768, "NT"}, {4, 3072, 768, "NN NT"}, {8, 3072, 768, "NN NT"},
	{16, 16, 16, "NN NT TN"}, {32, 32, 32, "NN"},
}

// layout makes a factor of a product, stored transposed if t is T.
func layout(rows, cols int, t byte) *Tensor {
	if t == 'T' {
		return layout(cols, rows, 'N').Transpose(0, 1)
	}
	x := New(Float32, rows, cols)
	for i, d := 0, Data[float32](x); i < len(d); i++ {
		d[i] = float32(i*7919%2001-1000) / 1000
	}
	return x
}

// BenchmarkMatMul measures products as BenchmarkMatMul/threads=1/NT/256x3072x768; N and T
// say which factor is stored transposed.
func BenchmarkMatMul(b *testing.B) {
	for threads := 1; threads <= 2; threads++ {
		c := NewCPU(threads)
		for _, s := range gemmBenchShapes {
			for l := 0; l < len(s.layouts); l += 3 {
				l := s.layouts[l:][:2]
				b.Run(fmt.Sprintf("threads=%d/%s/%dx%dx%d", threads, l, s.m, s.n, s.k), func(b *testing.B) {
					x, y, dst := layout(s.m, s.k, l[0]), layout(s.k, s.n, l[1]), New(Float32, s.m, s.n)
					b.SetBytes(4 * int64(x.Len()+y.Len()+dst.Len()))
					c.MatMul(dst, x, y, nil, 1, 0)
					b.ReportAllocs()
					b.ResetTimer()
					for range b.N {
						c.MatMul(dst, x, y, nil, 1, 0)
					}
					b.ReportMetric(2*float64(s.m)*float64(s.n)*float64(s.k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
				})
			}
		}
		c.Close()
	}
}
