package autograd

import (
	"slices"
	"strings"
	"testing"

	"inkstone/tensor"
)

// mlp is a small network with its parameters, for tests of the tape itself.
type mlp struct{ w1, b1, w2 *Variable }

func newMLP() *mlp {
	return &mlp{NewParameter("w1", randn(1, 8, 6)), NewParameter("b1", randn(2, 8)), NewParameter("w2", randn(3, 4, 8))}
}

func (m *mlp) params() []*Variable { return []*Variable{m.w1, m.b1, m.w2} }

func (m *mlp) hidden(t *Tape, x *Variable) *Variable { return t.GELU(t.Linear(x, m.w1, m.b1)) }

func (m *mlp) loss(t *Tape, x *tensor.Tensor) *Variable {
	h := m.hidden(t, t.Input(x))
	return t.CrossEntropyMean(t.Linear(t.Dropout(h, 0.2), m.w2, nil), tensor.FromSlice([]int32{0, 3, 1, 2, 2}, 5))
}

func (m *mlp) grads(t *testing.T, tape *Tape, x *tensor.Tensor) [][]float64 {
	var all [][]float64
	for _, p := range m.params() {
		p.ZeroGrad()
	}
	tape.Reset()
	tape.Seed(1, 1)
	tape.Training(true)
	tape.Backward(m.loss(tape, x))
	for _, p := range m.params() {
		if p.Grad() == nil {
			t.Fatalf("%s has no gradient", p.Name)
		}
		all = append(all, slices.Clone(tensor.Data[float64](p.Grad())))
	}
	return all
}

func equal(a, b [][]float64) bool { return slices.EqualFunc(a, b, slices.Equal[[]float64]) }

func TestAccumulation(t *testing.T) {
	c := tensor.NewCPU(2)
	defer c.Close()
	tape, m, x := NewTape(c), newMLP(), randn(4, 5, 6)
	once := m.grads(t, tape, x)
	tape.Reset()
	tape.Seed(1, 1)
	tape.Backward(m.loss(tape, x)) // a second pass without ZeroGrad adds
	for i, p := range m.params() {
		for k, g := range tensor.Data[float64](p.Grad()) {
			if want := 2 * once[i][k]; abs(g-want) > 1e-14 {
				t.Fatalf("%s element %d: %v after two passes, want %v", p.Name, k, g, want)
			}
		}
	}
	tape.Reset()
	tape.Seed(1, 1)
	for _, p := range m.params() {
		p.ZeroGrad()
	}
	tape.BackwardScaled(m.loss(tape, x), 0.25)
	for i, p := range m.params() {
		for k, g := range tensor.Data[float64](p.Grad()) {
			if want := 0.25 * once[i][k]; abs(g-want) > 1e-15 {
				t.Fatalf("%s element %d: %v with scale ¼, want %v", p.Name, k, g, want)
			}
		}
	}
}

// TestMemory: what the tape keeps or drops, poisons or computes twice never shows in the
// gradients, and neither does the number of threads.
func TestMemory(t *testing.T) {
	x := randn(4, 5, 6)
	var want [][]float64
	for _, threads := range []int{1, 2, 3} {
		c := tensor.NewCPU(threads)
		for _, setup := range []func(*Tape){
			func(*Tape) {},
			func(tape *Tape) { tape.Arena().Poison(true) },
			func(tape *Tape) { tape.Retain(true) },
		} {
			tape, m := NewTape(c), newMLP()
			setup(tape)
			for range 3 {
				got := m.grads(t, tape, x)
				if want == nil {
					want = got
				}
				if !equal(got, want) {
					t.Fatal("gradients differ")
				}
			}
		}
		c.Close()
	}
}

func TestNoAllocations(t *testing.T) {
	c := tensor.NewCPU(2)
	defer c.Close()
	tape, m, x := NewTape(c), newMLP(), randn(4, 5, 6)
	targets := tensor.FromSlice([]int32{0, 3, 1, 2, 2}, 5)
	step := func() {
		for _, p := range [...]*Variable{m.w1, m.b1, m.w2} {
			p.ZeroGrad()
		}
		tape.Reset()
		h := tape.LayerNorm(m.hidden(tape, tape.Input(x)), m.b1, m.b1, 1e-5)
		tape.Backward(tape.CrossEntropyMean(tape.Linear(h, m.w2, nil), targets))
	}
	step()
	if n := testing.AllocsPerRun(20, step); n > 0 {
		t.Errorf("a step allocates %v times", n)
	}
}

func TestNoGradAndDetach(t *testing.T) {
	c := tensor.NewCPU(1)
	defer c.Close()
	tape, m, x := NewTape(c), newMLP(), randn(4, 5, 6)
	tape.NoGrad(func() {
		if m.loss(tape, x).NeedsGrad() {
			t.Error("a result inside NoGrad needs a gradient")
		}
	})
	tape.Reset()
	h := tape.Detach(m.hidden(tape, tape.Input(x)))
	tape.Backward(tape.SumAll(tape.Linear(h, m.w2, nil)))
	if m.w1.Grad() != nil || m.w2.Grad() == nil {
		t.Errorf("after Detach: gradient of w1 %v, of w2 %v", m.w1.Grad(), m.w2.Grad())
	}
	m.w2.ZeroGrad()
	m.w2.SetNeedsGrad(false)
	tape.Reset()
	tape.Backward(tape.SumAll(m.loss(tape, x)))
	if m.w1.Grad() == nil || m.w2.Grad() != nil {
		t.Error("a frozen parameter has a gradient, or froze the others")
	}
}

// TestCheckpointing: computing twice instead of keeping changes no bit, and needs less
// memory when there are many layers.
func TestCheckpointing(t *testing.T) {
	c := tensor.NewCPU(2)
	defer c.Close()
	w := make([]*Variable, 12)
	for i := range w {
		w[i] = NewParameter("w", randn(i, 32, 32))
	}
	x := NewParameter("x", randn(99, 64, 32))
	layer := func(w *Variable) func(t *Tape, x *Variable) *Variable {
		return func(t *Tape, x *Variable) *Variable {
			return t.Add(x, t.Dropout(t.GELU(t.Linear(t.GELU(t.Linear(x, w, nil)), w, nil)), 0.1))
		}
	}
	run := func(checkpoint bool) (grads [][]float64, bytes int) {
		tape := NewTape(c)
		tape.Training(true)
		tape.Seed(3, 4)
		h := x
		for _, w := range w {
			if checkpoint {
				h = tape.Checkpoint(h, layer(w))
			} else {
				h = layer(w)(tape, h)
			}
		}
		tape.Backward(tape.SumAll(h))
		for _, p := range append([]*Variable{x}, w...) {
			grads = append(grads, slices.Clone(tensor.Data[float64](p.Grad())))
			p.ZeroGrad()
		}
		return grads, tape.Arena().Bytes()
	}
	want, plain := run(false)
	got, less := run(true)
	if !equal(got, want) {
		t.Error("checkpointing changes gradients")
	}
	if less*2 > plain {
		t.Errorf("checkpointing needs %d bytes, without it %d", less, plain)
	}
}

func TestHooks(t *testing.T) {
	c := tensor.NewCPU(1)
	defer c.Close()
	tape, m, x := NewTape(c), newMLP(), randn(4, 5, 6)
	tape.Trace(true)
	var ops, grads []string
	tape.OnValue(func(v *Variable) {
		ops = append(ops, v.Scope()+"/"+v.Op())
		if v.Op() == "GELU" { // patch an activation: everything behind it sees zeros
			clear(tensor.Data[float64](v.Value))
		}
	})
	tape.OnGrad(func(v *Variable, g *tensor.Tensor) { grads = append(grads, v.Op()+v.Name) })
	tape.Enter("mlp")
	h := m.hidden(tape, tape.Input(x))
	tape.Leave()
	y := tape.Linear(h, m.w2, nil)
	tape.Backward(tape.SumAll(y))
	if got := strings.Join(ops, " "); got != "mlp/Linear mlp/GELU /Linear /SumAll" {
		t.Errorf("values seen: %s", got)
	}
	for _, want := range []string{"Linear", "GELU", "w1", "b1", "w2"} {
		if !slices.Contains(grads, want) {
			t.Errorf("gradient of %s not seen among %v", want, grads)
		}
	}
	for _, g := range tensor.Data[float64](m.w2.Grad()) {
		if g != 0 {
			t.Fatal("the patched activation did not reach the gradient of w2")
		}
	}
}

func TestDOT(t *testing.T) {
	c := tensor.NewCPU(1)
	defer c.Close()
	tape, m := NewTape(c), newMLP()
	m.loss(tape, randn(4, 5, 6))
	var b strings.Builder
	if err := tape.WriteDOT(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"digraph tape {", `shape=box label="w1\n[8 6]"`, `label="GELU\n[5 8]"`, "v0 -> "} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}
