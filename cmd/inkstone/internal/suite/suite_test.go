package suite

import (
	"math"
	"testing"

	"inkstone/tensor"
)

// TestErrors runs the smaller cases: every kernel gives what float64 gives, and a result with a
// mistake or a NaN in it is seen.
func TestErrors(t *testing.T) {
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	seen := map[string]bool{}
	for _, c := range Cases() {
		if seen[c.Kernel] {
			continue
		}
		seen[c.Kernel] = true
		want := c.Expect(cpu)
		if len(want) != c.outs || c.outs == 0 {
			t.Fatalf("%s: %d outputs", c.Kernel, len(want))
		}
		if e := c.Error(cpu, want); !(e < 1e-5) {
			t.Errorf("%s %s: error %v", c.Kernel, c.Shape, e)
		}
		last := want[c.outs-1]
		last[len(last)/2] += 1 + math.Abs(last[len(last)/2])
		if e := c.Error(cpu, want); !(e > 1e-3) {
			t.Errorf("%s %s: a wrong number went unnoticed: error %v", c.Kernel, c.Shape, e)
		}
		last[len(last)/2] = math.NaN()
		if e := c.Error(cpu, want); e == e {
			t.Errorf("%s %s: NaN went unnoticed: error %v", c.Kernel, c.Shape, e)
		}
	}
	if len(seen) != len(Kernels()) {
		t.Errorf("%d kernels ran, there are %d", len(seen), len(Kernels()))
	}
}

// TestNames: a kernel and a shape together are one case's alone, and every case says what moves.
func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Cases() {
		name := c.Kernel + " " + c.Shape
		if seen[name] {
			t.Errorf("%s is there twice", name)
		}
		seen[name] = true
		if !(c.Bytes > 0) || c.Matrix && !(c.FLOPs > 0) {
			t.Errorf("%s: %v bytes, %v operations", name, c.Bytes, c.FLOPs)
		}
	}
}

func TestNaive(t *testing.T) {
	const m, n, k = 3, 4, 5
	c := MatMul("NN", m, n, k)
	cpu := tensor.NewCPU(1)
	x := c.Operands()
	Naive(tensor.Data[float32](x[0]), tensor.Data[float32](x[1]), tensor.Data[float32](x[2]), m, n, k)
	for i, want := range c.Expect(cpu)[0] {
		if got := x[0].At(i/n, i%n); math.Abs(got-want) > 1e-6 {
			t.Errorf("element %d is %v, want %v", i, got, want)
		}
	}
}
