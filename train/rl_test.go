package train

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

// likesSevens rewards answers by their share of the token 7.
func likesSevens(episodes []*Episode) error {
	for _, e := range episodes {
		n := 0
		for _, id := range e.Answer {
			if id == 7 {
				n++
			}
		}
		e.Reward = float64(n) / float64(len(e.Answer))
	}
	return nil
}

// tinyRL returns a policy that is to learn to say 7.
func tinyRL(t *testing.T, cpu *tensor.CPU, method string, change func(*RLConfig)) *RL {
	t.Helper()
	c := DefaultRL(method, 20)
	c.Episodes, c.Minibatch, c.Answer = 64, 32, 5
	c.KL = KLConfig{Coefficient: 0.02, Target: 3, Gain: 0.2, Floor: 0.001, Limit: 50}
	c.Schedule = Schedule{Kind: "constant", Peak: 1e-2, Steps: 20}
	if change != nil {
		change(&c)
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	policy, _ := tinyTrainer(t, cpu, 1)
	reference, _ := tinyTrainer(t, cpu, 1)
	value := NewValueHead(policy)
	r := NewRL(c, policy, slices.Concat(policy.Parameters(), value.HeadParameters()), cpu)
	r.Reference, r.Value, r.Seed, r.Reward, r.Weights = reference, value, 3, likesSevens, PolicyWeights(policy, value, cpu)
	r.Prompt = func(iteration, group int) []int32 { return []int32{int32((iteration + group) % 31), 5}[:1+group%2] }
	return r
}

func TestReinforcement(t *testing.T) {
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	for _, method := range []string{PPO, GRPO, RLOO} {
		r := tinyRL(t, cpu, method, func(c *RLConfig) { c.Schedule.Peak = 5e-3 })
		var first, last Stats
		for i := range 20 {
			s, err := r.Step(i)
			if err != nil {
				t.Fatalf("%s: %v", method, err)
			}
			if i == 0 {
				first = s
			}
			last = s
		}
		if first.Figures["score"] > 0.1 || last.Figures["score"] < 0.5 {
			t.Errorf("%s: the share of sevens went from %.2f to %.2f, want from about 1/31 to more than 0.5", method, first.Figures["score"], last.Figures["score"])
		}
		if first.Figures["kl"] > 1e-4 || math.Abs(first.Figures["entropy"]-math.Log(31)) > 0.2 {
			t.Errorf("%s: before learning kl is %v, entropy %v", method, first.Figures["kl"], first.Figures["entropy"])
		}
		if last.Figures["kl"] < 0.5 || last.Figures["entropy"] >= first.Figures["entropy"] {
			t.Errorf("%s: after learning kl is %v, entropy %v", method, last.Figures["kl"], last.Figures["entropy"])
		}
	}
}

// TestRLResumes: a run that is stopped and taken up again draws and learns the same.
func TestRLResumes(t *testing.T) {
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	whole, part := tinyRL(t, cpu, PPO, nil), tinyRL(t, cpu, PPO, nil)
	var want Stats
	dir := t.TempDir()
	for i := range 4 {
		var err error
		if want, err = whole.Step(i); err != nil {
			t.Fatal(err)
		}
		if i < 2 {
			if _, err := part.Step(i); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := part.Save(dir); err != nil {
		t.Fatal(err)
	}
	again := tinyRL(t, cpu, PPO, nil)
	if err := again.Load(dir); err != nil {
		t.Fatal(err)
	}
	var got Stats
	for i := 2; i < 4; i++ {
		var err error
		if got, err = again.Step(i); err != nil {
			t.Fatal(err)
		}
	}
	for name, v := range want.Figures {
		if !strings.HasPrefix(name, "seconds") && got.Figures[name] != v {
			t.Errorf("%s is %v after resuming, want %v", name, got.Figures[name], v)
		}
	}
	for i, p := range whole.optimizer.Parameters() {
		if !slices.Equal(tensor.Data[float32](p.Value), tensor.Data[float32](again.optimizer.Parameters()[i].Value)) {
			t.Errorf("%s differs after resuming", p.Name)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, rlStateFile), []byte(`{"kl_coefficient":-1}`), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := again.Load(dir); err == nil {
		t.Error("a negative KL coefficient was taken up")
	}
}

// TestRLGuards: a policy that runs away or collapses stops with a word.
func TestRLGuards(t *testing.T) {
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	for want, change := range map[string]func(*RLConfig){
		"run away": func(c *RLConfig) { c.KL = KLConfig{Limit: 2} },
		"always says the same": func(c *RLConfig) {
			c.KL, c.MinEntropy = KLConfig{}, 3
		},
	} {
		r := tinyRL(t, cpu, GRPO, change)
		var err error
		for i := 0; i < 20 && err == nil; i++ {
			_, err = r.Step(i)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
	r := tinyRL(t, cpu, PPO, nil)
	r.Reward = func(episodes []*Episode) error {
		episodes[3].Reward = math.NaN()
		return nil
	}
	if _, err := r.Step(0); err == nil || !strings.Contains(err.Error(), "NaN") {
		t.Errorf("a reward that is not a number gives %v", err)
	}
}

// TestTrace: what the trace says of the tokens of an answer adds up.
func TestTrace(t *testing.T) {
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	r := tinyRL(t, cpu, PPO, func(c *RLConfig) { c.Lambda = 1 })
	var tokens []TokenTrace
	r.Trace = func(t []TokenTrace) error { tokens = t; return nil }
	for i := range 2 {
		if _, err := r.Step(i); err != nil {
			t.Fatal(err)
		}
	}
	charged, returns, moved := 0.0, 0.0, 0
	for _, x := range tokens[:5] {
		charged += float64(x.Charge)
		if x.Ratio != 1 {
			moved++
		}
	}
	returns = float64(tokens[0].Return) // with γ = λ = 1, what is left to come
	if want := tokens[0].Reward - charged; math.Abs(returns-want) > 1e-5 {
		t.Errorf("the return of the first token is %v, reward less charges %v", returns, want)
	}
	if len(tokens) != 64*5 || moved == 0 || tokens[7].Episode != 1 || tokens[7].Position != 2 {
		t.Errorf("%d tokens, %d moved; the eighth is %+v", len(tokens), moved, tokens[7])
	}
}

func TestGAE(t *testing.T) {
	rewards, values := []float32{-0.1, 0.2, 1}, []float32{0.5, 0.4, 0.3}
	a, returns := make([]float32, 3), make([]float32, 3)
	GAE(a, returns, rewards, values, 0.9, 0.8)
	d2 := 1 - 0.3
	d1 := 0.2 + 0.9*0.3 - 0.4
	d0 := -0.1 + 0.9*0.4 - 0.5
	want := []float64{d0 + 0.72*(d1+0.72*d2), d1 + 0.72*d2, d2}
	for i := range want {
		if math.Abs(float64(a[i])-want[i]) > 1e-6 || math.Abs(float64(returns[i]-a[i]-values[i])) > 1e-6 {
			t.Errorf("advantage %d is %v, return %v, want %v", i, a[i], returns[i], want[i])
		}
	}
}

func TestGroups(t *testing.T) {
	got := leaveOneOut([]float64{1, 2, 6, 0, 0, 3}, 3)
	if want := []float64{-3, -1.5, 4.5, -1.5, -1.5, 3}; !slices.Equal(got, want) {
		t.Errorf("leave-one-out advantages %v, want %v", got, want)
	}
	for i, a := range groupAdvantages([]float64{1, 3, 5, 5}, 2) {
		if want := []float64{-1, 1, 0, 0}[i] * math.Sqrt(0.5); math.Abs(a-want) > 1e-3 {
			t.Errorf("group advantage %d is %v, want %v", i, a, want)
		}
	}
	x := []float32{1, 9, 3, 5}
	whiten(x, []float32{1, 0, 1, 1})
	if want := []float32{-1, 9, 0, 1}; math.Abs(float64(x[0]-want[0]))+math.Abs(float64(x[2]))+math.Abs(float64(x[3]-want[3])) > 1e-5 || x[1] != 9 {
		t.Errorf("whitened %v, want %v", x, want)
	}
}

// TestRLLossGradients checks the losses by finite differences, away from their kinks.
func TestRLLossGradients(t *testing.T) {
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	random := func(purpose int, scale float64) *tensor.Tensor {
		x := tensor.New(tensor.Float64, 3, 4)
		tensor.FillNormal(x, tensor.NewStream(5, "rl losses", purpose), 0, scale)
		return x
	}
	x, old, a, w := random(1, 1), random(2, 1), random(3, 1), random(4, 1)
	for name, f := range map[string]func(t *autograd.Tape, v []*autograd.Variable) *autograd.Variable{
		"policy": func(t *autograd.Tape, v []*autograd.Variable) *autograd.Variable {
			return PolicyLoss(t, v[0], old, a, w, 0.2)
		},
		"value": func(t *autograd.Tape, v []*autograd.Variable) *autograd.Variable {
			return ValueLoss(t, v[0], old, a, w, 0.2)
		},
		"kl": func(t *autograd.Tape, v []*autograd.Variable) *autograd.Variable { return KLLoss(t, v[0], old, w) },
		"entropy": func(t *autograd.Tape, v []*autograd.Variable) *autograd.Variable {
			return EntropyBonus(t, v[0], w.Slice(1, 0, 1))
		},
	} {
		if err := autograd.GradCheck(cpu, 1e-6, f, x); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRLConfig(t *testing.T) {
	for want, change := range map[string]func(*RLConfig){
		"minibatches":      func(c *RLConfig) { c.Minibatch = 100 },
		"compares":         func(c *RLConfig) { c.Method = GRPO; c.Group = 1 },
		"none of":          func(c *RLConfig) { c.Method = "magic" },
		"coefficient":      func(c *RLConfig) { c.KL.Coefficient = math.NaN() },
		"twice the":        func(c *RLConfig) { c.KL.Limit = 1 },
		"clip":             func(c *RLConfig) { c.Clip = 0 },
		"gamma":            func(c *RLConfig) { c.Gamma = 2 },
		"learning rate is": func(c *RLConfig) { c.Schedule.Peak = 0 },
	} {
		c := DefaultRL(PPO, 10)
		if err := c.Validate(); err != nil {
			t.Fatal(err)
		}
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
}

// TestKLControl: the coefficient rises above the target, falls below it, and has a floor.
func TestKLControl(t *testing.T) {
	c := KLConfig{Target: 5, Gain: 0.2, Floor: 0.01}
	for kl, want := range map[float64]float64{5: 0.1, 5.5: 0.1 * 1.02, 50: 0.1 * 1.1, 0: 0.1 * 0.9} {
		if got := c.adapt(0.1, kl); math.Abs(got-want) > 1e-12 {
			t.Errorf("at %v nats the coefficient becomes %v, want %v", kl, got, want)
		}
	}
	if got := c.adapt(0.01, 0); got != 0.01 {
		t.Errorf("the coefficient fell to %v", got)
	}
}
