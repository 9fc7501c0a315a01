package train

import (
	"math"
	"slices"
	"strings"
	"testing"

	"inkstone/autograd"
	"inkstone/nn"
	"inkstone/tensor"
)

// tinyTrainer returns a small model and its trainer on batches of random tokens.
func tinyTrainer(t *testing.T, cpu *tensor.CPU, rows int) (nn.Model, *Trainer) {
	t.Helper()
	return tinyTrainerOn(t, cpu, rows)
}

func tinyTrainerOn(t *testing.T, cpu tensor.Backend, rows int) (nn.Model, *Trainer) {
	t.Helper()
	c := &nn.Config{ModelType: nn.GPT2Type, Vocab: 31, Context: 8, Channels: 16, Layers: 2, Heads: 2, KVHeads: 2, HeadSize: 8,
		Hidden: 32, Activation: "gelu_new", NormEps: 1e-5, TiedHead: true, InitStd: 0.1, BOS: -1, EOS: -1}
	m, err := nn.New(c, tensor.Float32, 1)
	if err != nil {
		t.Fatal(err)
	}
	tr := NewTrainer(NewOptimizer(m.Parameters(), DefaultAdamW()), cpu)
	tr.Schedule = Schedule{Kind: "constant", Peak: 1e-2, Steps: 100}
	b := newBatch(rows, 8)
	tr.Loss = NextToken(m, func(step, k int) Batch {
		for i := range rows * 8 { // the batches of a step together are those of one larger batch
			r := tensor.NewRNG(tensor.NewStream(9, "tokens", step*1000+k*rows*8+i))
			tensor.Data[int32](b.IDs)[i] = int32(r.IntN(31))
			tensor.Data[int32](b.Targets)[i] = int32(r.IntN(31))
		}
		return b
	})
	return m, tr
}

// TestAccumulation: two half batches make the step of a whole one.
func TestAccumulation(t *testing.T) {
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	_, whole := tinyTrainer(t, cpu, 4)
	_, halves := tinyTrainer(t, cpu, 2)
	halves.Accumulate = 2
	for step := range 3 {
		a, err := whole.Step(step)
		if err != nil {
			t.Fatal(err)
		}
		b, err := halves.Step(step)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(a.Loss-b.Loss) > 1e-5 || math.Abs(a.GradNorm-b.GradNorm) > 1e-4*a.GradNorm || a.Tokens != b.Tokens {
			t.Errorf("step %d: %+v in one, %+v in two", step, a, b)
		}
	}
}

// TestThreadsTrainAlike: the number of threads shows in no bit of the weights.
func TestThreadsTrainAlike(t *testing.T) {
	weights := func(threads int) (all []float32) {
		cpu := tensor.NewCPU(threads)
		defer cpu.Close()
		m, tr := tinyTrainer(t, cpu, 4)
		m.Config().Dropout = 0.1
		for step := range 5 {
			if _, err := tr.Step(step); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range tr.Optimizer.Parameters() {
			all = append(all, tensor.Data[float32](p.Value)...)
		}
		return all
	}
	want := weights(1)
	for _, threads := range []int{2, 3} {
		if !slices.Equal(weights(threads), want) {
			t.Errorf("%d threads train another model than one", threads)
		}
	}
}

// TestGuard: a step that goes wrong names the first tensor at fault and changes nothing.
func TestGuard(t *testing.T) {
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	for name, c := range map[string]struct {
		damage func(tr *Trainer)
		want   string
	}{
		"parameter": {func(tr *Trainer) {
			tensor.Data[float32](tr.Optimizer.Parameters()[7].Value)[3] = float32(math.NaN())
		}, "parameter transformer.h.0.attn.c_proj.bias"},
		"value": {func(tr *Trainer) {
			for i, p := range tr.Optimizer.Parameters() {
				if strings.HasSuffix(p.Name, "h.1.mlp.c_fc.weight") {
					cpu.Fill(tr.Optimizer.Parameters()[i].Value, 3e38)
				}
			}
		}, "value of Linear in transformer.h.1"},
		"micro-batch": {func(tr *Trainer) { // the second is at fault: nothing of the first is
			loss := tr.Loss
			tr.Accumulate = 2
			tr.Loss = func(t *autograd.Tape, step, k int) (*autograd.Variable, int) {
				v, tokens := loss(t, step, k)
				if k == 1 {
					v = t.Scale(v, math.Inf(1))
				}
				return v, tokens
			}
		}, "value of Scale"},
	} {
		_, tr := tinyTrainer(t, cpu, 2)
		c.damage(tr)
		before := slices.Clone(tensor.Data[float32](tr.Optimizer.Parameters()[0].Value))
		_, err := tr.Step(0)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "step 1") {
			t.Errorf("%s: error %v, want one that names the %s", name, err, c.want)
		}
		if !slices.Equal(before, tensor.Data[float32](tr.Optimizer.Parameters()[0].Value)) {
			t.Errorf("%s: the failed step changed a parameter", name)
		}
	}
}

// TestStepAllocates: at most ten heap allocations a step.
func TestStepAllocates(t *testing.T) {
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	m, tr := tinyTrainer(t, cpu, 4)
	batch := newBatch(4, 8)
	tr.Loss = NextToken(m, func(int, int) Batch { return batch })
	step := 0
	run := func() {
		if _, err := tr.Step(step); err != nil {
			t.Fatal(err)
		}
		step++
	}
	for range 5 {
		run()
	}
	if n := testing.AllocsPerRun(20, run); n > 10 {
		t.Errorf("%v allocations a step", n)
	}
}
