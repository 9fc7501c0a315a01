package kernels_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"inkstone/gpu/ir"
	"inkstone/gpu/ir/interp"
	"inkstone/gpu/kernels"
	"inkstone/tensor"
)

// cpu computes what kernels are held against, in float64.
var cpu = tensor.NewCPU(1)

// eps is half the distance between float32 numbers near 1: the error of one rounding.
const eps = 0x1p-24

func build(t *testing.T, k kernels.Kernel) *ir.Kernel {
	t.Helper()
	built, err := k.Build()
	if err != nil {
		t.Fatal(err)
	}
	return built
}

// bind returns the arguments of a launch. Buffers are []float32, []int32 or []uint16.
func bind(l kernels.Launch, buffers []any) interp.Args {
	args := interp.Args{Scalars: l.Scalars()}
	for _, b := range buffers {
		switch b := b.(type) {
		case []float32:
			args.Buffers = append(args.Buffers, interp.Bytes(b))
		case []int32:
			args.Buffers = append(args.Buffers, interp.Bytes(b))
		case []uint16:
			args.Buffers = append(args.Buffers, interp.Bytes(b))
		default:
			panic(fmt.Sprintf("a buffer of type %T", b))
		}
	}
	return args
}

// checked returns the options of a checked run: what a kernel only writes is undefined before.
func checked(k *ir.Kernel) interp.Options {
	o := interp.Options{Check: true, Fresh: make([]bool, len(k.Buffers))}
	for i, b := range k.Buffers {
		o.Fresh[i] = b.Access == ir.Write
	}
	return o
}

// run launches a kernel with all checks.
func run(t *testing.T, k kernels.Kernel, l kernels.Launch, buffers ...any) {
	t.Helper()
	built := build(t, k)
	if err := interp.Run(built, l.Grid, bind(l, buffers), checked(built)); err != nil {
		t.Fatalf("%+v: %v\n%s", k, err, built.Text())
	}
}

func rng(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

// normal returns n normal numbers.
func normal(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// empty returns n numbers that no result should be.
func empty(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = -12345
	}
	return x
}

func clone[T any](x []T) []T { return append([]T(nil), x...) }

// wide returns a Float64 tensor of the given shape with the numbers of x.
func wide(x []float32, shape ...int) *tensor.Tensor {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return tensor.FromSlice(y, shape...)
}

// near fails unless got is within bound·max(|want|, 1) of what the CPU computed in float64.
func near(t *testing.T, name string, got []float32, want *tensor.Tensor, bound float64) {
	t.Helper()
	w := tensor.Data[float64](want)
	if len(got) != len(w) {
		t.Fatalf("%s: %d numbers, want %d", name, len(got), len(w))
	}
	for i, v := range w {
		g := float64(got[i])
		if math.IsNaN(v) && math.IsNaN(g) || v == g {
			continue
		}
		if !(math.Abs(g-v) <= bound*max(math.Abs(v), 1)) {
			t.Fatalf("%s[%d] = %v, want %v: off by %.3g, bound %.3g", name, i, g, v, math.Abs(g-v), bound*max(math.Abs(v), 1))
		}
	}
}

// exact fails unless got and want have the same bits, NaNs apart.
func exact[T float32 | int32 | uint16](t *testing.T, name string, got, want []T) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", name, len(got), len(want))
	}
	for i, v := range want {
		if got[i] != v && !(got[i] != got[i] && v != v) {
			t.Fatalf("%s[%d] = %v, want %v", name, i, got[i], v)
		}
	}
}

// lengths are awkward numbers of elements.
var lengths = []int{1, 3, 4, 7, 33, 130, 1029}

// rowShapes are awkward shapes [rows, cols].
var rowShapes = [][2]int{{1, 1}, {3, 7}, {2, 33}, {5, 130}, {1, 300}}

// rowKinds are ways to share out rows.
var rowKinds = []kernels.Rows{
	{Lanes: 1}, {Lanes: 32}, {Lanes: 64, Subgroup: 4}, {Lanes: 64, Subgroup: 8}, {Lanes: 32, Subgroup: 32},
	{Lanes: 128, Subgroup: 64}, {Lanes: 16, Subgroup: 8, Narrow: true}, {Lanes: 64, Subgroup: 64, Narrow: true},
}

// eachRows runs a test for every kind of rows and shape.
func eachRows(t *testing.T, f func(t *testing.T, r kernels.Rows, rows, cols int)) {
	for _, r := range rowKinds {
		for _, s := range rowShapes {
			t.Run(fmt.Sprintf("%+v/%dx%d", r, s[0], s[1]), func(t *testing.T) { f(t, r, s[0], s[1]) })
		}
	}
}
