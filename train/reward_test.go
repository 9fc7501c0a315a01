package train

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkstone/autograd"
	"inkstone/nn"
	"inkstone/tensor"
)

const likedToken = 7

// likings are rankings of a simple taste: the more often an answer has the liked token, the
// better. Answers differ in length.
func likings(n, answers int) (all []Ranking) {
	r := tensor.NewRNG(tensor.NewStream(5, "likings", 0))
	for i := range n {
		x := Ranking{Prompt: []int32{int32(r.IntN(31)), int32(i % 31), int32(i / 31)}}
		for k := range answers {
			a := make([]int32, 6+r.IntN(3))
			for j := range a {
				if a[j] = int32(r.IntN(31)); a[j] == likedToken {
					a[j] = 8
				}
			}
			for j := range answers - 1 - k {
				a[j] = likedToken
			}
			for j := range a { // anywhere
				o := r.IntN(j + 1)
				a[j], a[o] = a[o], a[j]
			}
			x.Answers = append(x.Answers, a)
		}
		all = append(all, x)
	}
	return all
}

func tastingModel(t *testing.T, context int) nn.Model {
	t.Helper()
	c := &nn.Config{ModelType: nn.GPT2Type, Vocab: 31, Context: context, Channels: 16, Layers: 1, Heads: 2, KVHeads: 2, HeadSize: 8,
		Hidden: 32, Activation: "gelu_new", NormEps: 1e-5, TiedHead: true, InitStd: 0.1, BOS: -1, EOS: -1}
	m, err := nn.New(c, tensor.Float32, 1)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func fineTuneConfig(steps int) FineTuneConfig {
	return FineTuneConfig{Batch: 8, Accumulate: 1, AdamW: DefaultAdamW(), Schedule: Schedule{Kind: "linear", Peak: 5e-3, Warmup: 5, Steps: steps}, Heldout: 0.25}
}

// preferenceRun is a run on likings in a directory.
func preferenceRun(dir string) PreferenceRun {
	return PreferenceRun{
		Rankings: likings(120, 4), Dir: dir, Seed: 3,
		Say: func(string, ...any) {}, Begin: func(PreferenceBegin) {}, OnStep: func(Stats) {},
	}
}

func tinyReward(t *testing.T, cpu *tensor.CPU, loss, dir string) *Reward {
	s := nn.NewScorer(tastingModel(t, 12), 2)
	return &Reward{Config: RewardConfig{loss, fineTuneConfig(80)}, Scorer: s, PreferenceRun: preferenceRun(dir)}
}

// TestReward: a reward model learns a taste, and its scores are centred on what it was told to.
func TestReward(t *testing.T) {
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	for _, loss := range []string{"pairs", "plackett-luce"} {
		dir := t.TempDir()
		r := tinyReward(t, cpu, loss, dir)
		r.Reference = [][]int32{{1, 2, 3, 4, 5, 6}, {3, likedToken, 9, 4}, {2, 2}}
		result, err := r.Run(t.Context(), cpu)
		if err != nil {
			t.Fatal(err)
		}
		h := result.Heldout
		if h.Accuracy < 0.9 || h.Rankings != 30 || h.Pairs != 30*6 {
			t.Errorf("%s: accuracy %v on %d rankings, %d pairs", loss, h.Accuracy, h.Rankings, h.Pairs)
		}
		again, err := nn.LoadScorer(result.Model, tensor.Float32, cpu)
		if err != nil {
			t.Fatal(err)
		}
		tape := autograd.NewTape(cpu)
		scores, _ := scoresOf(tape, again, r.Reference)
		if mean := scores.Value.At(0) + scores.Value.At(1) + scores.Value.At(2); math.Abs(mean) > 1e-4 || math.Abs(result.Mean) < 1e-3 {
			t.Errorf("%s: the reference scores %v, before centring %v in the mean", loss, scores.Value, result.Mean)
		}
		if metrics, _ := os.ReadFile(filepath.Join(dir, "metrics.jsonl")); strings.Count(string(metrics), `"accuracy":`) != 80 {
			t.Errorf("%s: metrics\n%.300s", loss, metrics)
		}
	}
}

// stopAfter is a context that ends after a number of steps.
func stopAfter(t *testing.T, steps int, p *PreferenceRun) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	p.OnStep = func(s Stats) {
		if s.Step == steps {
			cancel()
		}
	}
	return ctx
}

func modelBytes(t *testing.T, dir string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, nn.WeightsFile))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestRewardResumes: a run that was interrupted ends with the same bits.
func TestRewardResumes(t *testing.T) {
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	whole, err := tinyReward(t, cpu, "pairs", t.TempDir()).Run(t.Context(), cpu)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	first := tinyReward(t, cpu, "pairs", dir)
	part, err := first.Run(stopAfter(t, 33, &first.PreferenceRun), cpu)
	if err != nil || part.Steps != 33 || part.Heldout != nil {
		t.Fatalf("interrupted after step %d: %v", part.Steps, err)
	}
	second := tinyReward(t, cpu, "pairs", dir)
	second.Resume = true
	rest, err := second.Run(t.Context(), cpu)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(modelBytes(t, whole.Model), modelBytes(t, rest.Model)) {
		t.Error("the resumed run ends with other weights")
	}
	third := tinyReward(t, cpu, "plackett-luce", dir)
	third.Resume = true
	if _, err := third.Run(t.Context(), cpu); err == nil || !strings.Contains(err.Error(), `loss = "pairs"`) {
		t.Errorf("resumed with another loss: %v", err)
	}
}

// adaptedReward is a run in which adapters and the head learn.
func adaptedReward(t *testing.T, cpu *tensor.CPU, c nn.LoRAConfig, dir string) *Reward {
	t.Helper()
	r := tinyReward(t, cpu, "pairs", dir)
	l, err := nn.AddLoRA(tastingModel(t, 12), c, 4)
	if err != nil {
		t.Fatal(err)
	}
	r.Scorer, r.Config.LoRA, r.Config.Schedule.Peak = nn.NewScorer(l, 2), &c, 2e-2
	return r
}

// TestRewardWithAdapters: adapters and a head learn a taste too. What the run leaves is the base
// with the adapters folded in, and a run that was interrupted leaves the same bits.
func TestRewardWithAdapters(t *testing.T) {
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	for kind, c := range adapterKinds() {
		whole := adaptedReward(t, cpu, c, t.TempDir())
		base := whole.Scorer.Model.(*nn.LoRA).Model
		frozen := copies(base.Parameters())
		first := whole.Scorer.HeadParameters()
		head := copies(first)
		whole.OnStep = func(Stats) { sameNumbers(t, kind, base.Parameters(), frozen) }
		result, err := whole.Run(t.Context(), cpu)
		if err != nil {
			t.Fatal(err)
		}
		if result.Heldout.Accuracy < 0.9 {
			t.Errorf("%s: accuracy %v", kind, result.Heldout.Accuracy)
		}
		if slices.Equal(head[0], tensor.Data[float32](first[0].Value)) {
			t.Errorf("%s: the head has not learned", kind)
		}
		again, err := nn.LoadScorer(result.Model, tensor.Float32, cpu)
		if err != nil {
			t.Fatal(err)
		}
		_, test, err := whole.split(again.Config(), whole.Config.Heldout)
		if err != nil {
			t.Fatal(err)
		}
		scores, err := ScoreRankings(again, cpu, test, 4)
		if err != nil {
			t.Fatal(err)
		}
		if j := Judge(scores); math.Abs(j.Accuracy-result.Heldout.Accuracy) > 0.01 || math.Abs(j.Margin-result.Heldout.Margin) > 1e-3 {
			t.Errorf("%s: the saved model judges with accuracy %v, margin %v, the run's with %v, %v", kind, j.Accuracy, j.Margin, result.Heldout.Accuracy, result.Heldout.Margin)
		}
		if _, err := nn.LoadLoRA(tastingModel(t, 12), result.Adapter, cpu); err != nil {
			t.Errorf("%s: %v", kind, err)
		}

		dir := t.TempDir()
		part := adaptedReward(t, cpu, c, dir)
		if r, err := part.Run(stopAfter(t, 33, &part.PreferenceRun), cpu); err != nil || r.Steps != 33 || r.Model != "" {
			t.Fatalf("%s: interrupted after step %d: %v", kind, r.Steps, err)
		}
		rest := adaptedReward(t, cpu, c, dir)
		rest.Resume = true
		resumed, err := rest.Run(t.Context(), cpu)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(modelBytes(t, result.Model), modelBytes(t, resumed.Model)) {
			t.Errorf("%s: the resumed run ends with other weights", kind)
		}
	}
}

// adapterKinds are adapters for the tasting model.
func adapterKinds() map[string]nn.LoRAConfig {
	return map[string]nn.LoRAConfig{
		"lora": {Rank: 4, Alpha: 8, Targets: []string{nn.AllLinear}, Dropout: 0.05},
		"dora": {Rank: 4, Alpha: 8, Targets: []string{nn.AllLinear}, DoRA: true},
	}
}

// copies returns the parameters' numbers.
func copies(params []*autograd.Variable) (all [][]float32) {
	for _, p := range params {
		all = append(all, slices.Clone(tensor.Data[float32](p.Value)))
	}
	return all
}

// sameNumbers reports parameters that have changed.
func sameNumbers(t *testing.T, what string, params []*autograd.Variable, want [][]float32) {
	t.Helper()
	for i, p := range params {
		if !slices.Equal(tensor.Data[float32](p.Value), want[i]) {
			t.Fatalf("%s: the frozen %s has changed", what, p.Name)
		}
	}
}

// TestRewardScoresEachAlone: an answer's score does not depend on the longer ones beside it.
func TestRewardScoresEachAlone(t *testing.T) {
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	s := nn.NewScorer(tastingModel(t, 12), 2)
	rankings := likings(5, 3)
	together, err := ScoreRankings(s, cpu, rankings, 4)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range rankings {
		for k, ids := range r.sequences() {
			tape := autograd.NewTape(cpu)
			alone, _ := scoresOf(tape, s, [][]int32{ids})
			if got, want := together[i][k], alone.Value.At(0); math.Abs(got-want) > 1e-5 {
				t.Errorf("ranking %d, answer %d: %v together, %v alone", i, k, got, want)
			}
		}
	}
}

// TestRewardRefuses: settings and rankings that cannot work are named before a directory is made.
func TestRewardRefuses(t *testing.T) {
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	for want, change := range map[string]func(r *Reward){
		"unknown loss":                   func(r *Reward) { r.Config.Loss = "elo" },
		"heldout is 1":                   func(r *Reward) { r.Config.Heldout = 1 },
		"batch 0":                        func(r *Reward) { r.Config.Batch = 0 },
		"epochs is 0":                    func(r *Reward) { r.Config.Schedule.Steps = 0 },
		"ranking 3: 1 answers":           func(r *Reward) { r.Rankings[2].Answers = r.Rankings[2].Answers[:1] },
		"ranking 1: token 31 is outside": func(r *Reward) { r.Rankings[0].Prompt[0] = 31 },
		"the model's context is 12":      func(r *Reward) { r.Rankings[0].Prompt = make([]int32, 12) },
		"0 rankings of 0":                func(r *Reward) { r.Rankings = nil },
		"4 rankings of 1 different":      func(r *Reward) { x := r.Rankings[0]; r.Rankings = []Ranking{x, x, x, x} },
	} {
		r := tinyReward(t, cpu, "pairs", filepath.Join(t.TempDir(), "run"))
		change(r)
		if _, err := r.Run(t.Context(), cpu); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
		if _, err := os.Stat(r.Dir); err == nil {
			t.Errorf("%s: the directory was made", want)
		}
	}
}
