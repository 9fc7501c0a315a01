package kernels_test

import (
	"fmt"
	"math"
	"testing"

	"inkstone/gpu/kernels"
	"inkstone/tensor"
)

func TestSoftmax(t *testing.T) {
	eachRows(t, func(t *testing.T, r kernels.Rows, rows, cols int) {
		n := rows * cols
		x, dy := normal(rng(1), n), normal(rng(2), n)
		for i := range x {
			x[i] *= 5
		}
		if cols > 10 {
			x[3], x[cols-1] = float32(math.Inf(-1)), 1000
		}
		for _, log := range []bool{false, true} {
			want, wantDx := tensor.New(tensor.Float64, rows, cols), tensor.New(tensor.Float64, rows, cols)
			y, dx := empty(n), empty(n)
			f := kernels.Softmax{Rows: r, Log: log}
			run(t, f, f.Launch(rows, cols), y, x)
			if log {
				cpu.LogSoftmax(want, wide(x, rows, cols))
				cpu.LogSoftmaxBackward(wantDx, wide(dy, rows, cols), wide(y, rows, cols))
			} else {
				cpu.Softmax(want, wide(x, rows, cols))
				cpu.SoftmaxBackward(wantDx, wide(dy, rows, cols), wide(y, rows, cols))
			}
			near(t, "y", y, want, 50*eps)
			b := kernels.SoftmaxBackward{Rows: r, Log: log}
			run(t, b, b.Launch(rows, cols), dx, dy, y)
			near(t, "dx", dx, wantDx, (20+float64(cols))*eps)

			f.InPlace, b.InPlace = true, true
			z, dz := clone(x), clone(dy)
			run(t, f, f.Launch(rows, cols), z)
			run(t, b, b.Launch(rows, cols), dz, y)
			exact(t, "in place", z, y)
			exact(t, "backward in place", dz, dx)
		}
	})
}

func TestSoftmaxSpecialValues(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, r := range rowKinds {
		x := []float32{1, 2, nan, 3, -inf, -inf, -inf, -inf, 1, inf, 2, 3, -inf, 5, -inf, 5}
		y := empty(len(x))
		k := kernels.Softmax{Rows: r}
		run(t, k, k.Launch(4, 4), y, x)
		exact(t, "y", y, []float32{nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, 0, 0.5, 0, 0.5})
	}
}

func TestCrossEntropy(t *testing.T) {
	eachRows(t, func(t *testing.T, r kernels.Rows, rows, cols int) {
		logits, dlosses := normal(rng(1), rows*cols), normal(rng(2), rows)
		targets := make([]int32, rows)
		for i := range targets {
			logits[i*cols] *= 20
			targets[i] = int32((i * 17) % cols)
		}
		if rows > 2 {
			targets[1] = -1
		}
		losses, lse, dlogits := empty(rows), empty(rows), empty(rows*cols)
		w := func(shape ...int) *tensor.Tensor { return tensor.New(tensor.Float64, shape...) }
		wantLosses, wantLSE, want := w(rows), w(rows), w(rows, cols)
		ids := tensor.FromSlice(targets, rows)
		cpu.CrossEntropy(wantLosses, wantLSE, wide(logits, rows, cols), ids)
		cpu.CrossEntropyBackward(want, wide(logits, rows, cols), wantLSE, ids, wide(dlosses, rows))
		f, b := kernels.CrossEntropy{Rows: r}, kernels.CrossEntropyBackward{Rows: r}
		run(t, f, f.Launch(rows, cols), losses, lse, logits, targets)
		near(t, "losses", losses, wantLosses, 40*eps)
		near(t, "lse", lse, wantLSE, 40*eps)
		run(t, b, b.Launch(rows, cols), dlogits, logits, lse, targets, dlosses)
		near(t, "dlogits", dlogits, want, 80*eps)
		b.InPlace = true
		run(t, b, b.Launch(rows, cols), logits, lse, targets, dlosses)
		exact(t, "in place", logits, dlogits)
	})
}

func TestCrossEntropyTargetOutside(t *testing.T) {
	losses, lse := empty(2), empty(2)
	k := kernels.CrossEntropy{Rows: kernels.Rows{Lanes: 32}}
	run(t, k, k.Launch(2, 2), losses, lse, []float32{0, 0, 0, 0}, []int32{2, 1})
	if losses[0] == losses[0] || losses[1] != lse[1] {
		t.Errorf("losses %v, lse %v", losses, lse)
	}
}

// TestCrossEntropyLong sums a row as long as a large vocabulary.
func TestCrossEntropyLong(t *testing.T) {
	const cols = 150001
	logits := normal(rng(1), cols)
	losses, lse := empty(1), empty(1)
	k := kernels.CrossEntropy{Rows: kernels.Rows{Lanes: 256, Subgroup: 32}}
	run(t, k, k.Launch(1, cols), losses, lse, logits, []int32{cols - 1})
	wantLosses, wantLSE := tensor.New(tensor.Float64, 1), tensor.New(tensor.Float64, 1)
	cpu.CrossEntropy(wantLosses, wantLSE, wide(logits, 1, cols), tensor.FromSlice([]int32{cols - 1}, 1))
	near(t, "loss", losses, wantLosses, 50*eps)
	near(t, "lse", lse, wantLSE, 50*eps)
}

func TestNorm(t *testing.T) {
	const e = 1e-5
	eachRows(t, func(t *testing.T, r kernels.Rows, rows, cols int) {
		n := rows * cols
		x, dy, weight, bias := normal(rng(1), n), normal(rng(2), n), normal(rng(3), cols), normal(rng(4), cols)
		for i := range x {
			x[i] += 3
		}
		w := func(shape ...int) *tensor.Tensor { return tensor.New(tensor.Float64, shape...) }
		x64, dy64, weight64, bias64 := wide(x, rows, cols), wide(dy, rows, cols), wide(weight, cols), wide(bias, cols)
		y, dx, mean, rstd := empty(n), empty(n), empty(rows), empty(rows)
		wantY, wantMean, wantRstd, wantDx := w(rows, cols), w(rows), w(rows), w(rows, cols)
		// With one column x = mean, and rstd, 1/√eps, magnifies rounding.
		bound := 100 * eps
		if cols == 1 {
			bound = 1e-3
		}
		for _, withBias := range []bool{false, true} {
			f := kernels.Normalise{Rows: r, Norm: kernels.LayerNorm, Bias: withBias}
			buffers, b64 := []any{y, mean, rstd, x, weight}, (*tensor.Tensor)(nil)
			if withBias {
				buffers, b64 = append(buffers, bias), bias64
			}
			run(t, f, f.Launch(rows, cols, e), buffers...)
			cpu.LayerNorm(wantY, wantMean, wantRstd, x64, weight64, b64, e)
			near(t, "y", y, wantY, bound)
			near(t, "mean", mean, wantMean, bound)
			near(t, "rstd", rstd, wantRstd, bound)
		}
		b := kernels.NormBackward{Rows: r, Norm: kernels.LayerNorm}
		run(t, b, b.Launch(rows, cols), dx, dy, x, weight, mean, rstd)
		cpu.LayerNormBackward(wantDx, nil, nil, dy64, x64, weight64, wide(mean, rows), wide(rstd, rows))
		near(t, "dx", dx, wantDx, 2*bound)

		f := kernels.Normalise{Rows: r, Norm: kernels.RMSNorm}
		run(t, f, f.Launch(rows, cols, e), y, rstd, x, weight)
		cpu.RMSNorm(wantY, wantRstd, x64, weight64, e)
		near(t, "y", y, wantY, bound)
		near(t, "rstd", rstd, wantRstd, bound)
		b.Norm = kernels.RMSNorm
		run(t, b, b.Launch(rows, cols), dx, dy, x, weight, rstd)
		cpu.RMSNormBackward(wantDx, nil, dy64, x64, weight64, wide(rstd, rows))
		near(t, "dx", dx, wantDx, 2*bound)
	})
}

func TestNormWeight(t *testing.T) {
	for _, s := range rowShapes {
		rows, cols := s[0]*9, s[1]
		n := rows * cols
		x, dy, mean, rstd := normal(rng(1), n), normal(rng(2), n), normal(rng(3), rows), normal(rng(4), rows)
		dweight, dbias := normal(rng(5), cols), normal(rng(6), cols)
		for _, norm := range []kernels.Norm{kernels.LayerNorm, kernels.RMSNorm} {
			wantW, wantB := wide(dweight, cols), wide(dbias, cols)
			one := tensor.New(tensor.Float64, cols)
			cpu.Fill(one, 1)
			k := kernels.NormWeight{Norm: norm, Bias: norm == kernels.LayerNorm, Lanes: 32, BlockRows: 16}
			blocks := k.Blocks(rows)
			partsW, partsB := empty(blocks*cols), empty(blocks*cols)
			gotW, gotB := clone(dweight), clone(dbias)
			if norm == kernels.LayerNorm {
				run(t, k, k.Launch(rows, cols), partsW, partsB, dy, x, mean, rstd)
				cpu.LayerNormBackward(nil, wantW, wantB, wide(dy, rows, cols), wide(x, rows, cols), one, wide(mean, rows), wide(rstd, rows))
				sumColumns(t, gotB, partsB, blocks, cols)
			} else {
				run(t, k, k.Launch(rows, cols), partsW, dy, x, rstd)
				cpu.RMSNormBackward(nil, wantW, wide(dy, rows, cols), wide(x, rows, cols), one, wide(rstd, rows))
			}
			sumColumns(t, gotW, partsW, blocks, cols)
			near(t, "dweight", gotW, wantW, 100*eps)
			near(t, "dbias", gotB, wantB, 50*eps)
		}
	}
}

// sumColumns adds the columns of x [rows, cols] to dst.
func sumColumns(t *testing.T, dst, x []float32, rows, cols int) {
	t.Helper()
	s := kernels.NewSummed([]int{rows, cols}, []int{cols, 1}, []bool{true, false})
	k := kernels.Sum{Lanes: 32, Kept: s.Kept, Summed: s.Summed, Add: true}
	run(t, k, k.Launch(&s, 1), dst, x)
}

func TestMax(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	for _, lanes := range []int{1, 8, 64} {
		for _, s := range rowShapes {
			rows, cols := s[0], s[1]
			x := normal(rng(1), rows*cols)
			for i := range x {
				x[i] = float32(math.Round(float64(x[i]))) // many equal ones
			}
			if cols > 100 {
				x[3*cols/4], x[3*cols/4+9] = nan, nan
			}
			if rows > 1 {
				for c := range cols {
					x[cols+c] = inf
				}
			}
			want, wantArg := tensor.New(tensor.Float32, rows), tensor.New(tensor.Int32, rows)
			cpu.Max(want, wantArg, tensor.FromSlice(x, rows, cols))
			for _, k := range []kernels.Max{{Lanes: lanes}, {Lanes: lanes, Arg: true}} {
				dst, arg := empty(rows), make([]int32, rows)
				if k.Arg {
					run(t, k, k.Launch(rows, cols), dst, arg, x)
					exact(t, "arg", arg, tensor.Data[int32](wantArg))
				} else {
					run(t, k, k.Launch(rows, cols), dst, x)
				}
				exact(t, "max", dst, tensor.Data[float32](want))
			}
		}
	}
}

func TestSum(t *testing.T) {
	// Every choice of dimensions of a transposed x, all ways to sum.
	shape, strides := []int{3, 5, 1, 13}, []int{1, 39, 7, 3}
	x := normal(rng(1), 3*5*13)
	for choice := range 16 {
		sum := make([]bool, 4)
		to := []int{3, 5, 1, 13}
		for d := range sum {
			if choice>>d&1 == 1 {
				sum[d], to[d] = true, 1
			}
		}
		s := kernels.NewSummed(shape, strides, sum)
		kept := 1
		for _, n := range to {
			kept *= n
		}
		view := tensor.FromSlice(make([]float64, len(x)), shape...)
		for i := range view.Len() {
			at := i%13*3 + i/13%5*39 + i/65
			tensor.Data[float64](view)[i] = float64(x[at])
		}
		for _, k := range []kernels.Sum{
			{Lanes: 32}, {Lanes: 32, Across: true}, {Lanes: 64, Subgroup: 4, Across: true}, {Lanes: 64, Subgroup: 32, Across: true},
		} {
			for _, blocks := range []int{1, 3} {
				k.Kept, k.Summed = s.Kept, s.Summed
				for _, k.Add = range []bool{false, true} {
					dst := normal(rng(2), kept*blocks)
					want := tensor.New(tensor.Float64, to...)
					cpu.SumTo(want, view, false)
					if k.Add {
						for i := range kept * blocks {
							tensor.Data[float64](want)[i%kept] += float64(dst[i])
						}
					}
					run(t, k, k.Launch(&s, blocks), dst, x)
					got := dst[:kept]
					for i := kept; i < len(dst); i++ {
						got[i%kept] += dst[i]
					}
					near(t, fmt.Sprintf("%+v over %v", k, sum), got, want, 300*eps)
				}
			}
		}
	}
}

func TestSquaredNorm(t *testing.T) {
	for _, n := range lengths {
		x := normal(rng(1), n)
		want := cpu.SquaredNorm(wide(x, n))
		s := kernels.NewSummed([]int{n}, []int{1}, []bool{true})
		k := kernels.Sum{Of: kernels.Squares, Across: true, Lanes: 64, Subgroup: 8, Summed: 1}
		parts := empty(7)
		run(t, k, k.Launch(&s, 7), parts, x)
		got := 0.0
		for _, p := range parts {
			got += float64(p)
		}
		if math.Abs(got-want) > 20*eps*want {
			t.Errorf("%d numbers: %v, want %v", n, got, want)
		}
	}
}

func TestNotFinite(t *testing.T) {
	for _, bad := range []float32{math.MaxFloat32, float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN())} {
		x := normal(rng(1), 130)
		x[77] = bad
		s := kernels.NewSummed([]int{130}, []int{1}, []bool{true})
		k := kernels.Sum{Of: kernels.NotFinite, Across: true, Lanes: 32, Summed: 1}
		parts := empty(2)
		run(t, k, k.Launch(&s, 2), parts, x)
		want := float32(1)
		if bad == math.MaxFloat32 {
			want = 0
		}
		if parts[0]+parts[1] != want {
			t.Errorf("with %v: %v", bad, parts)
		}
	}
}

func TestEmbedding(t *testing.T) {
	const V = 11
	for _, n := range []int{1, 2, 7, 33} {
		for _, C := range []int{1, 5, 70} {
			table, dy := normal(rng(1), V*C), normal(rng(2), n*C)
			ids := make([]int32, n)
			for i := range ids {
				ids[i] = int32(rng(uint64(i)).IntN(V))
			}
			rows := empty(n * C)
			f := kernels.Embedding{Lanes: 32}
			run(t, f, f.Launch(n, V, C), rows, table, ids)
			want := tensor.New(tensor.Float32, n, C)
			cpu.Embedding(want, tensor.FromSlice(table, V, C), tensor.FromSlice(ids, n))
			exact(t, "rows", rows, tensor.Data[float32](want))

			dtable := tensor.FromSlice(table, V, C)
			cpu.EmbeddingBackward(dtable, tensor.FromSlice(dy, n, C), tensor.FromSlice(ids, n))
			embeddingBackward(t, 32, table, dy, ids, V)
			exact(t, "dtable", table, tensor.Data[float32](dtable))
		}
	}
}

func TestEmbeddingOutside(t *testing.T) {
	rows := empty(3)
	f := kernels.Embedding{Lanes: 4}
	run(t, f, f.Launch(3, 2, 1), rows, []float32{1, 2}, []int32{-1, 1, 2})
	nan := float32(math.NaN())
	exact(t, "rows", rows, []float32{nan, 2, nan})
	dtable := []float32{1, 2}
	embeddingBackward(t, 4, dtable, []float32{10, 20, 30}, []int32{-1, 1, 2}, 2)
	exact(t, "dtable", dtable, []float32{1, 22})
}

// embeddingBackward runs both kernels of the gradient of a table [V, C].
func embeddingBackward(t *testing.T, lanes int, dtable, dy []float32, ids []int32, V int) {
	t.Helper()
	n, links := len(ids), make([]int32, len(ids))
	l, b := kernels.EmbeddingLinks{Lanes: lanes}, kernels.EmbeddingBackward{Lanes: lanes}
	run(t, l, l.Launch(n), links, ids)
	run(t, b, b.Launch(n, V, len(dy)/n), dtable, dy, ids, links)
}

func TestRoPE(t *testing.T) {
	const B, T, H, D, start = 2, 5, 3, 6, 4
	cos, sin := make([]float32, (start+T)*D/2), make([]float32, (start+T)*D/2)
	for i := range cos {
		cos[i], sin[i] = float32(math.Cos(float64(i))), float32(math.Sin(float64(i)))
	}
	// x is a part of packed positions of 3·H·D numbers, dst is contiguous.
	packed := normal(rng(1), B*T*3*H*D)
	from := kernels.Positions{Offset: H * D, Batch: T * 3 * H * D, Position: 3 * H * D}
	to := kernels.Positions{Batch: T * H * D, Position: H * D}
	x := make([]float32, 0, B*T*H*D)
	for i := range B * T {
		x = append(x, packed[from.Offset+i*from.Position:][:H*D]...)
	}
	for _, interleaved := range []bool{false, true} {
		for _, inverse := range []bool{false, true} {
			want := tensor.New(tensor.Float64, B, T, H, D)
			cpu.RoPE(want, wide(x, B, T, H, D), wide(cos, start+T, D/2), wide(sin, start+T, D/2), start, interleaved, inverse)
			y, z := empty(len(x)), clone(x)
			k := kernels.RoPE{Interleaved: interleaved, Inverse: inverse}
			run(t, k, k.Launch(B, T, H, D, start, to, from), y, packed, cos, sin)
			near(t, "y", y, want, 4*eps)
			k.InPlace = true
			run(t, k, k.Launch(B, T, H, D, start, to, to), z, cos, sin)
			exact(t, "in place", z, y)
		}
	}
}
