package nn

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkstone/autograd"
	"inkstone/tensor"
)

func mustFreeze(t testing.TB, m Model, backend tensor.Backend) *Frozen {
	t.Helper()
	f, err := Freeze(m, backend)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestFrozen: a frozen model computes what the model does, in both types, with a tied head, with
// adapters of every kind, and for several sequences in a row.
func TestFrozen(t *testing.T) {
	for dtype, limit := range map[tensor.DType]float64{tensor.Float64: 1e-13, tensor.Float32: 1e-5} {
		eachLoRA(t, dtype, func(t *testing.T, cpu *tensor.CPU, m Model, c LoRAConfig) {
			tied := *m.Config()
			tied.TiedHead = !tied.TiedHead
			base := newTestModel(t, m.Config(), dtype)
			for what, m := range map[string]Model{"the model": base, "the other head": newTestModel(t, &tied, dtype), "adapters": addTestLoRA(t, m, c)} {
				f := mustFreeze(t, m, cpu)
				if f.Config() != m.Config() {
					t.Errorf("%s: another configuration", what)
				}
				if d := farthest(logits(cpu, m), logits(cpu, f)); d > limit {
					t.Errorf("%s: logits differ by %v", what, d)
				}
				tape := autograd.NewTape(cpu)
				tape.SetGrad(false)
				ids, starts := tensor.FromSlice(randomIDs(20, m.Config().Vocab), 1, 20), tensor.FromSlice([]int32{0, 7, 8}, 3)
				if d := farthest(m.HiddenPacked(tape, ids, starts).Value, f.HiddenPacked(tape, ids, starts).Value); d > limit {
					t.Errorf("%s: hidden states of several sequences differ by %v", what, d)
				}
			}
		})
	}
}

// TestFrozenDecodes: in both precisions, one token at a time gives the logits of the whole
// sequence.
func TestFrozenDecodes(t *testing.T) {
	for _, precision := range []tensor.Precision{tensor.F32, tensor.BF16} {
		cpu := tensor.NewCPU(2)
		defer cpu.Close()
		cpu.SetPrecision(precision)
		// A sum in another order, as attention has for one row, may round to another bfloat16.
		limit := map[tensor.Precision]float64{tensor.F32: 1e-5, tensor.BF16: 0x1p-7}[precision]
		for name, c := range testConfigs() {
			m := newTestModel(t, c, tensor.Float32)
			f := mustFreeze(t, m, cpu)
			full := logits(cpu, f) // [1, 20, V]
			if d := farthest(logits(cpu, m), full); d > limit {
				t.Errorf("%s %v: logits differ by %v from those of the model", name, precision, d)
			}
			g, ids := NewGenerator(f, cpu), randomIDs(20, c.Vocab)
			if err := g.Start(ids[:4]); err != nil {
				t.Fatal(err)
			}
			for n := 4; ; n++ {
				got := tensor.FromSlice(g.Logits(), c.Vocab)
				if d := farthest(got, full.Slice(1, n-1, n).Reshape(c.Vocab)); d > limit {
					t.Fatalf("%s %v: after %d tokens logits differ by %v", name, precision, n, d)
				}
				if n == len(ids) {
					break
				}
				g.Append(ids[n])
			}
		}
	}
}

// TestFrozenAlloc: in both precisions, a token takes no memory.
func TestFrozenAlloc(t *testing.T) {
	for _, precision := range []tensor.Precision{tensor.F32, tensor.BF16} {
		cpu := tensor.NewCPU(2)
		defer cpu.Close()
		cpu.SetPrecision(precision)
		for name, c := range testConfigs() {
			g, draw := NewGenerator(mustFreeze(t, newTestModel(t, c, tensor.Float32), cpu), cpu), NewSampler(Sampling{}, tensor.Stream{})
			if err := g.Start([]int32{3, 1, 4}); err != nil {
				t.Fatal(err)
			}
			g.Logits() // reads the prompt
			if n := testing.AllocsPerRun(10, func() { g.Draw(draw) }); n > 0 {
				t.Errorf("%s %v: %v allocations a token", name, precision, n)
			}
		}
	}
}

// TestFrozenIsACopy: what the model learns changes nothing in a frozen copy, while a BatchGenerator
// of the model itself writes, in each call, as the model now is.
func TestFrozenIsACopy(t *testing.T) {
	eachLoRA(t, tensor.Float32, func(t *testing.T, cpu *tensor.CPU, m Model, c LoRAConfig) {
		if c.RSLoRA { // all weights learn, without adapters
			c = LoRAConfig{}
		} else {
			m = addTestLoRA(t, m, c)
		}
		f, g := mustFreeze(t, m, cpu), NewBatchGenerator(m, cpu)
		prompts := [][]int32{{1, 2, 3}, {4, 5}, {6}}
		write := func(g *BatchGenerator) [][]int32 {
			t.Helper()
			added, err := g.Generate(prompts, 15, samplers(3, Sampling{Temperature: 1}), nil)
			if err != nil {
				t.Fatal(err)
			}
			return added
		}
		equal := func(a, b [][]int32) bool { return slices.EqualFunc(a, b, slices.Equal) }
		before, frozen := write(g), logits(cpu, f)
		if !equal(before, write(NewBatchGenerator(f, cpu))) {
			t.Error("the frozen model writes something else")
		}
		for i, p := range m.Parameters() {
			change := tensor.New(p.Value.DType(), p.Shape()...)
			tensor.FillNormal(change, tensor.NewStream(9, p.Name, i), 0, 0.3)
			cpu.Accumulate(p.Value, change, 1)
		}
		after := write(g)
		if equal(after, before) {
			t.Error("a model that learned writes as before")
		}
		if !equal(after, write(NewBatchGenerator(m, cpu))) || !equal(after, write(NewBatchGenerator(mustFreeze(t, m, cpu), cpu))) {
			t.Error("a generator that has written before writes something else than a fresh one")
		}
		if d := farthest(frozen, logits(cpu, f)); d != 0 {
			t.Errorf("what the model learned changed the frozen copy by %v", d)
		}
	})
}

// TestFrozenRefuses: nothing makes a frozen model learn or writes half of it to disk.
func TestFrozenRefuses(t *testing.T) {
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	for name, c := range testConfigs() {
		m := newTestModel(t, c, tensor.Float32)
		f := mustFreeze(t, m, cpu)
		if n := len(f.Parameters()); n > 0 {
			t.Errorf("%s: %d parameters", name, n)
		}
		if again := mustFreeze(t, f, cpu); again != f {
			t.Errorf("%s: frozen twice", name)
		}
		if err := Save(f, filepath.Join(t.TempDir(), "model")); err == nil || !strings.Contains(err.Error(), "frozen") {
			t.Errorf("%s: saved: %v", name, err)
		}
		if _, err := AddLoRA(f, loraKinds()["lora"], 1); err == nil {
			t.Errorf("%s: adapters on a frozen model", name)
		}
		if _, err := Freeze(NewScorer(m, 1), cpu); err == nil || !strings.Contains(err.Error(), "Scorer") {
			t.Errorf("%s: froze a scorer: %v", name, err)
		}
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, "packed weights cannot learn") {
					t.Errorf("%s: a recording tape says %q", name, got)
				}
			}()
			ids := tensor.FromSlice(randomIDs(8, c.Vocab), 2, 4)
			Loss(autograd.NewTape(cpu), f, ids, ids)
		}()
	}
}
