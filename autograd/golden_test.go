package autograd

import (
	"math"
	"strings"
	"testing"

	"inkstone/tensor"
	"inkstone/tensor/safetensors"
)

// golden computes each case of testdata/golden/ops.safetensors from its variables, which
// come in the order of the names: see the README there.
var golden = map[string]struct {
	in string
	f  func(t *Tape, v []*Variable, aux func(name string) *tensor.Tensor) *Variable
}{}

// on adds cases: "softmax softmax_steep" with inputs "x".
func on(names, in string, f func(t *Tape, v []*Variable, aux func(name string) *tensor.Tensor) *Variable) {
	for _, name := range strings.Fields(names) {
		golden[name] = struct {
			in string
			f  func(t *Tape, v []*Variable, aux func(name string) *tensor.Tensor) *Variable
		}{in, f}
	}
}

type aux = func(name string) *tensor.Tensor

func init() {
	unary := map[string]func(t *Tape, x *Variable) *Variable{
		"neg": (*Tape).Neg, "exp": (*Tape).Exp, "log": (*Tape).Log, "sqrt": (*Tape).Sqrt, "tanh": (*Tape).Tanh,
		"sigmoid": (*Tape).Sigmoid, "relu": (*Tape).ReLU, "silu": (*Tape).SiLU, "gelu": (*Tape).GELU, "gelu_erf": (*Tape).GELUErf,
		"softmax": (*Tape).Softmax, "softmax_steep": (*Tape).Softmax, "log_softmax": (*Tape).LogSoftmax, "log_softmax_steep": (*Tape).LogSoftmax,
		"sum_all": (*Tape).SumAll, "mean_all": (*Tape).MeanAll,
	}
	for name, f := range unary {
		on(name, "x", func(t *Tape, v []*Variable, _ aux) *Variable { return f(t, v[0]) })
	}
	for name, f := range map[string]func(t *Tape, a, b *Variable) *Variable{
		"add": (*Tape).Add, "sub": (*Tape).Sub, "mul": (*Tape).Mul, "div": (*Tape).Div,
	} {
		for _, shape := range []string{"", "_row", "_column", "_left", "_both", "_scalar"} {
			on(name+shape, "a b", func(t *Tape, v []*Variable, _ aux) *Variable { return f(t, v[0], v[1]) })
		}
	}
	on("swiglu", "gate up", func(t *Tape, v []*Variable, _ aux) *Variable { return t.SwiGLU(v[0], v[1]) })
	for _, m := range []struct {
		names  string
		ta, tb bool
	}{
		{"matmul matmul_row matmul_wide matmul_batched matmul_shared", false, false},
		{"matmul_nt matmul_batched_nt", false, true}, {"matmul_tn", true, false}, {"matmul_tt", true, true},
	} {
		on(m.names, "a b", func(t *Tape, v []*Variable, _ aux) *Variable {
			a, b := v[0], v[1]
			if m.ta {
				a = t.Transpose(a, -1, -2)
			}
			if m.tb {
				b = t.Transpose(b, -1, -2)
			}
			return t.MatMul(a, b)
		})
	}
	on("linear", "x weight bias", func(t *Tape, v []*Variable, _ aux) *Variable { return t.Linear(v[0], v[1], v[2]) })
	on("linear_t", "x weight bias", func(t *Tape, v []*Variable, _ aux) *Variable { return t.LinearT(v[0], v[1], v[2]) })
	on("layer_norm layer_norm_far", "x weight bias", func(t *Tape, v []*Variable, _ aux) *Variable {
		return t.LayerNorm(v[0], v[1], v[2], 1e-5)
	})
	on("rms_norm", "x weight", func(t *Tape, v []*Variable, _ aux) *Variable { return t.RMSNorm(v[0], v[1], 1e-6) })
	for d, name := range []string{"0", "1", "2"} {
		on("sum_"+name, "x", func(t *Tape, v []*Variable, _ aux) *Variable { return t.Sum(v[0], d) })
		on("mean_"+name, "x", func(t *Tape, v []*Variable, _ aux) *Variable { return t.Mean(v[0], d) })
	}
	on("embedding", "table", func(t *Tape, v []*Variable, a aux) *Variable { return t.Embedding(v[0], a("ids")) })
	on("cross_entropy", "x", func(t *Tape, v []*Variable, a aux) *Variable { return t.CrossEntropy(v[0], a("targets")) })
	on("cross_entropy_mean", "x", func(t *Tape, v []*Variable, a aux) *Variable { return t.CrossEntropyMean(v[0], a("targets")) })
	on("rope", "x", func(t *Tape, v []*Variable, a aux) *Variable { return t.RoPE(v[0], a("cos"), a("sin"), 3, false) })
	on("rope_interleaved", "x", func(t *Tape, v []*Variable, a aux) *Variable { return t.RoPE(v[0], a("cos"), a("sin"), 3, true) })
	for _, causal := range []bool{true, false} {
		names := "attention_full attention_full_grouped"
		if causal {
			names = "attention_causal attention_causal_grouped attention_causal_late attention_causal_one attention_causal_long"
		}
		on(names, "q k v", func(t *Tape, v []*Variable, _ aux) *Variable {
			return t.Attention(v[0], v[1], v[2], 1/math.Sqrt(float64(v[0].Dim(-1))), causal)
		})
	}
}

// TestGolden compares every operation, forward and backward, in both types, with PyTorch.
func TestGolden(t *testing.T) {
	f, err := safetensors.Open("../testdata/golden/ops.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c := tensor.NewCPU(2)
	defer c.Close()
	seen := map[string]bool{}
	for _, full := range f.Names() {
		name, _, _ := strings.Cut(full, "/")
		if seen[name] {
			continue
		}
		seen[name] = true
		o, ok := golden[name]
		if !ok {
			if !strings.HasPrefix(name, "max_") { // Max has no gradient here: see TestGoldenMax
				t.Errorf("no test of the golden case %s", name)
			}
			continue
		}
		for d, tolerance := range map[tensor.DType]float64{tensor.Float64: 3e-7, tensor.Float32: 3e-6} {
			read := func(what string) *tensor.Tensor {
				x, err := f.Tensor(name + "/" + what)
				if err != nil {
					t.Fatal(err)
				}
				if x.DType() == tensor.Int32 {
					return x
				}
				own := tensor.New(d, x.Shape()...)
				c.Copy(own, x)
				return own
			}
			var in []*Variable
			for _, n := range strings.Fields(o.in) {
				in = append(in, NewParameter(n, read(n)))
			}
			tape := NewTape(c)
			y := o.f(tape, in, read)
			goldenClose(t, name+" "+d.String()+" y", y.Value, read("y"), tolerance)
			tape.Backward(tape.SumAll(tape.Mul(tape.Reshape(y, -1), Constant(read("dy").Reshape(-1)))))
			for _, v := range in {
				goldenClose(t, name+" "+d.String()+" d"+v.Name, v.Grad(), read("d"+v.Name), tolerance)
			}
		}
	}
	if len(seen) < 50 {
		t.Errorf("only %d golden cases", len(seen))
	}
}

// TestGoldenMax compares the largest elements along the last dimension.
func TestGoldenMax(t *testing.T) {
	f, err := safetensors.Open("../testdata/golden/ops.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c := tensor.NewCPU(1)
	defer c.Close()
	x, err := f.Tensor("max_2/x")
	if err != nil {
		t.Fatal(err)
	}
	want, err := f.Tensor("max_2/y")
	if err != nil {
		t.Fatal(err)
	}
	got := tensor.New(tensor.Float32, want.Shape()...)
	c.Max(got, nil, x)
	goldenClose(t, "max_2", got, want, 0)
}

// goldenClose compares element by element, relative to the tensor's largest.
func goldenClose(t *testing.T, what string, got, want *tensor.Tensor, tolerance float64) {
	t.Helper()
	if got == nil || got.Len() != want.Len() {
		t.Errorf("%s: got %v, want %v", what, got, want)
		return
	}
	g, w := floats(got), floats(want)
	scale := 0.02 // float32 cannot tell 1 from 1 − 3·10⁻⁸, which a saturated softmax asks for
	for _, x := range w {
		scale = max(scale, abs(x))
	}
	for i := range w {
		if !(abs(g[i]-w[i]) <= tolerance*scale) {
			t.Errorf("%s: element %d is %.9g, want %.9g", what, i, g[i], w[i])
			return
		}
	}
}

// floats returns the elements of a tensor in row-major order.
func floats(x *tensor.Tensor) []float64 {
	c := tensor.NewCPU(1)
	defer c.Close()
	wide := tensor.New(tensor.Float64, x.Shape()...)
	c.Copy(wide, x)
	return tensor.Data[float64](wide)
}
