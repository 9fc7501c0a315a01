package nn

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkstone/autograd"
	"inkstone/tensor"
)

// TestScorer: a score is the value at the last token, and survives the disk.
func TestScorer(t *testing.T) {
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	for name, c := range testConfigs() {
		s := NewScorer(newTestModel(t, c, tensor.Float32), 3)
		cpu.Fill(s.Head.Bias.Value, 0.5)
		ids := tensor.FromSlice(randomIDs(12, c.Vocab), 3, 4)
		last := tensor.FromSlice([]int32{3, 4 + 1, 8 + 2}, 3)
		tape := autograd.NewTape(cpu)
		tape.SetGrad(false)
		scores := slices.Clone(tensor.Data[float32](s.Scores(tape, ids, last).Value))
		values := s.Values(tape, ids).Value
		for i, at := range []int{3, 1, 2} {
			if got, want := float64(scores[i]), values.At(i, at); math.Abs(got-want) > 1e-6 {
				t.Errorf("%s: row %d scores %v, its value at %d is %v", name, i, got, at, want)
			}
		}
		dir := t.TempDir()
		if err := Save(s, dir); err != nil {
			t.Fatal(err)
		}
		again, err := LoadScorer(dir, tensor.Float32, cpu)
		if err != nil {
			t.Fatal(err)
		}
		if got := tensor.Data[float32](again.Scores(tape, ids, last).Value); !slices.Equal(got, scores) {
			t.Errorf("%s: scores %v after loading, want %v", name, got, scores)
		}
		if _, err := Load(dir, tensor.Float32, cpu); err == nil || !strings.Contains(err.Error(), "reward model") {
			t.Errorf("%s: a scorer was loaded as a language model (%v)", name, err)
		}
		lm := t.TempDir()
		if err := Save(s.Model, lm); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadScorer(lm, tensor.Float32, cpu); err == nil || !strings.Contains(err.Error(), "not a reward model") {
			t.Errorf("%s: a language model was loaded as a scorer (%v)", name, err)
		}
	}
}

// TestScorerGradient: the score's gradient reaches every parameter but an untied head's.
func TestScorerGradient(t *testing.T) {
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	s := NewScorer(newTestModel(t, testConfigs()["gpt2"], tensor.Float32), 3)
	tape := autograd.NewTape(cpu)
	tape.Backward(tape.SumAll(s.Scores(tape, tensor.FromSlice(randomIDs(8, 41), 2, 4), tensor.FromSlice([]int32{3, 7}, 2))))
	for _, p := range s.Parameters() {
		if p.Grad() == nil {
			t.Errorf("no gradient for %s", p.Name)
		}
	}
}

// TestScorerOnLoRA: adapters and head get gradients and nothing else does; Save refuses the two
// together; merged, the Scorer gives the same scores and is saved as one without adapters.
func TestScorerOnLoRA(t *testing.T) {
	eachLoRA(t, tensor.Float32, func(t *testing.T, cpu *tensor.CPU, m Model, c LoRAConfig) {
		l := addTestLoRA(t, m, c)
		s := NewScorer(l, 3)
		if got, want := len(s.Parameters()), len(l.Parameters())+2; got != want {
			t.Fatalf("%d parameters, want %d", got, want)
		}
		ids, last := tensor.FromSlice(randomIDs(12, m.Config().Vocab), 3, 4), tensor.FromSlice([]int32{3, 4 + 1, 8 + 2}, 3)
		tape := autograd.NewTape(cpu)
		scores := s.Scores(tape, ids, last)
		before := tensor.FromSlice(slices.Clone(tensor.Data[float32](scores.Value)), 3)
		tape.Backward(tape.SumAll(scores))
		for _, p := range m.Parameters() {
			if p.Grad() != nil {
				t.Errorf("the frozen %s has a gradient", p.Name)
			}
		}
		for _, p := range s.Parameters() {
			if p.Grad() == nil || cpu.SquaredNorm(p.Grad()) == 0 {
				t.Errorf("%s has the gradient %v", p.Name, p.Grad())
			}
		}
		dir := filepath.Join(t.TempDir(), "model")
		if err := Save(s, dir); err == nil || !strings.Contains(err.Error(), "merge them first") {
			t.Errorf("saved with adapters: %v", err)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Error("the refused Save made the directory")
		}
		s.Merge(cpu)
		if err := Save(s, dir); err != nil {
			t.Fatal(err)
		}
		again, err := LoadScorer(dir, tensor.Float32, cpu)
		if err != nil {
			t.Fatal(err)
		}
		for what, x := range map[string]*Scorer{"merging": s, "loading": again} {
			if d := farthest(before, x.Scores(tape, ids, last).Value); d > 2e-5 {
				t.Errorf("%s changes scores by %v", what, d)
			}
		}
	})
}
