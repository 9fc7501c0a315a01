package autograd

import (
	"slices"
	"testing"

	"inkstone/tensor"
)

func randn(purpose int, shape ...int) *tensor.Tensor {
	t := tensor.New(tensor.Float64, shape...)
	tensor.FillNormal(t, tensor.NewStream(11, "test", purpose), 0, 1)
	return t
}

// away returns random numbers at least 0.1 from 0, where ReLU and Max have kinks.
func away(purpose int, shape ...int) *tensor.Tensor {
	t := randn(purpose, shape...)
	for i, x := range tensor.Data[float64](t) {
		if x < 0 {
			x -= 0.1
		} else {
			x += 0.1
		}
		tensor.Data[float64](t)[i] = x
	}
	return t
}

func positive(purpose int, shape ...int) *tensor.Tensor {
	t := away(purpose, shape...)
	for i, x := range tensor.Data[float64](t) {
		tensor.Data[float64](t)[i] = 0.2 + x*x
	}
	return t
}

type inputs = []*tensor.Tensor

// An opCase is a function of some inputs whose gradient is checked.
type opCase struct {
	name string
	in   inputs
	f    func(t *Tape, v []*Variable) *Variable
}

var opCases = []opCase{
	{"Neg", inputs{randn(1, 3, 5)}, func(t *Tape, v []*Variable) *Variable { return t.Neg(v[0]) }},
	{"Exp", inputs{randn(1, 3, 5)}, func(t *Tape, v []*Variable) *Variable { return t.Exp(v[0]) }},
	{"Log", inputs{positive(1, 3, 5)}, func(t *Tape, v []*Variable) *Variable { return t.Log(v[0]) }},
	{"Sqrt", inputs{positive(1, 3, 5)}, func(t *Tape, v []*Variable) *Variable { return t.Sqrt(v[0]) }},
	{"Tanh", inputs{randn(1, 3, 5)}, func(t *Tape, v []*Variable) *Variable { return t.Tanh(v[0]) }},
	{"Sigmoid", inputs{randn(1, 3, 5)}, func(t *Tape, v []*Variable) *Variable { return t.Sigmoid(v[0]) }},
	{"ReLU", inputs{away(1, 3, 5)}, func(t *Tape, v []*Variable) *Variable { return t.ReLU(v[0]) }},
	{"GELU", inputs{randn(1, 3, 5)}, func(t *Tape, v []*Variable) *Variable { return t.GELU(v[0]) }},
	{"GELUErf", inputs{randn(1, 3, 5)}, func(t *Tape, v []*Variable) *Variable { return t.GELUErf(v[0]) }},
	{"SiLU", inputs{randn(1, 3, 5)}, func(t *Tape, v []*Variable) *Variable { return t.SiLU(v[0]) }},
	{"Scale", inputs{randn(1, 3, 5)}, func(t *Tape, v []*Variable) *Variable { return t.Scale(v[0], -1.7) }},
	{"AddScalar", inputs{randn(1, 3, 5)}, func(t *Tape, v []*Variable) *Variable { return t.AddScalar(v[0], 2) }},
	{"Add", inputs{randn(1, 2, 3, 5), randn(2, 3, 1)}, func(t *Tape, v []*Variable) *Variable { return t.Add(v[0], v[1]) }},
	{"Sub", inputs{randn(1, 3, 1), randn(2, 2, 3, 5)}, func(t *Tape, v []*Variable) *Variable { return t.Sub(v[0], v[1]) }},
	{"Mul", inputs{randn(1, 2, 1, 5), randn(2, 3, 1)}, func(t *Tape, v []*Variable) *Variable { return t.Mul(v[0], v[1]) }},
	{"Mul by itself", inputs{randn(1, 3, 5)}, func(t *Tape, v []*Variable) *Variable { return t.Mul(v[0], v[0]) }},
	{"Minimum", inputs{randn(1, 3, 5), randn(2, 3, 1)}, func(t *Tape, v []*Variable) *Variable { return t.Minimum(v[0], v[1]) }},
	{"Maximum", inputs{randn(1, 5), randn(2, 2, 3, 5)}, func(t *Tape, v []*Variable) *Variable { return t.Maximum(v[0], v[1]) }},
	{"Clamp", inputs{randn(1, 4, 7)}, func(t *Tape, v []*Variable) *Variable { return t.Clamp(v[0], -0.5, 0.7) }},
	{"Div", inputs{randn(1, 3, 5), positive(2, 5)}, func(t *Tape, v []*Variable) *Variable { return t.Div(v[0], v[1]) }},
	{"SwiGLU", inputs{randn(1, 3, 5), randn(2, 3, 5)}, func(t *Tape, v []*Variable) *Variable { return t.SwiGLU(v[0], v[1]) }},
	{"SumAll", inputs{randn(1, 3, 5)}, func(t *Tape, v []*Variable) *Variable { return t.SumAll(v[0]) }},
	{"MeanAll", inputs{randn(1, 3, 5)}, func(t *Tape, v []*Variable) *Variable { return t.MeanAll(v[0]) }},
	{"Sum 1", inputs{randn(1, 2, 3, 5)}, func(t *Tape, v []*Variable) *Variable { return t.Sum(v[0], 1) }},
	{"Mean -1", inputs{randn(1, 2, 3, 5)}, func(t *Tape, v []*Variable) *Variable { return t.Mean(v[0], -1) }},
	{"Reshape", inputs{randn(1, 6, 4)}, func(t *Tape, v []*Variable) *Variable { return t.Tanh(t.Reshape(v[0], 2, -1, 2)) }},
	{"Transpose", inputs{randn(1, 2, 3, 4)}, func(t *Tape, v []*Variable) *Variable { return t.Tanh(t.Transpose(v[0], 0, 2)) }},
	{"Slice", inputs{randn(1, 4, 6)}, func(t *Tape, v []*Variable) *Variable {
		return t.Mul(t.Slice(v[0], 1, 1, 4), t.Slice(v[0], 1, 2, 5)) // they overlap
	}},
	{"Concat", inputs{randn(1, 2, 3), randn(2, 2, 4), randn(3, 2, 1)}, func(t *Tape, v []*Variable) *Variable {
		return t.Tanh(t.Concat(-1, v...))
	}},
	{"MatMul", inputs{randn(1, 7, 5), randn(2, 5, 6)}, func(t *Tape, v []*Variable) *Variable { return t.MatMul(v[0], v[1]) }},
	{"MatMul batch", inputs{randn(1, 3, 7, 5), randn(2, 3, 6, 5)}, func(t *Tape, v []*Variable) *Variable {
		return t.MatMul(v[0], t.Transpose(v[1], 1, 2))
	}},
	{"MatMul one b", inputs{randn(1, 3, 7, 5), randn(2, 5, 6)}, func(t *Tape, v []*Variable) *Variable { return t.MatMul(v[0], v[1]) }},
	{"Linear", inputs{randn(1, 2, 7, 5), randn(2, 6, 5), randn(3, 6)}, func(t *Tape, v []*Variable) *Variable {
		return t.Linear(v[0], v[1], v[2])
	}},
	{"LinearT", inputs{randn(1, 2, 7, 5), randn(2, 5, 6), randn(3, 6)}, func(t *Tape, v []*Variable) *Variable {
		return t.LinearT(v[0], v[1], v[2])
	}},
	{"AddLinear", inputs{randn(1, 2, 7, 5), randn(2, 6, 5), randn(3, 2, 7, 3), randn(4, 6, 3)}, func(t *Tape, v []*Variable) *Variable {
		return t.Tanh(t.AddLinear(t.Linear(v[0], v[1], nil), v[2], v[3], 0.7))
	}},
	{"AddLinear of one input", inputs{randn(1, 7, 5), randn(2, 5, 6), randn(3, 3, 5), randn(4, 6, 3)}, func(t *Tape, v []*Variable) *Variable {
		return t.AddLinear(t.LinearT(v[0], v[1], nil), t.Linear(v[0], v[2], nil), v[3], -2)
	}},
	{"Residual", inputs{randn(1, 7, 5), randn(2, 5, 5)}, func(t *Tape, v []*Variable) *Variable {
		x := t.Residual(v[0], t.Linear(t.Tanh(v[0]), v[1], nil))
		return t.Tanh(t.Residual(x, t.AddLinear(t.LinearT(x, v[1], nil), v[0], v[1], 0.3)))
	}},
	{"Residual of no layer", inputs{randn(1, 7, 5)}, func(t *Tape, v []*Variable) *Variable {
		return t.Residual(v[0], t.Tanh(v[0]))
	}},
	{"Residual of itself", inputs{randn(1, 7, 5), randn(2, 5, 5)}, func(t *Tape, v []*Variable) *Variable {
		y := t.Linear(v[0], v[1], nil)
		return t.Tanh(t.Residual(y, y))
	}},
	{"Linear twice", inputs{randn(1, 7, 5), randn(2, 5, 5)}, func(t *Tape, v []*Variable) *Variable {
		return t.Linear(t.Tanh(t.Linear(v[0], v[1], nil)), v[1], nil)
	}},
	{"LayerNorm", inputs{randn(1, 70, 6), randn(2, 6), randn(3, 6)}, func(t *Tape, v []*Variable) *Variable {
		return t.LayerNorm(v[0], v[1], v[2], 1e-5)
	}},
	{"LayerNorm no bias", inputs{randn(1, 4, 6), randn(2, 6)}, func(t *Tape, v []*Variable) *Variable {
		return t.LayerNorm(v[0], v[1], nil, 1e-5)
	}},
	{"RMSNorm", inputs{randn(1, 70, 6), randn(2, 6)}, func(t *Tape, v []*Variable) *Variable { return t.RMSNorm(v[0], v[1], 1e-5) }},
	{"Softmax", inputs{randn(1, 4, 6)}, func(t *Tape, v []*Variable) *Variable { return t.Softmax(v[0]) }},
	{"LogSoftmax", inputs{randn(1, 4, 6)}, func(t *Tape, v []*Variable) *Variable { return t.LogSoftmax(v[0]) }},
	{"CrossEntropy", inputs{randn(1, 4, 6)}, func(t *Tape, v []*Variable) *Variable {
		return t.CrossEntropy(v[0], tensor.FromSlice([]int32{5, 0, -1, 2}, 4))
	}},
	{"CrossEntropy of a result", inputs{randn(1, 4, 6)}, func(t *Tape, v []*Variable) *Variable {
		return t.CrossEntropy(t.Tanh(v[0]), tensor.FromSlice([]int32{5, 0, -1, 2}, 4))
	}},
	{"CrossEntropy of Linear", inputs{randn(1, 4, 3), randn(2, 6, 3)}, func(t *Tape, v []*Variable) *Variable {
		return t.CrossEntropy(t.Linear(v[0], v[1], nil), tensor.FromSlice([]int32{5, 0, -1, 2}, 4))
	}},
	{"CrossEntropy of logits used twice", inputs{randn(1, 4, 3), randn(2, 6, 3)}, func(t *Tape, v []*Variable) *Variable {
		logits := t.Linear(v[0], v[1], nil)
		square := t.Sum(t.Mul(logits, logits), 1)
		return t.Add(t.CrossEntropy(logits, tensor.FromSlice([]int32{5, 0, -1, 2}, 4)), t.Reshape(square, 4))
	}},
	{"CrossEntropyMean", inputs{randn(1, 2, 2, 6)}, func(t *Tape, v []*Variable) *Variable {
		return t.CrossEntropyMean(v[0], tensor.FromSlice([]int32{5, 0, -1, 2}, 4))
	}},
	{"Embedding", inputs{randn(1, 5, 3)}, func(t *Tape, v []*Variable) *Variable {
		return t.Embedding(v[0], tensor.FromSlice([]int32{1, 4, 1, 0}, 2, 2))
	}},
	{"RoPE", inputs{randn(1, 2, 3, 2, 4)}, func(t *Tape, v []*Variable) *Variable {
		return t.RoPE(v[0], randn(8, 5, 2), randn(9, 5, 2), 1, false)
	}},
	{"RoPE interleaved", inputs{randn(1, 2, 3, 2, 4)}, func(t *Tape, v []*Variable) *Variable {
		return t.RoPE(v[0], randn(8, 5, 2), randn(9, 5, 2), 1, true)
	}},
	{"Dropout", inputs{randn(1, 9, 5)}, func(t *Tape, v []*Variable) *Variable {
		t.Training(true)
		return t.Mul(t.Dropout(v[0], 0.3), t.Dropout(v[0], 0.5))
	}},
	{"Attention", inputs{randn(1, 2, 9, 4, 6), randn(2, 2, 11, 2, 6), randn(3, 2, 11, 2, 6)}, func(t *Tape, v []*Variable) *Variable {
		return t.Attention(v[0], v[1], v[2], 0.4, true)
	}},
	{"Attention to all", inputs{randn(1, 1, 3, 2, 5), randn(2, 1, 7, 2, 5), randn(3, 1, 7, 2, 5)}, func(t *Tape, v []*Variable) *Variable {
		return t.Attention(v[0], v[1], v[2], 0.4, false)
	}},
	{"AttentionSegments", inputs{randn(1, 1, 9, 4, 6), randn(2, 1, 9, 2, 6), randn(3, 1, 9, 2, 6)}, func(t *Tape, v []*Variable) *Variable {
		return t.AttentionSegments(v[0], v[1], v[2], tensor.FromSlice([]int32{0, 4, 5}, 3), 0.4)
	}},
	{"AttentionPacked", inputs{randn(1, 2, 9, 24)}, func(t *Tape, v []*Variable) *Variable {
		return t.AttentionPacked(v[0], 2, 0.5, true)
	}},
	{"Checkpoint", inputs{randn(1, 4, 6), randn(2, 6, 6)}, func(t *Tape, v []*Variable) *Variable {
		t.Training(true)
		return t.Checkpoint(v[0], func(t *Tape, x *Variable) *Variable {
			return t.Add(x, t.Dropout(t.GELU(t.Linear(x, v[1], nil)), 0.4))
		})
	}},
	{"diamond", inputs{randn(1, 4, 6)}, func(t *Tape, v []*Variable) *Variable {
		a := t.Tanh(v[0])
		b := t.Mul(a, t.Sigmoid(a))
		return t.Add(t.Add(a, b), t.Mul(b, v[0]))
	}},
}

// TestGradients: every operation's backward agrees with finite differences of its forward.
func TestGradients(t *testing.T) {
	c := tensor.NewCPU(2)
	defer c.Close()
	for _, o := range opCases {
		if err := GradCheck(c, 1e-6, o.f, o.in...); err != nil {
			t.Errorf("%s: %v", o.name, err)
		}
	}
}

// TestAddLinearTakesFreshSums: what it would change under another's eyes is refused.
func TestAddLinearTakesFreshSums(t *testing.T) {
	c := tensor.NewCPU(1)
	defer c.Close()
	x, w := NewParameter("x", randn(1, 2, 3)), NewParameter("w", randn(2, 3, 3))
	for name, y := range map[string]func(tape *Tape) *Variable{
		"a parameter": func(*Tape) *Variable { return x },
		"Tanh":        func(tape *Tape) *Variable { return tape.Tanh(x) },
		"used":        func(tape *Tape) *Variable { y := tape.Linear(x, w, nil); tape.Exp(y); return y },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s is accepted", name)
				}
			}()
			tape := NewTape(c)
			tape.AddLinear(y(tape), x, w, 1)
		}()
	}
}

// TestResidual: the sum is that of Add, in the memory of a layer's result, but not of one that
// somebody looks at.
func TestResidual(t *testing.T) {
	c := tensor.NewCPU(1)
	defer c.Close()
	x, w := NewParameter("x", randn(1, 2, 3)), NewParameter("w", randn(2, 3, 3))
	for name, made := range map[string]struct {
		y       func(tape *Tape) *Variable
		inPlace bool
	}{
		"Linear":  {func(tape *Tape) *Variable { return tape.Linear(x, w, nil) }, true},
		"LinearT": {func(tape *Tape) *Variable { return tape.LinearT(x, w, nil) }, true},
		"AddLinear": {func(tape *Tape) *Variable {
			return tape.AddLinear(tape.Linear(x, w, nil), x, w, 2)
		}, true},
		"Dropout": {func(tape *Tape) *Variable {
			tape.Training(true)
			return tape.Dropout(tape.Linear(x, w, nil), 0.5)
		}, true},
		"a parameter": {func(*Tape) *Variable { return w }, false},
		"Tanh":        {func(tape *Tape) *Variable { return tape.Tanh(x) }, false},
		"used": {func(tape *Tape) *Variable {
			y := tape.Linear(x, w, nil)
			tape.Exp(y)
			return y
		}, false},
		"retained": {func(tape *Tape) *Variable {
			tape.Retain(true)
			return tape.Linear(x, w, nil)
		}, false},
		"broadcast": {func(tape *Tape) *Variable { return tape.Linear(tape.Slice(x, 0, 0, 1), w, nil) }, false},
	} {
		tape := NewTape(c)
		y := made.y(tape)
		to := x
		if name == "a parameter" {
			to = w
		}
		want := slices.Clone(tensor.Data[float64](tape.Add(tape.Detach(to), tape.Detach(y)).Value))
		got := tape.Residual(to, y)
		if !slices.Equal(tensor.Data[float64](got.Value), want) {
			t.Errorf("%s: %v, want %v", name, got.Value, want)
		}
		if in := got.Value.Buffer() == y.Value.Buffer(); in != made.inPlace {
			t.Errorf("%s: in place: %v, want %v", name, in, made.inPlace)
		}
	}
}

// TestGradCheckFindsMistakes: a backward that is wrong by a thousandth does not pass.
func TestGradCheckFindsMistakes(t *testing.T) {
	c := tensor.NewCPU(1)
	defer c.Close()
	wrong := func(t *Tape, v []*Variable) *Variable {
		y := t.Tanh(v[0])
		y.OnGrad(func(g *tensor.Tensor) { tensor.Data[float64](g)[3] *= 1.001 })
		return y
	}
	if err := GradCheck(c, 1e-6, wrong, randn(1, 2, 3)); err == nil {
		t.Error("GradCheck accepts a wrong gradient")
	}
}

// TestFloat32Gradients: gradients in float32 are those in float64, within rounding.
func TestFloat32Gradients(t *testing.T) {
	c := tensor.NewCPU(2)
	defer c.Close()
	for _, o := range opCases {
		if o.name == "RoPE" || o.name == "RoPE interleaved" {
			continue // their tables are float64; the model tests cover them
		}
		grads := map[tensor.DType][]*Variable{}
		for _, d := range []tensor.DType{tensor.Float32, tensor.Float64} {
			tape := NewTape(c)
			var v []*Variable
			for _, x := range o.in {
				own := tensor.New(d, x.Shape()...)
				c.Copy(own, x)
				v = append(v, NewParameter("", own))
			}
			tape.Seed(1, 1)
			tape.Backward(tape.SumAll(o.f(tape, v)))
			grads[d] = v
		}
		for i, v := range grads[tensor.Float32] {
			g, w := v.Grad(), grads[tensor.Float64][i].Grad()
			wide := tensor.New(tensor.Float64, g.Shape()...)
			c.Copy(wide, g)
			for k, x := range tensor.Data[float64](wide) {
				if want := tensor.Data[float64](w)[k]; !(abs(x-want) <= 2e-5*(1+abs(want))) {
					t.Errorf("%s: gradient of input %d, element %d: %v, want %v", o.name, i, k, x, want)
					break
				}
			}
		}
	}
}

func abs(x float64) float64 { return max(x, -x) }
