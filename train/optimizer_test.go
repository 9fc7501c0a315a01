package train

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"inkstone/autograd"
	"inkstone/tensor"
	"inkstone/tensor/safetensors"
)

// setGrads gives each parameter the gradient that grad returns for its elements, by way of
// the loss Σ value·gradient.
func setGrads(b tensor.Backend, params []*autograd.Variable, grad func(p, i int) float64) {
	tape := autograd.NewTape(b)
	var loss *autograd.Variable
	for k, p := range params {
		p.ZeroGrad()
		g := tensor.New(p.Value.DType(), p.Shape()...)
		for i, x := 0, tensor.Data[float64](g); i < len(x); i++ {
			x[i] = grad(k, i)
		}
		part := tape.SumAll(tape.Mul(p, autograd.Constant(g)))
		if loss == nil {
			loss = part
		} else {
			loss = tape.Add(loss, part)
		}
	}
	tape.Backward(loss)
}

func parameters() []*autograd.Variable {
	return []*autograd.Variable{
		autograd.NewParameter("weight", tensor.FromSlice([]float64{1, -2, 3, 0.5, 0.25, -1}, 2, 3)),
		autograd.NewParameter("bias", tensor.FromSlice([]float64{0.5, -4}, 2)),
	}
}

// grad is some gradient that changes from step to step.
func grad(step int) func(p, i int) float64 {
	return func(p, i int) float64 { return math.Sin(float64(3*step+2*p+i+1)) * float64(p+1) }
}

// Against the published algorithm, written down again, with clipping that takes hold in
// some steps and not in others, and decay for the matrix alone.
func TestAdamW(t *testing.T) {
	b := tensor.NewCPU(1)
	defer b.Close()
	c := AdamWConfig{Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, WeightDecay: 0.1, ClipNorm: 2.6}
	params := parameters()
	o := NewOptimizer(params, c)
	want, m, v := [2][]float64{}, [2][]float64{}, [2][]float64{}
	for k, p := range parameters() {
		want[k] = tensor.Data[float64](p.Value)
		m[k], v[k] = make([]float64, len(want[k])), make([]float64, len(want[k]))
	}
	clipped := 0
	const steps = 8
	for step := 1; step <= steps; step++ {
		setGrads(b, params, grad(step))
		lr := 0.1 / float64(step)
		norm, err := o.Step(b, lr)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for k := range want {
			for i := range want[k] {
				sum += math.Pow(grad(step)(k, i), 2)
			}
		}
		if math.Abs(norm-math.Sqrt(sum)) > 1e-12 {
			t.Errorf("step %d: norm %v, want %v", step, norm, math.Sqrt(sum))
		}
		scale := min(1, c.ClipNorm/(norm+1e-6))
		if scale < 1 {
			clipped++
		}
		for k := range want {
			for i := range want[k] {
				g := scale * grad(step)(k, i)
				if k == 0 {
					want[k][i] -= lr * c.WeightDecay * want[k][i]
				}
				m[k][i] = c.Beta1*m[k][i] + (1-c.Beta1)*g
				v[k][i] = c.Beta2*v[k][i] + (1-c.Beta2)*g*g
				mHat := m[k][i] / (1 - math.Pow(c.Beta1, float64(step)))
				vHat := v[k][i] / (1 - math.Pow(c.Beta2, float64(step)))
				want[k][i] -= lr * mHat / (math.Sqrt(vHat) + c.Eps)
				if got := tensor.Data[float64](params[k].Value)[i]; math.Abs(got-want[k][i]) > 1e-12 {
					t.Errorf("step %d, parameter %d[%d]: %v, want %v", step, k, i, got, want[k][i])
				}
			}
		}
	}
	if clipped == 0 || clipped == steps {
		t.Errorf("clipped in %d of %d steps: one case is not tested", clipped, steps)
	}
}

// A run that saves its state and goes on in a new optimiser has the same bits as one that
// never stopped.
func TestOptimizerResumes(t *testing.T) {
	b := tensor.NewCPU(1)
	defer b.Close()
	run := func(stop int) string {
		params := parameters()
		o := NewOptimizer(params, DefaultAdamW())
		for step := range 6 {
			if step == stop {
				f := saved(t, o.State())
				o = NewOptimizer(params, DefaultAdamW())
				if err := o.LoadState(f, b); err != nil {
					t.Fatal(err)
				}
			}
			setGrads(b, params, grad(step))
			if _, err := o.Step(b, 0.01); err != nil {
				t.Fatal(err)
			}
		}
		if o.Steps() != 6 {
			t.Errorf("%d steps, want 6", o.Steps())
		}
		return fmt.Sprint(tensor.Data[float64](params[0].Value), tensor.Data[float64](params[1].Value))
	}
	if got, want := run(3), run(-1); got != want {
		t.Errorf("resumed\n%s\nuninterrupted\n%s", got, want)
	}
}

func saved(t *testing.T, state []safetensors.Named) *safetensors.File {
	t.Helper()
	var file bytes.Buffer
	if err := safetensors.WriteTo(&file, state, nil); err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.Read(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestLoadStateOfAnotherModel(t *testing.T) {
	b := tensor.NewCPU(1)
	defer b.Close()
	state := func(params ...*autograd.Variable) []safetensors.Named {
		return NewOptimizer(params, DefaultAdamW()).State()
	}
	w, bias := parameters()[0], parameters()[1]
	wide := autograd.NewParameter("bias", tensor.New(tensor.Float64, 3))
	single := autograd.NewParameter("bias", tensor.New(tensor.Float32, 2))
	for want, s := range map[string][]safetensors.Named{
		`no tensor "adamw.m.bias"`:                        state(w),
		`"adamw.m.bias" is float64 [3], want float64 [2]`: state(w, wide),
		`is float32 [2], want float64 [2]`:                state(w, single),
		`7 tensors, want 5`:                               state(w, bias, autograd.NewParameter("extra", tensor.New(tensor.Float64, 1))),
	} {
		o := NewOptimizer(parameters(), DefaultAdamW())
		if err := o.LoadState(saved(t, s), b); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// A gradient that is not finite stops the step before it harms anything.
func TestStepRefusesNaN(t *testing.T) {
	b := tensor.NewCPU(1)
	defer b.Close()
	for _, bad := range []float64{math.NaN(), math.Inf(-1)} {
		params := parameters()
		o := NewOptimizer(params, DefaultAdamW())
		setGrads(b, params, func(p, i int) float64 {
			if p == 1 && i == 1 {
				return bad
			}
			return 1
		})
		before := params[0].Value.String()
		_, err := o.Step(b, 0.1)
		if err == nil || !strings.Contains(err.Error(), `step 1: the gradient of "bias" has NaN or infinity`) {
			t.Errorf("%v: error %v", bad, err)
		}
		if got := params[0].Value.String(); got != before || o.Steps() != 0 {
			t.Errorf("%v: the weight changed from %s to %s", bad, before, got)
		}
	}
}

func TestFrozenParametersStay(t *testing.T) {
	b := tensor.NewCPU(1)
	defer b.Close()
	params := parameters()
	params[0].SetNeedsGrad(false)
	o := NewOptimizer(params, DefaultAdamW())
	if n := len(o.State()); n != 3 {
		t.Errorf("%d tensors of state, want 3", n)
	}
	if _, err := o.Step(b, 0.1); err != nil { // nothing has a gradient
		t.Fatal(err)
	}
	for k, p := range parameters() {
		if got, want := params[k].Value.String(), p.Value.String(); got != want {
			t.Errorf("%s changed to %s", p.Name, got)
		}
	}
}

func TestStepAllocatesNothing(t *testing.T) {
	b := tensor.NewCPU(2)
	defer b.Close()
	params := parameters()
	o := NewOptimizer(params, DefaultAdamW())
	setGrads(b, params, grad(1))
	if n := testing.AllocsPerRun(20, func() { o.Step(b, 1e-3) }); n > 0 {
		t.Errorf("%v allocations a step, want 0", n)
	}
}

func TestAdamWConfigValidate(t *testing.T) {
	if err := DefaultAdamW().Validate(); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*AdamWConfig){
		"beta1":        func(c *AdamWConfig) { c.Beta1 = 1 },
		"beta2":        func(c *AdamWConfig) { c.Beta2 = math.NaN() },
		"eps":          func(c *AdamWConfig) { c.Eps = 0 },
		"weight decay": func(c *AdamWConfig) { c.WeightDecay = -1 },
		"clip norm":    func(c *AdamWConfig) { c.ClipNorm = math.Inf(1) },
	} {
		c := DefaultAdamW()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v gave %v, want %s", c, err, want)
		}
	}
}
