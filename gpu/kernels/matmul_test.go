package kernels_test

import (
	"fmt"
	"math"
	"testing"

	"inkstone/gpu/ir"
	"inkstone/gpu/kernels"
	"inkstone/tensor"
)

// matMulTiles are ways to cut products.
var matMulTiles = []kernels.MatMul{
	{TileM: 8, TileN: 8, TileK: 8, ThreadM: 1, ThreadN: 1},
	{TileM: 16, TileN: 16, TileK: 8, ThreadM: 2, ThreadN: 4},
	{TileM: 16, TileN: 32, TileK: 8, ThreadM: 4, ThreadN: 8, Pipeline: true},
	{TileM: 12, TileN: 8, TileK: 4, ThreadM: 3, ThreadN: 2},
	{TileM: 8, TileN: 16, TileK: 4, ThreadM: 8, ThreadN: 4, Subgroup: 4},
	{TileM: 16, TileN: 16, TileK: 2, ThreadM: 16, ThreadN: 2, Subgroup: 8},
	{TileM: 32, TileN: 32, TileK: 16, ThreadM: 16, ThreadN: 16, Subgroup: 32, Multiplier: kernels.Multiplier{Elem: ir.BF16, Shape: ir.Shape{M: 16, N: 16, K: 16}}},
	{TileM: 32, TileN: 64, TileK: 32, ThreadM: 16, ThreadN: 32, Pipeline: true, Subgroup: 32, Multiplier: kernels.Multiplier{Elem: ir.F16, Shape: ir.Shape{M: 16, N: 16, K: 16}}},
	{TileM: 16, TileN: 16, TileK: 8, ThreadM: 2, ThreadN: 4, DoubleBuffer: true},
	{TileM: 12, TileN: 8, TileK: 4, ThreadM: 3, ThreadN: 2, DoubleBuffer: true},
	{TileM: 32, TileN: 32, TileK: 16, ThreadM: 16, ThreadN: 16, DoubleBuffer: true, Subgroup: 32, Multiplier: kernels.Multiplier{Elem: ir.BF16, Shape: ir.Shape{M: 16, N: 16, K: 16}}},
}

// product is a MatMul at work: the kernel, sizes and operands.
type product struct {
	k           kernels.MatMul
	M, N, K     int
	c, a, b     kernels.Matrix
	batch       [2]int
	alpha, beta float32
}

// check runs the product and compares it with the definition.
func (p *product) check(t *testing.T) {
	t.Helper()
	r := rng(uint64(p.M*p.N + p.K))
	last := func(m kernels.Matrix, rows, cols int) int {
		return m.Offset + max(0, p.batch[0]-1)*m.Batch[0] + max(0, p.batch[1]-1)*m.Batch[1] + max(0, rows-1)*m.Row + max(0, cols-1)*m.Col + 1
	}
	a, b, bias := normal(r, last(p.a, p.M, p.K)), normal(r, last(p.b, p.K, p.N)), normal(r, p.N)
	if p.k.Multiplier != (kernels.Multiplier{}) { // numbers that both 16-bit types hold
		for _, x := range [][]float32{a, b} {
			for i, v := range x {
				x[i] = float32(math.Round(float64(v)*16) / 16)
			}
		}
	}
	c := normal(r, last(p.c, p.M, p.N))
	if !p.k.Accumulate {
		c = empty(len(c))
	}
	want := clone(c)
	at := func(m kernels.Matrix, i, j, row, col int) int {
		return m.Offset + i*m.Batch[0] + j*m.Batch[1] + row*m.Row + col*m.Col
	}
	buffers := []any{c, a, b}
	if p.k.Bias {
		buffers = append(buffers, bias)
	}
	run(t, p.k, p.k.Launch(p.M, p.N, p.K, p.c, p.a, p.b, p.batch, 1, p.alpha, p.beta), buffers...)
	seen := map[int]bool{}
	for i := range p.batch[0] {
		for j := range p.batch[1] {
			w, got := tensor.New(tensor.Float64, p.M, p.N), []float32{}
			for r := range p.M {
				for n := range p.N {
					here, sum := at(p.c, i, j, r, n), 0.0
					for l := range p.K {
						sum += float64(a[at(p.a, i, j, r, l)]) * float64(b[at(p.b, i, j, l, n)])
					}
					sum *= float64(p.alpha)
					if p.k.Accumulate {
						sum += float64(p.beta) * float64(want[here])
					}
					if p.k.Bias {
						sum += float64(bias[n])
					}
					tensor.Data[float64](w)[r*p.N+n] = sum
					got = append(got, c[here])
					seen[here] = true
				}
			}
			near(t, fmt.Sprintf("%+v", *p), got, w, float64(p.K+4)*4*eps)
		}
	}
	for i := range c {
		if !seen[i] && c[i] != want[i] {
			t.Fatalf("%+v: element %d, which is not of c, was written", *p, i)
		}
	}
}

func TestMatMul(t *testing.T) {
	for _, tile := range matMulTiles {
		for i, s := range [][3]int{{1, 1, 1}, {7, 33, 5}, {33, 7, 40}, {16, 32, 16}, {24, 64, 12}, {3, 5, 0}} {
			M, N, K := s[0], s[1], s[2]
			for trans := range 4 {
				a, b := kernels.Matrix{Row: K, Col: 1}, kernels.Matrix{Row: N, Col: 1}
				if trans&1 != 0 {
					a.Row, a.Col = 1, M
				}
				if trans&2 != 0 {
					b.Row, b.Col = 1, K
				}
				c := kernels.Matrix{Row: N, Col: 1}
				k, epilogue := tile.Fit(M, N, K, c, a, b), trans+i
				k.Bias, k.Accumulate = epilogue&1 != 0, epilogue&2 != 0
				p := product{k, M, N, K, c, a, b, [2]int{1, 1}, 0.5, -2}
				p.check(t)
			}
		}
	}
}

// TestMatMulFit makes sure that the cases above reach every way to read.
// TestMatMulRounds: with matrices, factors are rounded to the nearest 16-bit number.
func TestMatMulRounds(t *testing.T) {
	for elem, round := range map[ir.Type]func(x float32) float32{
		ir.BF16: func(x float32) float32 {
			bits := math.Float32bits(x)
			return math.Float32frombits((bits + 0x7fff + bits>>16&1) &^ 0xffff)
		},
		ir.F16: func(x float32) float32 { // of numbers from 1 to 2
			return float32(math.RoundToEven(float64(x)*1024) / 1024)
		},
	} {
		k := matMulTiles[6]
		k.Multiplier.Elem = elem
		const M, N, K = 32, 32, 16
		a, b, c := make([]float32, M*K), make([]float32, K*N), empty(M*N)
		for i := range a {
			a[i] = 1 + float32(i*977%4096)/4096
		}
		for i := range min(N, K) {
			b[i*N+i] = 1 // column i is that of a, for i < K
		}
		at, bt, ct := kernels.Matrix{Row: K, Col: 1}, kernels.Matrix{Row: N, Col: 1}, kernels.Matrix{Row: N, Col: 1}
		k = k.Fit(M, N, K, ct, at, bt)
		run(t, k, k.Launch(M, N, K, ct, at, bt, [2]int{1, 1}, 1, 1, 0), c, a, b)
		for i, x := range a {
			if got, want := c[i/K*N+i%K], round(x); got != want {
				t.Fatalf("%v: %v became %v, want %v", elem, x, got, want)
			}
		}
	}
}

func TestMatMulFit(t *testing.T) {
	k := matMulTiles[2]
	c := kernels.Matrix{Row: 32, Col: 1}
	plain, turned := kernels.Matrix{Row: 16, Col: 1}, kernels.Matrix{Row: 1, Col: 16}
	f := k.Fit(16, 32, 16, c, plain, kernels.Matrix{Row: 32, Col: 1})
	if !f.WideA || !f.WideB || !f.WideC || !f.Full || f.TransA || f.TransB {
		t.Errorf("aligned: %+v", f)
	}
	f = k.Fit(16, 32, 16, c, turned, turned)
	if !f.WideA || !f.WideB || !f.Full || !f.TransA || !f.TransB {
		t.Errorf("aligned and transposed: %+v", f)
	}
	plain.Offset, turned.Batch[1] = 1, 6
	f = k.Fit(16, 32, 16, c, plain, turned)
	if f.WideA || f.WideB || !f.TransB {
		t.Errorf("not aligned: %+v", f)
	}
	f = k.Fit(16, 30, 16, kernels.Matrix{Row: 30, Col: 1}, kernels.Matrix{Row: 40, Col: 2}, kernels.Matrix{Row: 30, Col: 1})
	if f.WideA || f.WideB || f.WideC || f.Full {
		t.Errorf("strided: %+v", f)
	}
}

func TestMatMulBatch(t *testing.T) {
	// Heads of a packed [B, T, 3, H, D]: q·kᵀ, whose operands have gaps, and one without batches.
	const B, T, H, D = 2, 9, 3, 8
	q := kernels.Matrix{Row: 3 * H * D, Col: 1, Batch: [2]int{T * 3 * H * D, D}}
	k := kernels.Matrix{Offset: H * D, Row: 1, Col: 3 * H * D, Batch: [2]int{T * 3 * H * D, D}}
	c := kernels.Matrix{Row: T, Col: 1, Batch: [2]int{H * T * T, T * T}}
	strided := kernels.Matrix{Offset: 3, Row: 20, Col: 2}
	for _, tile := range matMulTiles {
		p := product{tile.Fit(T, T, D, c, q, k), T, T, D, c, q, k, [2]int{B, H}, 0.3, 0}
		p.check(t)
		p = product{tile.Fit(T, T, D, c, strided, k), T, T, D, c, strided, k, [2]int{B, H}, 1, 0}
		p.check(t)
	}
}

func TestMatMulSplit(t *testing.T) {
	const M, N, K, splits = 10, 9, 70, 3
	r := rng(1)
	a, b := normal(r, K*M), normal(r, K*N)
	k := matMulTiles[1]
	k.Split = true
	left, right, c := kernels.Matrix{Row: 1, Col: M}, kernels.Matrix{Row: N, Col: 1}, kernels.Matrix{Row: N, Col: 1}
	k = k.Fit(M, N, K, c, left, right)
	parts := empty(splits * M * N)
	run(t, k, k.Launch(M, N, K, c, left, right, [2]int{1, 1}, splits, 2, 0), parts, a, b)
	got := make([]float32, M*N)
	sumColumns(t, got, parts, splits, M*N)
	want := tensor.New(tensor.Float64, M, N)
	cpu.MatMul(want, wide(a, K, M).Transpose(0, 1), wide(b, K, N), nil, 2, 0)
	near(t, "c", got, want, 300*eps)
}

func TestMatMulRefuses(t *testing.T) {
	for _, k := range []kernels.MatMul{
		{},
		{TileM: 8, TileN: 8, TileK: 4, ThreadM: 3, ThreadN: 1},
		{TileM: 8, TileN: 8, TileK: 3, ThreadM: 1, ThreadN: 1},
		{TileM: 8, TileN: 8, TileK: 8, ThreadM: 1, ThreadN: 1, WideC: true},
		{TileM: 8, TileN: 8, TileK: 8, ThreadM: 1, ThreadN: 1, Split: true, Bias: true},
		{TileM: 256, TileN: 256, TileK: 32, ThreadM: 16, ThreadN: 16}, // shared memory
		{TileM: 8, TileN: 8, TileK: 8, ThreadM: 1, ThreadN: 1, DoubleBuffer: true, Pipeline: true},
		{TileM: 8, TileN: 16, TileK: 4, ThreadM: 8, ThreadN: 4, DoubleBuffer: true, Subgroup: 4},
	} {
		if _, err := k.Build(); err == nil {
			t.Errorf("%+v is built", k)
		}
	}
}
