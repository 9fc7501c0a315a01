package kernels_test

import (
	"fmt"
	"math"
	"testing"

	"inkstone/gpu/ir"
	"inkstone/gpu/kernels"
	cpukernels "inkstone/kernels"
	"inkstone/tensor"
)

// domain returns n numbers that op is defined for, with awkward ones among them.
func domain(op tensor.UnaryOp, n int) []float32 {
	x := normal(rng(uint64(n)), n)
	for i := range x {
		x[i] *= 4
	}
	inf := float32(math.Inf(1))
	awkward := []float32{0, 1e-4, -3e-3, 20, -20, 90, -90, inf, -inf, float32(math.NaN())}
	if n > 100 {
		copy(x[50:], awkward)
	}
	if op == tensor.Log || op == tensor.Sqrt {
		for i := range x {
			x[i] = float32(math.Abs(float64(x[i])))
		}
	}
	return x
}

func TestUnary(t *testing.T) {
	for op := range tensor.UnaryOp(tensor.UnaryOps) {
		for _, n := range lengths {
			t.Run(fmt.Sprintf("%v/%d", op, n), func(t *testing.T) {
				x := domain(op, n)
				want := tensor.New(tensor.Float64, n)
				cpu.Unary(op, want, wide(x, n))
				for i, v := range tensor.Data[float64](want) {
					if v > math.MaxFloat32 {
						tensor.Data[float64](want)[i] = math.Inf(1)
					}
				}
				y := empty(n)
				k := kernels.Unary{Op: op}
				run(t, k, k.Launch(n), y, x)
				near(t, "y", y, want, 20*eps)
				k.InPlace = true
				run(t, k, k.Launch(n), x)
				exact(t, "in place", x, y)
			})
		}
	}
}

func TestUnaryBackward(t *testing.T) {
	for op := range tensor.UnaryOp(tensor.UnaryOps) {
		for _, n := range lengths {
			t.Run(fmt.Sprintf("%v/%d", op, n), func(t *testing.T) {
				x, dy := domain(op, n), normal(rng(5), n)
				if op == tensor.Exp {
					for i := range x {
						x[i] = min(x[i], 80)
					}
				}
				y64, want := tensor.New(tensor.Float64, n), tensor.New(tensor.Float64, n)
				cpu.Unary(op, y64, wide(x, n))
				y := make([]float32, n)
				for i, v := range tensor.Data[float64](y64) {
					y[i] = float32(v)
				}
				cpu.UnaryBackward(op, want, wide(dy, n), wide(x, n), wide(y, n))
				saved := []any{}
				if op.SavesX() {
					saved = append(saved, x)
				}
				if op.SavesY() {
					saved = append(saved, y)
				}
				dx := empty(n)
				k := kernels.UnaryBackward{Op: op}
				run(t, k, k.Launch(n), append([]any{dx, dy}, saved...)...)
				near(t, "dx", dx, want, 60*eps)
				k.InPlace = true
				run(t, k, k.Launch(n), append([]any{dy}, saved...)...)
				exact(t, "in place", dy, dx)
			})
		}
	}
}

func TestSwiGLU(t *testing.T) {
	for _, n := range lengths {
		gate, up, dy := domain(tensor.SiLU, n), normal(rng(1), n), normal(rng(2), n)
		if n > 100 {
			gate[57], gate[58] = 5, -5 // ∞·0 has no value to compare
		}
		y, dgate, dup := empty(n), empty(n), empty(n)
		w := func() *tensor.Tensor { return tensor.New(tensor.Float64, n) }
		wantY, wantGate, wantUp := w(), w(), w()
		cpu.SwiGLU(wantY, wide(gate, n), wide(up, n))
		cpu.SwiGLUBackward(wantGate, wantUp, wide(dy, n), wide(gate, n), wide(up, n))
		run(t, kernels.SwiGLU{}, kernels.SwiGLU{}.Launch(n), y, gate, up)
		run(t, kernels.SwiGLUBackward{}, kernels.SwiGLUBackward{}.Launch(n), dgate, dup, dy, gate, up)
		near(t, "y", y, wantY, 20*eps)
		near(t, "dgate", dgate, wantGate, 40*eps)
		near(t, "dup", dup, wantUp, 20*eps)
	}
}

func TestBinary(t *testing.T) {
	nan := float32(math.NaN())
	for op := range tensor.BinaryOp(tensor.BinaryOps) {
		for _, n := range lengths {
			a, b := normal(rng(1), n), normal(rng(2), n)
			if n > 100 {
				a[4], b[5], b[6] = nan, nan, 0
			}
			want, got := make([]float32, n), empty(n)
			for i := range want {
				x, y := a[i], b[i]
				want[i] = [...]float32{x + y, x - y, x * y, x / y, min(x, y), max(x, y)}[op]
			}
			k := kernels.Binary{Op: op}
			run(t, k, k.Launch(n), got, a, b)
			exact(t, op.String(), got, want)
			for alias, buffers := range [][]any{{}, {clone(a), b}, {clone(b), a}} {
				if alias > 0 {
					k.Alias = kernels.Alias(alias)
					run(t, k, k.Launch(n), buffers...)
					exact(t, op.String(), buffers[0].([]float32), want)
				}
			}
		}
		x, want := normal(rng(3), 9), make([]float32, 9)
		for i, v := range x {
			want[i] = [...]float32{v + v, v - v, v * v, v / v, v, v}[op]
		}
		k := kernels.Binary{Op: op, Alias: kernels.AliasBoth}
		run(t, k, k.Launch(9), x)
		exact(t, op.String(), x, want)
	}
}

func TestBinaryStrided(t *testing.T) {
	// a [3, 1, 5] and bᵀ of [7, 3] broadcast with dst [3, 7, 5].
	shape := []int{3, 7, 5}
	a, b := normal(rng(1), 15), normal(rng(2), 21+2)
	s := kernels.NewStrided(shape, []int{35, 5, 1}, []int{5, 0, 1}, []int{1, 3, 0})
	s.Offset = [3]int{4, 0, 2}
	got := empty(105 + 4)
	k := kernels.Binary{Op: tensor.Sub, Dims: s.Dims}
	run(t, k, k.LaunchStrided(&s), got, a, b)
	for i := range 3 {
		for j := range 7 {
			for l := range 5 {
				if g, want := got[4+i*35+j*5+l], a[i*5+l]-b[2+j*3+i]; g != want {
					t.Fatalf("[%d %d %d] = %v, want %v", i, j, l, g, want)
				}
			}
		}
	}
	// x += bias, in place.
	x, bias := normal(rng(3), 6*7), normal(rng(4), 7)
	want := clone(x)
	for i := range want {
		want[i] += bias[i%7]
	}
	s = kernels.NewStrided([]int{2, 3, 7}, []int{21, 7, 1}, []int{21, 7, 1}, []int{0, 0, 1})
	if s.Dims != 2 {
		t.Fatalf("%d dimensions are left, want 2", s.Dims)
	}
	k = kernels.Binary{Op: tensor.Add, Dims: 2, Alias: kernels.AliasA}
	run(t, k, k.LaunchStrided(&s), x, bias)
	exact(t, "x", x, want)
}

func TestStridedJoins(t *testing.T) {
	one := kernels.NewStrided([]int{2, 1, 3, 4}, []int{12, 99, 4, 1}, []int{12, 0, 4, 1})
	if one.Dims != 1 || one.Len() != 24 || !one.Contiguous(2) {
		t.Errorf("contiguous operands: %+v", one)
	}
	if scalar := kernels.NewStrided(nil, nil, nil); scalar.Dims != 1 || scalar.Len() != 1 || !scalar.Contiguous(2) {
		t.Errorf("no dimensions: %+v", scalar)
	}
	if turned := kernels.NewStrided([]int{3, 4}, []int{4, 1}, []int{1, 3}); turned.Dims != 2 || turned.Contiguous(2) {
		t.Errorf("a transposed operand: %+v", turned)
	}
	if none := kernels.NewStrided([]int{3, 0}, []int{0, 1}, []int{0, 1}); none.Len() != 0 {
		t.Errorf("no elements: %+v", none)
	}
}

func TestScalar(t *testing.T) {
	for _, n := range lengths {
		x, y := normal(rng(1), n), normal(rng(2), n)
		scaled, added, sum := make([]float32, n), make([]float32, n), make([]float32, n)
		for i, v := range x {
			scaled[i], added[i] = v*1.7, v+1.7
			sum[i] = float32(math.FMA(float64(v), float64(float32(1.7)), float64(y[i])))
		}
		got := empty(n)
		for _, c := range []struct {
			k    kernels.Scalar
			got  []float32
			want []float32
		}{
			{kernels.Scalar{Op: kernels.Scale}, got, scaled},
			{kernels.Scalar{Op: kernels.AddScalar}, got, added},
			{kernels.Scalar{Op: kernels.Accumulate}, clone(y), sum},
		} {
			run(t, c.k, c.k.Launch(n, 1.7), c.got, x)
			exact(t, fmt.Sprintf("%+v", c.k), c.got, c.want)
			if c.k.Op != kernels.Accumulate {
				c.k.InPlace = true
				z := clone(x)
				run(t, c.k, c.k.Launch(n, 1.7), z)
				exact(t, fmt.Sprintf("%+v", c.k), z, c.want)
			}
		}
	}
	if _, err := (kernels.Scalar{Op: kernels.Accumulate, InPlace: true}).Build(); err == nil {
		t.Error("Accumulate in place is built")
	}
}

func TestCopy(t *testing.T) {
	for _, n := range lengths {
		x := normal(rng(1), n)
		y := empty(n)
		k := kernels.Copy{To: ir.F32, From: ir.F32}
		run(t, k, k.Launch(n), y, x)
		exact(t, "f32", y, x)

		want, half := make([]uint16, n), make([]uint16, n)
		for _, elem := range []ir.Type{ir.F16, ir.BF16} {
			narrow, widen := cpukernels.F16FromF32, cpukernels.F32FromF16
			if elem == ir.BF16 {
				narrow, widen = cpukernels.BF16FromF32, cpukernels.F32FromBF16
			}
			narrow(want, x)
			k = kernels.Copy{To: elem, From: ir.F32}
			run(t, k, k.Launch(n), half, x)
			exact(t, elem.String(), half, want)
			back := make([]float32, n)
			widen(back, want)
			k = kernels.Copy{To: ir.F32, From: elem}
			run(t, k, k.Launch(n), y, half)
			exact(t, elem.String(), y, back)
		}
		ints, floats := make([]int32, n), make([]float32, n)
		for i := range ints {
			x[i] *= 100
			ints[i] = int32(x[i])
			floats[i] = float32(ints[i])
		}
		got := make([]int32, n)
		k = kernels.Copy{To: ir.I32, From: ir.F32}
		run(t, k, k.Launch(n), got, x)
		exact(t, "i32", got, ints)
		k = kernels.Copy{To: ir.F32, From: ir.I32}
		run(t, k, k.Launch(n), y, got)
		exact(t, "from i32", y, floats)
	}
}

func TestCopyStrided(t *testing.T) {
	x := normal(rng(1), 33*7)
	y := empty(33 * 7)
	s := kernels.NewStrided([]int{7, 33}, []int{33, 1}, []int{1, 7})
	k := kernels.Copy{To: ir.F32, From: ir.F32, Dims: s.Dims}
	run(t, k, k.LaunchStrided(&s), y, x)
	for i := range y {
		if want := x[i%33*7+i/33]; y[i] != want {
			t.Fatalf("[%d] = %v, want %v", i, y[i], want)
		}
	}
	// All six dimensions, none of which joins: every other element of x.
	shape, from, to := []int{2, 2, 2, 2, 2, 2}, make([]int, 6), make([]int, 6)
	for d := range 6 {
		from[d], to[d] = 2<<d, 1<<(5-d)
	}
	s = kernels.NewStrided(shape, to, from)
	s.Offset[1] = 1
	k.Dims = s.Dims
	y = empty(64)
	run(t, k, k.LaunchStrided(&s), y, x)
	for i := range y {
		at := 1
		for d := range 6 {
			at += i >> (5 - d) & 1 * from[d]
		}
		if y[i] != x[at] {
			t.Fatalf("[%d] = %v, want %v", i, y[i], x[at])
		}
	}
}

func TestFill(t *testing.T) {
	for _, n := range lengths {
		x, want := empty(n), make([]float32, n)
		ints, wantInts := make([]int32, n), make([]int32, n)
		for i := range want {
			want[i], wantInts[i] = 0.1, -3
		}
		k := kernels.Fill{Elem: ir.F32}
		run(t, k, k.Launch(n, 0.1), x)
		exact(t, "f32", x, want)
		k = kernels.Fill{Elem: ir.I32}
		run(t, k, k.Launch(n, -3), ints)
		exact(t, "i32", ints, wantInts)
	}
}

func TestDropout(t *testing.T) {
	key := [2]uint32{0x12345678, 0x9abcdef0}
	for _, n := range lengths {
		for _, keep := range []float32{1, 0.9, 1.0 / 3, 1e-9} {
			for _, offset := range []uint64{0, 5, 1<<32 - 2, 1<<63 + 17} {
				x := normal(rng(1), n)
				if n > 100 {
					x[0], x[1], x[2] = float32(math.Inf(1)), float32(math.NaN()), 3e38
				}
				want, y := make([]float32, n), empty(n)
				cpukernels.Dropout(want, x, key, offset, keep)
				k := kernels.Dropout{}
				l, ok := k.Launch(n, key, offset, keep)
				if !ok {
					t.Fatalf("keep %v: nothing", keep)
				}
				run(t, k, l, y, x)
				exact(t, fmt.Sprintf("keep %v", keep), y, want)
				k.InPlace = true
				run(t, k, l, x)
				exact(t, "in place", x, want)
			}
		}
	}
	if _, ok := (kernels.Dropout{}).Launch(4, key, 0, 0); ok {
		t.Error("a launch that keeps nothing")
	}
}

func TestAdamW(t *testing.T) {
	for _, n := range lengths {
		c := tensor.AdamW{LR: 3e-3, Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, WeightDecay: 0.1, Step: 3, GradScale: 0.5}
		p, g, m, v := normal(rng(1), n), normal(rng(2), n), normal(rng(3), n), normal(rng(4), n)
		for i := range v {
			v[i] *= v[i]
		}
		wp, wm, wv := wide(p, n), wide(m, n), wide(v, n)
		cpu.AdamW(wp, wide(g, n), wm, wv, c)
		run(t, kernels.AdamW{}, kernels.AdamW{}.Launch(n, c), p, m, v, g)
		near(t, "p", p, wp, 8*eps)
		near(t, "m", m, wm, 8*eps)
		near(t, "v", v, wv, 8*eps)
	}
}
