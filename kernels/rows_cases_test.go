package kernels

import (
	"math"
	"math/rand/v2"
)

// testRows is how many rows of size columns the tests of row kernels take: enough to
// find a mistake in a row's place, few enough to be quick.
const testRows = 3

// rowsCase makes a case of a kernel on testRows rows of size columns. The operands' second
// size is the number of columns.
func rowsCase(name string, outs int, f func(r *rand.Rand, cols int) *operands[float64], run32 func(*operands[float32]), run64 func(*operands[float64]), flops int) kernelCase {
	return kernelCase{
		name: name, outs: outs, run32: run32, run64: run64, alias: inPlace[name],
		sizes: []int{1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 64, 65, 127, 129, 257, 1000},
		args: func(r *rand.Rand, cols int) *operands[float64] {
			o := f(r, cols)
			o.n = []int{testRows, cols}
			return o
		},
		work: func(o *operands[float64]) (bytes, n int) {
			for _, x := range o.f {
				bytes += 4 * len(x)
			}
			return bytes, flops * o.n[0] * o.n[1]
		},
	}
}

// inPlace names the slices of f that may be the same, by kernel: output, input.
var inPlace = map[string][][2]int{
	"Softmax":              {{0, 1}},
	"SoftmaxBackward":      {{0, 1}},
	"LogSoftmax":           {{0, 1}},
	"LogSoftmaxBackward":   {{0, 1}},
	"CrossEntropyBackward": {{0, 1}},
	"LayerNorm":            {{0, 3}},
	"LayerNormBackward":    {{0, 3}},
	"RMSNorm":              {{0, 2}},
	"RMSNormBackward":      {{0, 2}},
}

// classes returns targets for testRows rows, one of them negative.
func classes(r *rand.Rand, cols int) []int32 {
	return []int32{int32(r.IntN(cols)), -1, int32(cols - 1)}
}

// rstds returns positive numbers.
func rstds(r *rand.Rand, n int) []float64 {
	x := normal(r, n)
	for i, v := range x {
		x[i] = 0.5 + math.Abs(v)
	}
	return x
}

func init() {
	cases = append(cases,
		rowsCase("Softmax", 1, func(r *rand.Rand, n int) *operands[float64] {
			return &operands[float64]{f: [][]float64{garbage(testRows * n), normal(r, testRows*n)}}
		}, runSoftmax[float32], runSoftmax[float64], 4),
		withScale(rowsCase("SoftmaxBackward", 1, func(r *rand.Rand, n int) *operands[float64] {
			y := normal(r, testRows*n)
			Softmax(y, y, testRows, n)
			return &operands[float64]{f: [][]float64{garbage(testRows * n), normal(r, testRows*n), y}}
		}, runSoftmaxBackward[float32], runSoftmaxBackward[float64], 4), func(o *operands[float64]) float64 {
			return largest(o.f[1]) * largest(o.f[2])
		}),
		rowsCase("LogSoftmax", 1, func(r *rand.Rand, n int) *operands[float64] {
			return &operands[float64]{f: [][]float64{garbage(testRows * n), normal(r, testRows*n)}}
		}, runLogSoftmax[float32], runLogSoftmax[float64], 4),
		withScale(rowsCase("LogSoftmaxBackward", 1, func(r *rand.Rand, n int) *operands[float64] {
			y := normal(r, testRows*n)
			LogSoftmax(y, y, testRows, n)
			return &operands[float64]{f: [][]float64{garbage(testRows * n), normal(r, testRows*n), y}}
		}, runLogSoftmaxBackward[float32], runLogSoftmaxBackward[float64], 4), func(o *operands[float64]) float64 {
			sum := 0.0
			for _, d := range o.f[1] {
				sum += math.Abs(d)
			}
			return sum
		}),
		withScale(rowsCase("CrossEntropy", 2, func(r *rand.Rand, n int) *operands[float64] {
			return &operands[float64]{f: [][]float64{garbage(testRows), garbage(testRows), normal(r, testRows*n)}, ids: classes(r, n)}
		}, runCrossEntropy[float32], runCrossEntropy[float64], 4), func(o *operands[float64]) float64 {
			return 1 + largest(o.f[2]) + math.Log(float64(o.n[1]))
		}),
		withScale(rowsCase("CrossEntropyBackward", 1, func(r *rand.Rand, n int) *operands[float64] {
			x, lse, ids := normal(r, testRows*n), make([]float64, testRows), classes(r, n)
			CrossEntropy(make([]float64, testRows), lse, x, ids, testRows, n)
			return &operands[float64]{f: [][]float64{garbage(testRows * n), x, lse, normal(r, testRows)}, ids: ids}
		}, runCrossEntropyBackward[float32], runCrossEntropyBackward[float64], 3), func(o *operands[float64]) float64 {
			return largest(o.f[3])
		}),
		withScale(rowsCase("LayerNorm", 3, func(r *rand.Rand, n int) *operands[float64] {
			return &operands[float64]{
				f: [][]float64{garbage(testRows * n), garbage(testRows), garbage(testRows), normal(r, testRows*n), normal(r, n), normal(r, n)},
				s: []float64{0.5}, // large, so that a row of one or two numbers is well conditioned
			}
		}, runLayerNorm[float32], runLayerNorm[float64], 8), func(o *operands[float64]) float64 {
			return 2 + 4*largest(o.f[3])*largest(o.f[4]) + largest(o.f[5])
		}),
		withScale(rowsCase("LayerNormBackward", 3, func(r *rand.Rand, n int) *operands[float64] {
			return &operands[float64]{f: [][]float64{garbage(testRows * n), normal(r, n), normal(r, n), normal(r, testRows*n),
				normal(r, testRows*n), normal(r, n), normal(r, testRows), rstds(r, testRows)}}
		}, runLayerNormBackward[float32], runLayerNormBackward[float64], 14), normBackwardScale),
		withScale(rowsCase("RMSNorm", 2, func(r *rand.Rand, n int) *operands[float64] {
			return &operands[float64]{
				f: [][]float64{garbage(testRows * n), garbage(testRows), normal(r, testRows*n), normal(r, n)},
				s: []float64{0.5},
			}
		}, runRMSNorm[float32], runRMSNorm[float64], 5), func(o *operands[float64]) float64 {
			return 2 + 2*largest(o.f[2])*largest(o.f[3])
		}),
		withScale(rowsCase("RMSNormBackward", 2, func(r *rand.Rand, n int) *operands[float64] {
			return &operands[float64]{f: [][]float64{garbage(testRows * n), normal(r, n), normal(r, testRows*n),
				normal(r, testRows*n), normal(r, n), rstds(r, testRows)}}
		}, runRMSNormBackward[float32], runRMSNormBackward[float64], 10), func(o *operands[float64]) float64 {
			return normTerms(o.f[1], o.f[2], o.f[3], o.f[4], []float64{0}, o.f[5])
		}),
		ropeCase("RoPE", runRoPE[float32], runRoPE[float64]),
		ropeCase("RoPE interleaved", runRoPEInterleaved[float32], runRoPEInterleaved[float64]),
		ropeCase("RoPEBackward", runRoPEBackward[float32], runRoPEBackward[float64]),
		ropeCase("RoPEBackward interleaved", runRoPEBackwardInterleaved[float32], runRoPEBackwardInterleaved[float64]),
		kernelCase{
			name: "Gather", outs: 1, exact: true,
			args: func(r *rand.Rand, n int) *operands[float64] {
				return &operands[float64]{f: [][]float64{garbage(4 * n), normal(r, 3*n)}, ids: []int32{2, 0, 1, 2}, n: []int{n}}
			},
			run32: func(o *operands[float32]) { Gather(o.f[0], o.f[1], o.ids, o.n[0]) },
			run64: func(o *operands[float64]) { Gather(o.f[0], o.f[1], o.ids, o.n[0]) },
			work:  func(o *operands[float64]) (bytes, flops int) { return 8 * len(o.f[0]), 0 },
		},
		kernelCase{
			name: "ScatterAdd", outs: 1,
			args: func(r *rand.Rand, n int) *operands[float64] {
				return &operands[float64]{f: [][]float64{normal(r, 3*n), normal(r, 4*n)}, ids: []int32{2, 0, 1, 2}, n: []int{n}}
			},
			run32: func(o *operands[float32]) { ScatterAdd(o.f[0], o.f[1], o.ids, o.n[0], o.n[0]/3, o.n[0]) },
			run64: func(o *operands[float64]) { ScatterAdd(o.f[0], o.f[1], o.ids, o.n[0], o.n[0]/3, o.n[0]) },
			work:  func(o *operands[float64]) (bytes, flops int) { return 12 * len(o.f[1]), len(o.f[1]) },
		},
		kernelCase{
			name: "ArgMax", outs: 1, exact: true, sizes: vectorSizes[1:],
			args: func(r *rand.Rand, n int) *operands[float64] {
				return &operands[float64]{f: [][]float64{garbage(1), normal(r, n)}}
			},
			run32: runArgMax[float32], run64: runArgMax[float64],
			work: func(o *operands[float64]) (bytes, flops int) { return 4 * len(o.f[1]), 0 },
		},
	)
}

// normTerms bounds the terms of a normalisation's gradients.
func normTerms(acc, dy, x, weight, mean, rstd []float64) float64 {
	d, n := largest(dy), (largest(x)+largest(mean))*largest(rstd)
	return largest(acc) + testRows*d*(1+n) + largest(rstd)*d*largest(weight)*(2+n*n)
}

func normBackwardScale(o *operands[float64]) float64 {
	return normTerms(append(o.f[1][:len(o.f[1]):len(o.f[1])], o.f[2]...), o.f[3], o.f[4], o.f[5], o.f[6], o.f[7])
}

// ropeCase rotates three heads of 2·size channels.
func ropeCase(name string, run32 func(*operands[float32]), run64 func(*operands[float64])) kernelCase {
	return kernelCase{
		name: name, outs: 1, alias: [][2]int{{0, 1}}, run32: run32, run64: run64,
		args: func(r *rand.Rand, n int) *operands[float64] {
			o := &operands[float64]{f: [][]float64{garbage(6 * n), normal(r, 6*n), normal(r, n), normal(r, n)}, n: []int{3, 2 * n}}
			for i, a := range o.f[2] {
				o.f[2][i], o.f[3][i] = math.Cos(a), math.Sin(a)
			}
			return o
		},
		scale: func(o *operands[float64]) float64 { return 2 * largest(o.f[1]) },
		work:  func(o *operands[float64]) (bytes, flops int) { return 8 * len(o.f[0]), 3 * len(o.f[0]) },
	}
}

func runSoftmax[T Float](o *operands[T]) { Softmax(o.f[0], o.f[1], o.n[0], o.n[1]) }
func runSoftmaxBackward[T Float](o *operands[T]) {
	SoftmaxBackward(o.f[0], o.f[1], o.f[2], o.n[0], o.n[1])
}
func runLogSoftmax[T Float](o *operands[T]) { LogSoftmax(o.f[0], o.f[1], o.n[0], o.n[1]) }
func runLogSoftmaxBackward[T Float](o *operands[T]) {
	LogSoftmaxBackward(o.f[0], o.f[1], o.f[2], o.n[0], o.n[1])
}
func runCrossEntropy[T Float](o *operands[T]) {
	CrossEntropy(o.f[0], o.f[1], o.f[2], o.ids, o.n[0], o.n[1])
}
func runCrossEntropyBackward[T Float](o *operands[T]) {
	CrossEntropyBackward(o.f[0], o.f[1], o.f[2], o.ids, o.f[3], o.n[0], o.n[1])
}
func runLayerNorm[T Float](o *operands[T]) {
	LayerNorm(o.f[0], o.f[1], o.f[2], o.f[3], o.f[4], o.f[5], o.n[0], o.n[1], o.s[0])
}
func runLayerNormBackward[T Float](o *operands[T]) {
	LayerNormBackward(o.f[0], o.f[1], o.f[2], o.f[3], o.f[4], o.f[5], o.f[6], o.f[7], o.n[0], o.n[1])
}
func runRMSNorm[T Float](o *operands[T]) {
	RMSNorm(o.f[0], o.f[1], o.f[2], o.f[3], o.n[0], o.n[1], o.s[0])
}
func runRMSNormBackward[T Float](o *operands[T]) {
	RMSNormBackward(o.f[0], o.f[1], o.f[2], o.f[3], o.f[4], o.f[5], o.n[0], o.n[1])
}
func runRoPE[T Float](o *operands[T]) { RoPE(o.f[0], o.f[1], o.f[2], o.f[3], o.n[0], o.n[1], false) }
func runRoPEInterleaved[T Float](o *operands[T]) {
	RoPE(o.f[0], o.f[1], o.f[2], o.f[3], o.n[0], o.n[1], true)
}
func runRoPEBackward[T Float](o *operands[T]) {
	RoPEBackward(o.f[0], o.f[1], o.f[2], o.f[3], o.n[0], o.n[1], false)
}
func runRoPEBackwardInterleaved[T Float](o *operands[T]) {
	RoPEBackward(o.f[0], o.f[1], o.f[2], o.f[3], o.n[0], o.n[1], true)
}
func runArgMax[T Float](o *operands[T]) { o.f[0][0] = T(ArgMax(o.f[1])) }
