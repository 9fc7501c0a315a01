package nn

import (
	"math"
	"strings"
	"testing"

	"inkstone/autograd"
	"inkstone/tensor"
	"inkstone/tensor/safetensors"
)

// TestGoldenLoRA compares an adapted layer, forward and backward, in both types, with
// PyTorch: see testdata/golden/README.md.
func TestGoldenLoRA(t *testing.T) {
	f, err := safetensors.Open("../testdata/golden/lora.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	cases := 0
	for _, full := range f.Names() {
		name, isOutput := strings.CutSuffix(full, "/y")
		if !isOutput {
			continue
		}
		cases++
		for dtype, tolerance := range map[tensor.DType]float64{tensor.Float64: 1e-6, tensor.Float32: 1e-5} {
			read := func(what string) *tensor.Tensor {
				x, err := f.Tensor(name + "/" + what)
				if err != nil {
					t.Fatal(err)
				}
				own := tensor.New(dtype, x.Shape()...)
				cpu.Copy(own, x)
				return own
			}
			learns := func(what string) *autograd.Variable { return autograd.NewParameter(what, read(what)) }
			l := &Linear{Weight: autograd.Constant(read("weight")), Conv1D: strings.Contains(name, "conv1d")}
			if f.Has(name + "/bias") {
				l.Bias = autograd.Constant(read("bias"))
			}
			c := LoRAConfig{Rank: 3, Alpha: 5, RSLoRA: strings.Contains(name, "rslora")}
			l.adapter = &adapter{a: learns("a"), b: learns("b"), scale: c.scale()}
			x := learns("x")
			learned := []*autograd.Variable{x, l.adapter.a, l.adapter.b}
			if strings.HasPrefix(name, "dora") {
				l.adapter.magnitude = learns("magnitude")
				learned = append(learned, l.adapter.magnitude)
			}
			tape := autograd.NewTape(cpu)
			y := l.Forward(tape, x)
			near(t, name+" "+dtype.String()+" y", y.Value, read("y"), tolerance)
			tape.Backward(tape.SumAll(tape.Mul(y, autograd.Constant(read("dy")))))
			for _, v := range learned {
				near(t, name+" "+dtype.String()+" d"+v.Name, v.Grad(), read("d"+v.Name), tolerance)
			}

			l.adapter.fold(cpu, l)
			l.adapter = nil
			tape.Reset()
			near(t, name+" "+dtype.String()+" merged y", l.Forward(tape, x).Value, read("y"), tolerance)
		}
	}
	if cases != 8 {
		t.Errorf("%d golden cases, want 8", cases)
	}
}

// near compares element by element, relative to the largest.
func near(t *testing.T, what string, got, want *tensor.Tensor, tolerance float64) {
	t.Helper()
	if got == nil || !tensor.SameShape(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
		return
	}
	g, w := numbers(got), numbers(want)
	largest := 0.0
	for _, x := range w {
		largest = max(largest, math.Abs(x))
	}
	for i := range w {
		if !(math.Abs(g[i]-w[i]) <= tolerance*largest) {
			t.Errorf("%s: element %d is %.9g, want %.9g", what, i, g[i], w[i])
			return
		}
	}
}

// numbers returns the elements of a tensor in row-major order.
func numbers(x *tensor.Tensor) []float64 {
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	wide := tensor.New(tensor.Float64, x.Shape()...)
	cpu.Copy(wide, x)
	return tensor.Data[float64](wide)
}
