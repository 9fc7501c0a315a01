// Package suite lists what bench kernels measures: the operations of a tensor.Backend on the
// shapes of transformers, with the arithmetic and the memory traffic of each. The lists in
// elementwise.go, rows.go, attention.go and matmul.go are all there is to add to.
package suite

import (
	"math"
	"slices"

	"inkstone/tensor"
)

// A Case is one operation on operands of one shape.
type Case struct {
	Kernel string  // the operation, as tensor.Backend names it
	Shape  string  // 8192x768
	FLOPs  float64 // additions and multiplications of a call; 0 where it is all about memory
	Bytes  float64 // read and written by a call, each operand once
	Matrix bool    // it multiplies matrices: the backend's precision matters, and so does the machine's peak

	outs     int // the first operands are written, or added to
	operands func(m *maker) []*tensor.Tensor
	run      func(b tensor.Backend, x []*tensor.Tensor)
}

// Cases returns every case, those of one operation one after the other, the smaller first.
func Cases() []Case { return slices.Concat(matmul(), attention(), rows(), elementwise()) }

// Kernels returns the names of the operations.
func Kernels() []string {
	var names []string
	for _, c := range Cases() {
		if !slices.Contains(names, c.Kernel) {
			names = append(names, c.Kernel)
		}
	}
	return names
}

// Operands makes Float32 operands, random where a call reads them.
func (c Case) Operands() []*tensor.Tensor { return c.operands(&maker{}) }

// Run does one call.
func (c Case) Run(b tensor.Backend, x []*tensor.Tensor) { c.run(b, x) }

// Expect runs a case on a backend in Float64, from the numbers that Operands makes, and returns its
// outputs.
func (c Case) Expect(oracle tensor.Backend) [][]float64 {
	x := c.Operands()
	for i, t := range x {
		if t.DType() == tensor.Float32 {
			x[i] = tensor.New(tensor.Float64, t.Shape()...)
			oracle.Copy(x[i], t)
		}
	}
	c.run(oracle, x)
	want := make([][]float64, c.outs)
	for i := range want {
		want[i] = tensor.Data[float64](x[i])
	}
	return want
}

// Error runs a case on a backend and returns the largest difference of an output from what Expect
// returned, in units of the largest number of that output.
func (c Case) Error(b tensor.Backend, want [][]float64) float64 {
	x := c.Operands()
	c.run(b, x)
	worst := 0.0
	for i, want := range want {
		largest, difference := 0.0, 0.0
		for j, got := range tensor.Data[float32](x[i]) {
			largest = max(largest, math.Abs(want[j]))
			difference = max(difference, math.Abs(float64(got)-want[j])) // NaN stays NaN
		}
		if difference != 0 {
			worst = max(worst, difference/largest)
		}
	}
	return worst
}

// A maker makes operands. What they hold depends on nothing but their order.
type maker struct{ made int }

// zeros returns a tensor for an output.
func (m *maker) zeros(shape ...int) *tensor.Tensor { return tensor.New(tensor.Float32, shape...) }

// between returns a tensor of numbers from lo to hi.
func (m *maker) between(lo, hi float64, shape ...int) *tensor.Tensor {
	t := tensor.New(tensor.Float32, shape...)
	tensor.FillUniform(t, tensor.NewStream(1, "suite", m.made), lo, hi)
	m.made++
	return t
}

// some returns a tensor of numbers with mean 0 and standard deviation 1.
func (m *maker) some(shape ...int) *tensor.Tensor {
	return m.between(-math.Sqrt(3), math.Sqrt(3), shape...)
}

// ids returns n whole numbers from 0 to below.
func (m *maker) ids(below, n int) *tensor.Tensor {
	t := tensor.New(tensor.Int32, n)
	r := tensor.NewRNG(tensor.NewStream(1, "suite ids", m.made))
	m.made++
	for i := range tensor.Data[int32](t) {
		tensor.Data[int32](t)[i] = int32(r.IntN(below))
	}
	return t
}

const float = 4 // bytes of a number
