package kernels

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkKernels measures every kernel at every level, on vectors that fit the first
// cache and on vectors that fit none (or on the case's largest problem), as
// BenchmarkKernels/kernel=Exp/isa=avx512/n=4096.
func BenchmarkKernels(b *testing.B) {
	was := ISA()
	defer SetISA(was)
	for _, c := range cases {
		for _, isa := range ISAs() {
			if err := SetISA(isa); err != nil {
				b.Fatal(err)
			}
			sizes := []int{1 << 12, 1 << 22}
			if c.sizes != nil {
				sizes = c.sizes[len(c.sizes)-1:]
			}
			for _, n := range sizes {
				b.Run(fmt.Sprintf("kernel=%s/isa=%s/n=%d", c.name, isa, n), func(b *testing.B) {
					benchmarkCase(b, c, n)
				})
			}
		}
	}
}

func benchmarkCase(b *testing.B, c kernelCase, size int) {
	wide := c.args(rand.New(rand.NewPCG(8, 8)), size)
	o := narrow(wide)
	bytes, flops := 0, 0
	if c.work != nil {
		bytes, flops = c.work(wide)
	}
	b.SetBytes(int64(bytes))
	b.ReportAllocs()
	for b.Loop() {
		c.run32(o)
	}
	b.ReportMetric(float64(flops)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}
