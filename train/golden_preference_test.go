package train

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"inkstone/autograd"
	"inkstone/nn"
	"inkstone/tensor"
	"inkstone/tensor/safetensors"
)

// goldenSteps opens what PyTorch made of steps of learning from preferences and rewards; see
// testdata/golden/make_rl.py.
func goldenSteps(t *testing.T, cpu *tensor.CPU) (g *goldenRun, dir string) {
	t.Helper()
	dir = filepath.Join("..", "testdata", "golden", "rl")
	f, err := safetensors.Open(filepath.Join(dir, "steps.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return &goldenRun{t, f, cpu, "rl"}, dir
}

// step compares a loss and the gradients of the parameters with those of a case.
func (g *goldenRun) step(tape *autograd.Tape, name string, loss *autograd.Variable, params []*autograd.Variable, tolerance float64) {
	g.t.Helper()
	got, want := loss.Value.Item(), flat(g.tensor(name+"/loss_f64"), 0)
	if !(math.Abs(got-want) <= tolerance*math.Abs(want)) {
		g.t.Errorf("%s %v: loss %.12g, want %.12g", name, loss.Value.DType(), got, want)
	}
	tape.Backward(loss)
	for _, p := range params {
		grad := name + "/grad/" + p.Name
		if strings.HasPrefix(name, "reward/") && (p.Name == "score.bias" || p.Name == "transformer.ln_f.bias") {
			continue // differences of scores do not see what is added to all: the gradient is rounding alone
		}
		g.close(p.Grad(), grad, tolerance)
		p.ZeroGrad()
	}
}

// goldenTolerances are those for losses and gradients: the file's rounding, float32's own.
var goldenTolerances = map[tensor.DType]float64{tensor.Float64: 1e-6, tensor.Float32: 1e-5}

// TestGoldenReward: scores, both losses of a ranking and their gradients agree with PyTorch.
func TestGoldenReward(t *testing.T) {
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	g, dir := goldenSteps(t, cpu)
	for dtype, tolerance := range goldenTolerances {
		m, err := nn.Load(dir, dtype, cpu)
		if err != nil {
			t.Fatal(err)
		}
		s := nn.NewScorer(m, 1)
		cpu.Copy(s.Head.Weight.Value, g.tensor("score.weight"))
		cpu.Copy(s.Head.Bias.Value, g.tensor("score.bias"))
		for name, loss := range map[string]PreferenceLoss{"reward/pairs": PairLoss, "reward/plackett_luce": PlackettLuceLoss} {
			tape := autograd.NewTape(cpu)
			scores := s.Scores(tape, g.tensor("reward/ids"), g.tensor("reward/last"))
			g.close(scores.Value, "reward/scores", tolerance)
			g.step(tape, name, loss(tape, scores, []int{4}), s.Parameters(), tolerance)
		}
	}
}

// TestGoldenDPO: the answers' log-probabilities, the losses of DPO and IPO and their gradients
// agree with PyTorch.
func TestGoldenDPO(t *testing.T) {
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	g, dir := goldenSteps(t, cpu)
	beta := flat(g.tensor("dpo/beta_f64"), 0)
	for dtype, tolerance := range goldenTolerances {
		m, err := nn.Load(dir, dtype, cpu)
		if err != nil {
			t.Fatal(err)
		}
		reference := tensor.New(dtype, 4)
		cpu.Copy(reference, g.tensor("dpo/reference"))
		batch := Batch{IDs: g.tensor("dpo/ids"), Targets: g.tensor("dpo/targets")}
		type dpoLoss = func(*autograd.Tape, *autograd.Variable, *tensor.Tensor, float64, []int) *autograd.Variable
		for name, loss := range map[string]dpoLoss{"dpo/dpo": DPOLoss, "dpo/ipo": IPOLoss} {
			tape := autograd.NewTape(cpu)
			policy := tape.Reshape(tape.Sum(batch.LogProbs(tape, m), 1), 4)
			g.close(policy.Value, "dpo/policy", tolerance)
			g.step(tape, name, loss(tape, policy, reference, beta, []int{2, 2}), m.Parameters(), tolerance)
		}
	}
}
