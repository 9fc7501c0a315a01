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

func tinyDPO(t *testing.T, cpu *tensor.CPU, loss, dir string) *DPO {
	m := tastingModel(t, 12)
	c := DPOConfig{loss, 0.1, fineTuneConfig(40)}
	c.Schedule.Peak = 2e-3
	return &DPO{Config: c, Policy: m, PreferenceRun: preferenceRun(dir)}
}

// TestDPO: the policy comes to prefer what was preferred, also for prompts it has not seen.
func TestDPO(t *testing.T) {
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	for loss, first := range map[string]float64{"dpo": math.Ln2, "ipo": 25} { // of equal ratios
		d := tinyDPO(t, cpu, loss, t.TempDir())
		var losses []float64
		d.OnStep = func(s Stats) { losses = append(losses, s.Loss) }
		before, err := AnswerLogProbs(d.Policy, cpu, d.Rankings, 8)
		if err != nil {
			t.Fatal(err)
		}
		result, err := d.Run(t.Context(), cpu)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(losses[0]-first) > 1e-4*first || losses[len(losses)-1] > 0.85*first {
			t.Errorf("%s: losses from %v to %v, want %v first", loss, losses[0], losses[len(losses)-1], first)
		}
		h := result.Heldout
		if h.Accuracy < 0.9 || h.Margin <= 0 || !(result.KL > 1e-4 && result.KL < 2) {
			t.Errorf("%s: held-out accuracy %v, margin %v, KL %v", loss, h.Accuracy, h.Margin, result.KL)
		}
		again, err := nn.Load(result.Model, tensor.Float32, cpu)
		if err != nil {
			t.Fatal(err)
		}
		after, err := AnswerLogProbs(again, cpu, d.Rankings, 8)
		if err != nil {
			t.Fatal(err)
		}
		if j := Judge(d.rewards(after, before)); j.Accuracy < 0.9 {
			t.Errorf("%s: the saved policy's rewards have accuracy %v", loss, j.Accuracy)
		}
	}
}

// TestDPOResumes: a run that was interrupted ends with the same bits.
func TestDPOResumes(t *testing.T) {
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	whole, err := tinyDPO(t, cpu, "dpo", t.TempDir()).Run(t.Context(), cpu)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	first := tinyDPO(t, cpu, "dpo", dir)
	if part, err := first.Run(stopAfter(t, 17, &first.PreferenceRun), cpu); err != nil || part.Steps != 17 {
		t.Fatalf("interrupted after step %d: %v", part.Steps, err)
	}
	second := tinyDPO(t, cpu, "dpo", dir)
	second.Resume = true
	rest, err := second.Run(t.Context(), cpu)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(modelBytes(t, whole.Model), modelBytes(t, rest.Model)) || rest.KL != whole.KL {
		t.Error("the resumed run ends with another policy")
	}
}

// adaptedDPO is a run in which adapters learn.
func adaptedDPO(t *testing.T, cpu *tensor.CPU, c nn.LoRAConfig, dir string) *DPO {
	t.Helper()
	d := tinyDPO(t, cpu, "dpo", dir)
	l, err := nn.AddLoRA(d.Policy, c, 4)
	if err != nil {
		t.Fatal(err)
	}
	d.Policy, d.Config.LoRA, d.Config.Schedule.Peak = l, &c, 1e-2
	return d
}

// TestDPOWithAdapters: adapters come to prefer what was preferred, beside weights that stay as
// they were. A run that was interrupted ends with the same bits.
func TestDPOWithAdapters(t *testing.T) {
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	for kind, c := range adapterKinds() {
		whole := adaptedDPO(t, cpu, c, t.TempDir())
		base := whole.Policy.(*nn.LoRA).Model
		frozen := copies(base.Parameters())
		whole.OnStep = func(Stats) { sameNumbers(t, kind, base.Parameters(), frozen) }
		result, err := whole.Run(t.Context(), cpu)
		if err != nil {
			t.Fatal(err)
		}
		if h := result.Heldout; h.Accuracy < 0.75 || h.Margin < 0.05 {
			t.Errorf("%s: held-out accuracy %v, margin %v", kind, h.Accuracy, h.Margin)
		}
		adapter, err := nn.LoadLoRA(tastingModel(t, 12), result.Adapter, cpu)
		if err != nil {
			t.Fatal(err)
		}
		adapter.Merge(cpu)
		merged, err := nn.Load(result.Model, tensor.Float32, cpu)
		if err != nil {
			t.Fatal(err)
		}
		sameNumbers(t, kind, merged.Parameters(), copies(adapter.Model.Parameters()))

		dir := t.TempDir()
		part := adaptedDPO(t, cpu, c, dir)
		if r, err := part.Run(stopAfter(t, 17, &part.PreferenceRun), cpu); err != nil || r.Steps != 17 {
			t.Fatalf("%s: interrupted after step %d: %v", kind, r.Steps, err)
		}
		rest := adaptedDPO(t, cpu, c, dir)
		rest.Resume = true
		resumed, err := rest.Run(t.Context(), cpu)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(modelBytes(t, result.Model), modelBytes(t, resumed.Model)) || resumed.KL != result.KL {
			t.Errorf("%s: the resumed run ends with another policy", kind)
		}
	}
}

// TestAnswerLogProbs: the answers' tokens, and no others, have their log-probabilities.
func TestAnswerLogProbs(t *testing.T) {
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	m := tastingModel(t, 12)
	rankings := likings(5, 3)
	all, err := AnswerLogProbs(m, cpu, rankings, 2)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range rankings {
		for k, ids := range r.sequences() {
			tape := autograd.NewTape(cpu)
			logits := tape.LogSoftmax(m.Logits(tape, m.Hidden(tape, tensor.FromSlice(ids, 1, len(ids)), nil)))
			if len(all[i][k]) != len(r.Answers[k]) {
				t.Fatalf("ranking %d, answer %d: %d numbers for %d tokens", i, k, len(all[i][k]), len(r.Answers[k]))
			}
			for j, id := range r.Answers[k] {
				if got, want := all[i][k][j], logits.Value.At(0, len(r.Prompt)+j-1, int(id)); math.Abs(got-want) > 1e-5 {
					t.Errorf("ranking %d, answer %d, token %d: %v, want %v", i, k, j, got, want)
				}
			}
		}
	}
}

// TestK3: no divergence from oneself, and otherwise that of the formula.
func TestK3(t *testing.T) {
	a := [][][]float64{{{-1, -2}, {-3}}}
	b := [][][]float64{{{-1.5, -2}, {-2}}}
	if got := k3(a, a); got != 0 {
		t.Errorf("%v from itself", got)
	}
	if got, want := k3(a, b), (math.Exp(0.5)-1-0.5+math.Exp(-1)-1+1)/3; math.Abs(got-want) > 1e-12 {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestDPORefuses(t *testing.T) {
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	for want, change := range map[string]func(d *DPO){
		"unknown loss":        func(d *DPO) { d.Config.Loss = "pairs" },
		"beta is 0":           func(d *DPO) { d.Config.Beta = 0 },
		"dpo: heldout is 0":   func(d *DPO) { d.Config.Heldout = 0 },
		"answers 1 and 2 are": func(d *DPO) { d.Rankings[0].Answers[1] = d.Rankings[0].Answers[0] },
	} {
		d := tinyDPO(t, cpu, "dpo", t.TempDir())
		change(d)
		if _, err := d.Run(t.Context(), cpu); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
