package kernels_test

import (
	"testing"

	"inkstone/gpu/kernels"
	"inkstone/tensor"
)

func TestMatVec(t *testing.T) {
	for _, s := range [][3]int{{1, 1, 1}, {1, 33, 70}, {3, 7, 12}, {4, 40, 130}} {
		vectors, N, K := s[0], s[1], s[2]
		r := rng(uint64(K))
		a, c, bias := normal(r, vectors*(K+4)), normal(r, vectors*N), normal(r, N)
		b := normal(r, N*(K+4)+4) // [N, K] with a gap between rows, from element 4 on
		plain := normal(r, K*N)   // [K, N]
		ha, hc := kernels.Matrix{Row: K + 4, Col: 1}, kernels.Matrix{Row: N, Col: 1}
		hb := kernels.Matrix{Offset: 4, Row: 1, Col: K + 4}
		rows := kernels.Heads{Position: K + 4}
		a64 := unpack(a, rows, 1, vectors, 1, K).Reshape(vectors, K)
		b64 := unpack(b[4:], rows, 1, N, 1, K).Reshape(N, K).Transpose(0, 1)
		bias64 := wide(bias, N)
		for _, k := range []kernels.MatVec{
			{Rows: kernels.Rows{Lanes: 32}},
			{Rows: kernels.Rows{Lanes: 64, Subgroup: 8}, Bias: true},
			{Rows: kernels.Rows{Lanes: 64, Subgroup: 8, Narrow: true}, Bias: true, Accumulate: true},
		} {
			k.Vectors = vectors
			k = k.Fit(K, ha, hb)
			if k.Wide != (K%4 == 0) {
				t.Errorf("K = %d: wide %v", K, k.Wide)
			}
			got, want := clone(c), wide(c, vectors, N)
			buffers, vector, beta := []any{got, a, b}, (*tensor.Tensor)(nil), 0.0
			if k.Bias {
				buffers, vector = append(buffers, bias), bias64
			}
			if k.Accumulate {
				beta = -0.5
			}
			run(t, k, k.Launch(N, K, hc, ha, hb, 2, float32(beta)), buffers...)
			cpu.MatMul(want, a64, b64, vector, 2, beta)
			near(t, "matvec", got, want, float64(K+4)*4*eps)
		}
		for _, k := range []kernels.VecMat{{LanesX: 8, LanesY: 4}, {LanesX: 32, LanesY: 1, Bias: true, Accumulate: true}} {
			k.Vectors = vectors
			got, want := clone(c), wide(c, vectors, N)
			buffers, vector, beta := []any{got, a, plain}, (*tensor.Tensor)(nil), 0.0
			if k.Bias {
				buffers, vector, beta = append(buffers, bias), bias64, -0.5
			}
			run(t, k, k.Launch(N, K, hc, ha, kernels.Matrix{Row: N, Col: 1}, 2, float32(beta)), buffers...)
			cpu.MatMul(want, a64, wide(plain, K, N), vector, 2, beta)
			near(t, "vecmat", got, want, float64(K+4)*4*eps)
		}
	}
}
