package nn

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"inkstone/autograd"
	"inkstone/tensor"
)

// loraKinds are adapters of every kind.
func loraKinds() map[string]LoRAConfig {
	return map[string]LoRAConfig{
		"lora":   {Rank: 3, Alpha: 6, Targets: []string{AllLinear}},
		"rslora": {Rank: 4, Alpha: 3, Targets: []string{AllLinear}, RSLoRA: true},
		"dora":   {Rank: 2, Alpha: 2, Targets: []string{AllLinear}, DoRA: true},
	}
}

// addTestLoRA adds adapters and moves them off their start, as if they had learned.
func addTestLoRA(t *testing.T, m Model, c LoRAConfig) *LoRA {
	t.Helper()
	l, err := AddLoRA(m, c, 7)
	if err != nil {
		t.Fatal(err)
	}
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	for _, p := range l.Parameters() {
		change := tensor.New(p.Value.DType(), p.Shape()...)
		tensor.FillNormal(change, tensor.NewStream(8, p.Name, 0), 0, 0.2)
		cpu.Accumulate(p.Value, change, 1)
	}
	return l
}

// eachLoRA runs f for both kinds of models with each kind of adapter.
func eachLoRA(t *testing.T, dtype tensor.DType, f func(t *testing.T, cpu *tensor.CPU, m Model, c LoRAConfig)) {
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	for model, c := range testConfigs() {
		for kind, lc := range loraKinds() {
			t.Run(model+"/"+kind, func(t *testing.T) { f(t, cpu, newTestModel(t, c, dtype), lc) })
		}
	}
}

// logits returns a model's scores [1, T, V] of some ids.
func logits(backend tensor.Backend, m Model) *tensor.Tensor {
	tape := autograd.NewTape(backend)
	tape.SetGrad(false)
	ids := tensor.FromSlice(randomIDs(20, m.Config().Vocab), 1, 20)
	return m.Logits(tape, m.Hidden(tape, ids, nil)).Value
}

// farthest returns the largest difference of two tensors' elements, relative to the
// largest element.
func farthest(a, b *tensor.Tensor) float64 {
	x, y := numbers(a), numbers(b)
	difference, largest := 0.0, 0.0
	for i := range x {
		difference = max(difference, math.Abs(x[i]-y[i]))
		largest = max(largest, math.Abs(x[i]))
	}
	return difference / largest
}

// TestLoRAStartsAsBase: fresh adapters change nothing, and are a function of the seed.
func TestLoRAStartsAsBase(t *testing.T) {
	eachLoRA(t, tensor.Float64, func(t *testing.T, cpu *tensor.CPU, m Model, c LoRAConfig) {
		base := logits(cpu, m)
		l, err := AddLoRA(m, c, 7)
		if err != nil {
			t.Fatal(err)
		}
		if d := farthest(base, logits(cpu, l)); d > 1e-14 {
			t.Errorf("fresh adapters change logits by %v", d)
		}
		a := l.Parameters()[0]
		bound := 1 / math.Sqrt(24)
		low, high := slices.Min(numbers(a.Value)), slices.Max(numbers(a.Value))
		if low < -bound || high > bound || low > -0.7*bound || high < 0.7*bound {
			t.Errorf("%s lies between %v and %v, want most of ±%v", a.Name, low, high, bound)
		}
		for seed, same := range map[uint64]bool{7: true, 8: false} {
			again, err := AddLoRA(newTestModel(t, m.Config(), tensor.Float64), c, seed)
			if err != nil {
				t.Fatal(err)
			}
			if got := slices.Equal(numbers(again.Parameters()[0].Value), numbers(a.Value)); got != same {
				t.Errorf("seed %d gives the numbers of seed 7: %v", seed, got)
			}
		}
		if _, err := AddLoRA(m, c, 7); err == nil || !strings.Contains(err.Error(), "has an adapter already") {
			t.Errorf("adapters on adapters: error %v", err)
		}
	})
}

// TestLoRAMerge: merged and unmerged models give the same logits, to rounding.
func TestLoRAMerge(t *testing.T) {
	for dtype, tolerance := range map[tensor.DType]float64{tensor.Float32: 2e-5, tensor.Float64: 1e-13} {
		eachLoRA(t, dtype, func(t *testing.T, cpu *tensor.CPU, m Model, c LoRAConfig) {
			base := logits(cpu, m)
			l := addTestLoRA(t, m, c)
			adapted := logits(cpu, l)
			if d := farthest(base, adapted); d < 0.01 {
				t.Fatalf("the adapters change logits by %v only", d)
			}
			l.Merge(cpu)
			if d := farthest(adapted, logits(cpu, m)); d > tolerance {
				t.Errorf("%v: merging changes logits by %v", dtype, d)
			}
			for _, p := range m.Parameters() {
				if !p.NeedsGrad() {
					t.Errorf("%s is frozen after merging", p.Name)
				}
			}
			if l.Save(t.TempDir()) == nil {
				t.Error("merged adapters were saved")
			}
			if _, err := AddLoRA(m, c, 1); err != nil {
				t.Errorf("new adapters after merging: %v", err)
			}
		})
	}
}

// shapeSpy notes the shapes of all matrix products.
type shapeSpy struct {
	*tensor.CPU
	seen []string
}

func (s *shapeSpy) MatMul(dst, a, b, bias *tensor.Tensor, alpha, beta float64) {
	s.seen = append(s.seen, fmt.Sprint(dst.Shape()))
	s.CPU.MatMul(dst, a, b, bias, alpha, beta)
}

// TestLoRAFreezesBase: only adapters get gradients, and no gradient of a frozen weight is
// computed.
func TestLoRAFreezesBase(t *testing.T) {
	eachLoRA(t, tensor.Float32, func(t *testing.T, cpu *tensor.CPU, m Model, c LoRAConfig) {
		l := addTestLoRA(t, m, c)
		spy := &shapeSpy{CPU: cpu}
		tape := autograd.NewTape(spy)
		ids := tensor.FromSlice(randomIDs(26, m.Config().Vocab), 2, 13)
		loss := Loss(tape, l, ids, ids)
		spy.seen = nil
		tape.Backward(loss)
		for _, p := range m.Parameters() {
			if p.Grad() != nil {
				t.Errorf("the frozen %s has a gradient", p.Name)
			}
			if slices.Contains(spy.seen, fmt.Sprint(p.Shape())) {
				t.Errorf("the backward computes a matrix of the shape of the frozen %s", p.Name)
			}
		}
		for _, p := range l.Parameters() {
			if p.Grad() == nil || !cpu.AllFinite(p.Grad()) || cpu.SquaredNorm(p.Grad()) == 0 {
				t.Errorf("%s has the gradient %v", p.Name, p.Grad())
			}
		}
	})
}

// TestLoRAGradients checks the gradients of whole models by finite differences. With DoRA
// the length of the rows counts as a constant, so only that of the magnitudes is the
// derivative; those of A and B are compared with PyTorch in TestGoldenLoRA.
func TestLoRAGradients(t *testing.T) {
	eachLoRA(t, tensor.Float64, func(t *testing.T, cpu *tensor.CPU, m Model, c LoRAConfig) {
		l := addTestLoRA(t, m, c)
		var places []**autograd.Variable
		for _, layer := range l.layers {
			if c.DoRA {
				places = append(places, &layer.adapter.magnitude)
			} else {
				places = append(places, &layer.adapter.a, &layer.adapter.b)
			}
		}
		var start []*tensor.Tensor
		for _, p := range places {
			start = append(start, (*p).Value)
		}
		ids := tensor.FromSlice(randomIDs(14, m.Config().Vocab), 2, 7)
		if err := autograd.GradCheck(cpu, 1e-6, func(tape *autograd.Tape, in []*autograd.Variable) *autograd.Variable {
			for i, p := range places {
				*p = in[i]
			}
			return Loss(tape, l, ids, ids)
		}, start...); err != nil {
			t.Error(err)
		}
	})
}

// TestLoRACheckpointed: computing activations twice gives the same gradients, bit for bit,
// with dropout before A.
func TestLoRACheckpointed(t *testing.T) {
	eachLoRA(t, tensor.Float32, func(t *testing.T, cpu *tensor.CPU, m Model, c LoRAConfig) {
		c.Dropout = 0.2
		l := addTestLoRA(t, m, c)
		grads := func(checkpoint, training bool) (all []float64) {
			m.Config().Checkpoint = checkpoint
			defer func() { m.Config().Checkpoint = false }()
			tape := autograd.NewTape(cpu)
			tape.Training(training)
			tape.Seed(1, 1)
			ids := tensor.FromSlice(randomIDs(40, m.Config().Vocab), 2, 20)
			tape.Backward(Loss(tape, l, ids, ids))
			for _, p := range l.Parameters() {
				all = append(all, numbers(p.Grad())...)
				p.ZeroGrad()
			}
			return all
		}
		want := grads(false, true)
		if !slices.Equal(grads(true, true), want) {
			t.Error("checkpointing changes gradients")
		}
		if slices.Equal(grads(false, false), want) {
			t.Error("nothing is dropped in training")
		}
	})
}

// TestLoRADecoding: one token at a time with a cache gives the logits of the whole sequence.
func TestLoRADecoding(t *testing.T) {
	eachLoRA(t, tensor.Float32, func(t *testing.T, cpu *tensor.CPU, m Model, c LoRAConfig) {
		l := addTestLoRA(t, m, c)
		full := logits(cpu, l) // [1, 20, V]
		ids := randomIDs(20, m.Config().Vocab)
		g := NewGenerator(l, cpu)
		if err := g.Start(ids[:5]); err != nil {
			t.Fatal(err)
		}
		for n := 5; ; n++ {
			got := tensor.FromSlice(g.Logits(), m.Config().Vocab)
			if d := farthest(full.Slice(1, n-1, n), got); d > 1e-5 {
				t.Fatalf("after %d tokens logits differ by %v", n, d)
			}
			if n == len(ids) {
				break
			}
			g.Append(ids[n])
		}
	})
}

// TestLoRADecodingAllocatesNothing: a token's memory is there after the first one.
func TestLoRADecodingAllocatesNothing(t *testing.T) {
	eachLoRA(t, tensor.Float32, func(t *testing.T, cpu *tensor.CPU, m Model, c LoRAConfig) {
		g := NewGenerator(addTestLoRA(t, m, c), cpu)
		if err := g.Start(randomIDs(5, m.Config().Vocab)); err != nil {
			t.Fatal(err)
		}
		g.Logits()
		if n := testing.AllocsPerRun(20, func() { g.Logits() }); n > 0 {
			t.Errorf("%v allocations a token", n)
		}
	})
}

// TestLoRATrainingAllocatesNothing: a step's memory is there after the first one.
func TestLoRATrainingAllocatesNothing(t *testing.T) {
	eachLoRA(t, tensor.Float32, func(t *testing.T, cpu *tensor.CPU, m Model, c LoRAConfig) {
		c.Dropout = 0.1
		l := addTestLoRA(t, m, c)
		tape := autograd.NewTape(cpu)
		tape.Training(true)
		ids := tensor.FromSlice(randomIDs(26, m.Config().Vocab), 2, 13)
		step := func() {
			for _, p := range l.Parameters() {
				p.ZeroGrad()
			}
			tape.Reset()
			tape.Backward(Loss(tape, l, ids, ids))
		}
		step()
		step()
		if n := testing.AllocsPerRun(10, step); n > 0 {
			t.Errorf("a step allocates %v times", n)
		}
	})
}

// TestDoRAWithoutDirection: a row of zeros has no direction to keep.
func TestDoRAWithoutDirection(t *testing.T) {
	m := newTestModel(t, testConfigs()["llama"], tensor.Float32)
	clear(tensor.Data[float32](m.(*Llama).Blocks[1].K.Weight.Value.Slice(0, 3, 4)))
	c := loraKinds()["dora"]
	if _, err := AddLoRA(m, c, 1); err == nil || !strings.Contains(err.Error(), "output 3 of model.layers.1.self_attn.k_proj") {
		t.Errorf("error %v", err)
	}
	if l := m.(*Llama).Blocks[0].Q; l.adapter != nil || !l.Weight.NeedsGrad() {
		t.Error("a failed AddLoRA changed the model")
	}
}
