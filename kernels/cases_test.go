package kernels

import (
	"math"
	"math/rand/v2"
)

// operands are the arguments of one kernel call.
type operands[T Float] struct {
	f   [][]T    // float slices, outputs first
	ids []int32  // indices, where the kernel takes any
	b   [][]byte // packed numbers, read only
	n   []int    // sizes
	s   []T      // scalars
}

// A kernelCase drives every test of one kernel: parity of all levels with the float64
// oracle, guard pages, aliasing, NaN propagation, GC progress, fuzzing and the benchmark.
type kernelCase struct {
	name    string // of the exported kernel
	outs    int    // the first outs slices of f are written (and may be read)
	scratch int    // the next so many slices of f are working memory: what is left there is nobody's business
	sizes   []int  // problem sizes to test; nil means vectorSizes

	// args makes the arguments for a problem size: random inputs, garbage in pure outputs.
	args func(r *rand.Rand, size int) *operands[float64]

	// run calls the kernel. The two are the same generic function, instantiated twice.
	run32 func(*operands[float32])
	run64 func(*operands[float64])

	// scale bounds the terms that add up to an output, for kernels in which they cancel:
	// errors are then measured against it. nil means the largest output.
	scale func(o *operands[float64]) float64

	exact       bool     // every level must give the generic float32 bits
	elementwise bool     // outputs at i depend on inputs at i alone, whatever i and the length
	alias       [][2]int // pairs {out, in} of f that may be the same slice

	// bytes and flops of one call on these operands, for the benchmark.
	work func(o *operands[float64]) (bytes, flops int)
}

// testSizes are the problem sizes of the tests.
func (c kernelCase) testSizes() []int {
	if c.sizes != nil {
		return c.sizes
	}
	return vectorSizes
}

// vectorSizes stand around every vector width and unroll in use.
var vectorSizes = []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 63, 64, 65, 100, 127, 128, 129, 255, 257, 1000}

// cases lists every kernel; each file of cases appends its own in init.
var cases []kernelCase

// normal fills a new slice with standard normal numbers.
func normal(r *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	return x
}

// largest returns the largest absolute value in x.
func largest(x []float64) float64 {
	m := 0.0
	for _, v := range x {
		m = max(m, math.Abs(v))
	}
	return m
}

// unwritten is what garbage is made of.
const unwritten = 1e30

// garbage fills a new slice with numbers that no kernel may let through to its output.
func garbage(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = unwritten
	}
	return x
}

// narrow rounds operands to float32.
func narrow(o *operands[float64]) *operands[float32] {
	p := &operands[float32]{ids: append([]int32(nil), o.ids...), b: o.b, n: o.n}
	for _, x := range o.f {
		p.f = append(p.f, to32(x))
	}
	p.s = to32(o.s)
	return p
}

// widen turns float32 operands into float64 ones of the same values, so that the oracle
// starts from exactly what the kernel under test saw.
func widen(o *operands[float32]) *operands[float64] {
	p := &operands[float64]{ids: append([]int32(nil), o.ids...), b: o.b, n: o.n}
	for _, x := range o.f {
		p.f = append(p.f, to64(x))
	}
	p.s = to64(o.s)
	return p
}

func to32(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

func to64(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}
