package kernels

import (
	"math"
	"math/rand/v2"
)

func init() {
	cases = append(cases, kernelCase{
		name: "Dot", outs: 1,
		args: func(r *rand.Rand, n int) *operands[float64] {
			return &operands[float64]{f: [][]float64{garbage(1), normal(r, n), normal(r, n)}}
		},
		scale: func(o *operands[float64]) (sum float64) {
			for i, x := range o.f[1] {
				sum += math.Abs(x * o.f[2][i])
			}
			return sum
		},
		run32: runDot[float32], run64: runDot[float64],
		work: func(o *operands[float64]) (bytes, flops int) { return 8 * len(o.f[1]), 2 * len(o.f[1]) },
	})
}

func runDot[T Float](o *operands[T]) { o.f[0][0] = Dot(o.f[1], o.f[2]) }
