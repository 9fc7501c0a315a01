package kernels

import "math/rand/v2"

// mapCase is the case of a kernel that writes outs vectors from ins vectors of one length,
// element by element; every output may be the same slice as any of the listed inputs.
func mapCase(name string, outs, ins int, run32 func(*operands[float32]), run64 func(*operands[float64]), alias ...[2]int) kernelCase {
	return kernelCase{
		name: name, outs: outs, elementwise: true, alias: alias,
		args: func(r *rand.Rand, n int) *operands[float64] {
			o := &operands[float64]{}
			for range outs {
				o.f = append(o.f, garbage(n))
			}
			for range ins {
				x := normal(r, n)
				for i := range x {
					x[i] *= 3
				}
				o.f = append(o.f, x)
			}
			return o
		},
		run32: run32, run64: run64,
		work: func(o *operands[float64]) (bytes, flops int) { return 4 * (outs + ins) * len(o.f[0]), len(o.f[0]) },
	}
}

func map1Case(name string, f32 func(dst, x []float32), f64 func(dst, x []float64)) kernelCase {
	return mapCase(name, 1, 1,
		func(o *operands[float32]) { f32(o.f[0], o.f[1]) },
		func(o *operands[float64]) { f64(o.f[0], o.f[1]) }, [2]int{0, 1})
}

func map2Case(name string, f32 func(dst, a, b []float32), f64 func(dst, a, b []float64)) kernelCase {
	return mapCase(name, 1, 2,
		func(o *operands[float32]) { f32(o.f[0], o.f[1], o.f[2]) },
		func(o *operands[float64]) { f64(o.f[0], o.f[1], o.f[2]) }, [2]int{0, 1}, [2]int{0, 2})
}

// exactly marks a case whose levels must give the same bits as plain Go.
func exactly(c kernelCase) kernelCase {
	c.exact = true
	return c
}

// withScale sets the scale of a case.
func withScale(c kernelCase, scale func(o *operands[float64]) float64) kernelCase {
	c.scale = scale
	return c
}

// Activations and their slopes are differences of numbers around 1 and vanish far to the
// left, where rounding the exponent of eˣ shows in relative terms.
func unit(*operands[float64]) float64     { return 1 }
func ofDy(o *operands[float64]) float64   { return largest(o.f[1]) }
func ofDyUp(o *operands[float64]) float64 { return largest(o.f[2]) * max(1, largest(o.f[4])) }

func init() {
	cases = append(cases,
		exactly(map2Case("Add", Add[float32], Add[float64])),
		exactly(map2Case("Sub", Sub[float32], Sub[float64])),
		exactly(map2Case("Mul", Mul[float32], Mul[float64])),
		exactly(map2Case("Div", Div[float32], Div[float64])),
		exactly(map1Case("Sqrt", Sqrt[float32], Sqrt[float64])),
		exactly(map1Case("ReLU", ReLU[float32], ReLU[float64])),
		exactly(map2Case("ReLUBackward", ReLUBackward[float32], ReLUBackward[float64])),
		map1Case("Exp", Exp[float32], Exp[float64]),
		map1Case("Log", Log[float32], Log[float64]),
		map1Case("Tanh", Tanh[float32], Tanh[float64]),
		map2Case("TanhBackward", TanhBackward[float32], TanhBackward[float64]),
		map1Case("Sigmoid", Sigmoid[float32], Sigmoid[float64]),
		map2Case("SigmoidBackward", SigmoidBackward[float32], SigmoidBackward[float64]),
		withScale(map1Case("GELU", GELU[float32], GELU[float64]), unit),
		withScale(map2Case("GELUBackward", GELUBackward[float32], GELUBackward[float64]), ofDy),
		withScale(map1Case("GELUErf", GELUErf[float32], GELUErf[float64]), unit),
		withScale(map2Case("GELUErfBackward", GELUErfBackward[float32], GELUErfBackward[float64]), ofDy),
		withScale(map1Case("SiLU", SiLU[float32], SiLU[float64]), unit),
		withScale(map2Case("SiLUBackward", SiLUBackward[float32], SiLUBackward[float64]), ofDy),
		map2Case("SwiGLU", SwiGLU[float32], SwiGLU[float64]),
		withScale(mapCase("SwiGLUBackward", 2, 3, runSwiGLUBackward[float32], runSwiGLUBackward[float64],
			[2]int{0, 2}, [2]int{0, 3}, [2]int{1, 2}, [2]int{1, 4}), ofDyUp),
		kernelCase{
			name: "Axpy", outs: 1, elementwise: true,
			args: func(r *rand.Rand, n int) *operands[float64] {
				return &operands[float64]{f: [][]float64{normal(r, n), normal(r, n)}, s: []float64{r.NormFloat64()}}
			},
			run32: runAxpy[float32], run64: runAxpy[float64],
			work: func(o *operands[float64]) (bytes, flops int) { return 12 * len(o.f[0]), 2 * len(o.f[0]) },
		},
		kernelCase{
			name: "Scale", outs: 1, elementwise: true, exact: true,
			args: func(r *rand.Rand, n int) *operands[float64] {
				return &operands[float64]{f: [][]float64{normal(r, n)}, s: []float64{r.NormFloat64()}}
			},
			run32: runScale[float32], run64: runScale[float64],
			work: func(o *operands[float64]) (bytes, flops int) { return 8 * len(o.f[0]), len(o.f[0]) },
		},
		kernelCase{
			name: "AddScalar", outs: 1, elementwise: true, exact: true, alias: [][2]int{{0, 1}},
			args: func(r *rand.Rand, n int) *operands[float64] {
				return &operands[float64]{f: [][]float64{garbage(n), normal(r, n)}, s: []float64{r.NormFloat64()}}
			},
			run32: runAddScalar[float32], run64: runAddScalar[float64],
			work: func(o *operands[float64]) (bytes, flops int) { return 8 * len(o.f[0]), len(o.f[0]) },
		},
		kernelCase{
			name: "Fill", outs: 1, elementwise: true, exact: true,
			args: func(r *rand.Rand, n int) *operands[float64] {
				return &operands[float64]{f: [][]float64{garbage(n)}, s: []float64{r.NormFloat64()}}
			},
			run32: runFill[float32], run64: runFill[float64],
			work: func(o *operands[float64]) (bytes, flops int) { return 4 * len(o.f[0]), 0 },
		},
		reduceCase("Sum", runSum[float32], runSum[float64]),
		reduceCase("SquaredNorm", runSquaredNorm[float32], runSquaredNorm[float64]),
		exactly(reduceCase("Max", runMax[float32], runMax[float64])),
		exactly(reduceCase("AllFinite", runAllFinite[float32], runAllFinite[float64])),
		kernelCase{
			name: "AddRows", outs: 1, exact: true,
			args: func(r *rand.Rand, n int) *operands[float64] {
				rows := 1 + n%7
				return &operands[float64]{f: [][]float64{normal(r, n), normal(r, rows*n)}, n: []int{rows, n}}
			},
			run32: runAddRows[float32], run64: runAddRows[float64],
			work: func(o *operands[float64]) (bytes, flops int) { return 4 * len(o.f[1]), len(o.f[1]) },
		},
		kernelCase{
			name: "AddBias", outs: 1, exact: true, alias: [][2]int{{0, 1}},
			args: func(r *rand.Rand, n int) *operands[float64] {
				rows := 1 + n%7
				return &operands[float64]{f: [][]float64{garbage(rows * n), normal(r, rows*n), normal(r, n)}, n: []int{rows, n}}
			},
			run32: runAddBias[float32], run64: runAddBias[float64],
			work: func(o *operands[float64]) (bytes, flops int) { return 8 * len(o.f[0]), len(o.f[0]) },
		},
		kernelCase{
			name: "AdamW", outs: 3, elementwise: true,
			args: func(r *rand.Rand, n int) *operands[float64] {
				v := normal(r, n)
				for i := range v {
					v[i] *= v[i]
				}
				return &operands[float64]{
					f: [][]float64{normal(r, n), normal(r, n), v, normal(r, n)},
					s: []float64{1e-2, 0.9, 0.999, 1e-8, 0.1, 0.5, 0.25, 0.75},
				}
			},
			run32: runAdamW[float32], run64: runAdamW[float64],
			work: func(o *operands[float64]) (bytes, flops int) { return 28 * len(o.f[0]), 14 * len(o.f[0]) },
		},
		kernelCase{
			name: "Dropout", outs: 1, exact: true, alias: [][2]int{{0, 1}},
			args: func(r *rand.Rand, n int) *operands[float64] {
				return &operands[float64]{
					f:   [][]float64{garbage(n), normal(r, n)},
					ids: []int32{r.Int32(), r.Int32(), -1, r.Int32()}, // the counter's low half carries into the high one
					s:   []float64{0.75},
				}
			},
			run32: runDropout[float32], run64: runDropout[float64],
			work: func(o *operands[float64]) (bytes, flops int) { return 8 * len(o.f[0]), len(o.f[0]) },
		},
	)
}

// reduceCase is the case of a kernel that turns one vector into one number.
func reduceCase(name string, run32 func(*operands[float32]), run64 func(*operands[float64])) kernelCase {
	return kernelCase{
		name: name, outs: 1,
		args: func(r *rand.Rand, n int) *operands[float64] {
			return &operands[float64]{f: [][]float64{garbage(1), normal(r, n)}}
		},
		run32: run32, run64: run64,
		work: func(o *operands[float64]) (bytes, flops int) { return 4 * len(o.f[1]), len(o.f[1]) },
	}
}

func runSum[T Float](o *operands[T])         { o.f[0][0] = Sum(o.f[1]) }
func runSquaredNorm[T Float](o *operands[T]) { o.f[0][0] = T(SquaredNorm(o.f[1])) }
func runMax[T Float](o *operands[T])         { o.f[0][0] = Max(o.f[1]) }
func runAllFinite[T Float](o *operands[T]) {
	o.f[0][0] = 0
	if AllFinite(o.f[1]) {
		o.f[0][0] = 1
	}
}
func runAxpy[T Float](o *operands[T])      { Axpy(o.f[0], o.f[1], o.s[0]) }
func runScale[T Float](o *operands[T])     { Scale(o.f[0], o.s[0]) }
func runAddScalar[T Float](o *operands[T]) { AddScalar(o.f[0], o.f[1], o.s[0]) }
func runFill[T Float](o *operands[T])      { Fill(o.f[0], o.s[0]) }
func runAddRows[T Float](o *operands[T])   { AddRows(o.f[0], o.f[1], o.n[0], o.n[1]) }
func runAddBias[T Float](o *operands[T])   { AddBias(o.f[0], o.f[1], o.f[2], o.n[0], o.n[1]) }
func runSwiGLUBackward[T Float](o *operands[T]) {
	SwiGLUBackward(o.f[0], o.f[1], o.f[2], o.f[3], o.f[4])
}
func runAdamW[T Float](o *operands[T]) {
	AdamW(o.f[0], o.f[3], o.f[1], o.f[2], AdamWConfig[T]{
		LR: o.s[0], Beta1: o.s[1], Beta2: o.s[2], Eps: o.s[3],
		WeightDecay: o.s[4], Correction1: o.s[5], Correction2: o.s[6], GradScale: o.s[7],
	})
}
func runDropout[T Float](o *operands[T]) {
	key := [2]uint32{uint32(o.ids[0]), uint32(o.ids[1])}
	Dropout(o.f[0], o.f[1], key, uint64(uint32(o.ids[3]))<<32|uint64(uint32(o.ids[2])), o.s[0])
}
