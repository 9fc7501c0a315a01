package train

import (
	"math"
	"slices"
	"testing"

	"inkstone/nn"
	"inkstone/tensor"
)

// rollout lays out the answers of a case.
func (g *goldenRun) rollout(name string) *rollout {
	g.t.Helper()
	ids, targets := g.tensor(name+"/ids"), g.tensor(name+"/targets")
	n, T := ids.Dim(0), ids.Dim(1)
	var episodes []*Episode
	for i := range n {
		row, next := tensor.Data[int32](ids)[i*T:(i+1)*T], tensor.Data[int32](targets)[i*T:(i+1)*T]
		first := slices.IndexFunc(next, func(id int32) bool { return id >= 0 })
		e := &Episode{Prompt: row[:first+1]}
		for _, id := range next[first:] {
			if id >= 0 {
				e.Answer = append(e.Answer, id)
			}
		}
		episodes = append(episodes, e)
	}
	x := layOut(episodes)
	if x.T != T || !slices.Equal(x.ids, tensor.Data[int32](ids)) || !slices.Equal(x.targets, tensor.Data[int32](targets)) {
		g.t.Fatalf("%s is laid out as\n%v →\n%v, want\n%v →\n%v", name, x.ids, x.targets, tensor.Data[int32](ids), tensor.Data[int32](targets))
	}
	return x
}

// drawn gives a rollout the scores, log-probabilities and values that a case has.
func (g *goldenRun) drawn(x *rollout, name string, values bool) *rollout {
	g.t.Helper()
	for i, e := range x.episodes {
		e.Reward = flat(g.tensor(name+"/score"), i)
	}
	copy(x.logp, tensor.Data[float32](g.tensor(name+"/old")))
	copy(x.reference, tensor.Data[float32](g.tensor(name+"/reference")))
	if values {
		copy(x.values, tensor.Data[float32](g.tensor(name+"/values")))
	}
	return x
}

// learner returns a learner of the small model, with a value function on its trunk.
func (g *goldenRun) learner(dir string, c RLConfig) *RL {
	g.t.Helper()
	c.Schedule, c.AdamW = Schedule{Kind: "constant", Peak: 1e-3, Steps: 1}, DefaultAdamW()
	if err := c.Validate(); err != nil {
		g.t.Fatal(err)
	}
	policy, err := nn.Load(dir, tensor.Float32, g.cpu)
	if err != nil {
		g.t.Fatal(err)
	}
	value := NewValueHead(policy)
	g.cpu.Copy(value.Head.Weight.Value, g.tensor("score.weight"))
	g.cpu.Copy(value.Head.Bias.Value, g.tensor("score.bias"))
	r := NewRL(c, policy, slices.Concat(policy.Parameters(), value.HeadParameters()), g.cpu)
	r.Reference, r.Value = policy, value
	return r
}

// number compares a figure with one of PyTorch's.
func (g *goldenRun) number(what string, got, want float64) {
	g.t.Helper()
	if !(math.Abs(got-want) <= 1e-5*math.Max(math.Abs(want), 1e-2)) {
		g.t.Errorf("%s is %.9g, want %.9g", what, got, want)
	}
}

// sum returns the sum of the elements of a tensor of a case.
func (g *goldenRun) sum(name string) (sum float64) {
	x := g.tensor(name)
	for i := range x.Len() {
		sum += flat(x, i)
	}
	return sum
}

// TestGoldenEvaluate: what the learner finds out about the tokens of answers are the
// log-probabilities and the values that PyTorch finds.
func TestGoldenEvaluate(t *testing.T) {
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	g, dir := goldenSteps(t, cpu)
	c := DefaultRL(PPO, 1)
	c.Episodes, c.Minibatch = 4, 2
	r := g.learner(dir, c)
	x := g.rollout("dpo")
	r.evaluate(x)
	for i := range x.episodes {
		g.number("log p of the answer", x.sum(x.logp, i), flat(g.tensor("dpo/policy"), i))
		g.number("its reference, the same model", x.sum(x.reference, i), flat(g.tensor("dpo/policy"), i))
	}
	// The value of a place is that of a reward model that reads no further.
	ranking := g.tensor("reward/ids")
	T := ranking.Dim(1)
	var answers []*Episode
	for i := range 4 {
		row, last := tensor.Data[int32](ranking)[i*T:(i+1)*T], int(flat(g.tensor("reward/last"), i))-i*T
		answers = append(answers, &Episode{Prompt: row[:last+1], Answer: []int32{1}})
	}
	x = layOut(answers)
	r.evaluate(x)
	for i := range answers {
		g.number("value", x.sum(x.values, i), flat(g.tensor("reward/scores"), i))
	}
}

// TestGoldenPPO: charges, advantages and returns, whitening, both clipped losses and their
// gradients agree with PyTorch.
func TestGoldenPPO(t *testing.T) {
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	g, dir := goldenSteps(t, cpu)
	c := DefaultRL(PPO, 1)
	c.Episodes, c.Minibatch = 4, 4
	c.KL.Coefficient, c.Lambda = flat(g.tensor("ppo/beta_f64"), 0), flat(g.tensor("ppo/lambda_f64"), 0)
	c.Clip, c.ValueClip = flat(g.tensor("ppo/clip_f64"), 0), flat(g.tensor("ppo/value_clip_f64"), 0)
	c.ValueCoef = flat(g.tensor("ppo/value_coefficient_f64"), 0)
	for name, gamma := range map[string]float64{"ppo/gamma_1": 1, "ppo/gamma_099": 0.99} {
		c.Gamma = gamma
		x := g.drawn(g.rollout("ppo"), "ppo", true)
		g.learner(dir, c).estimate(x)
		g.close(tensor.FromSlice(x.advantages, 4, x.T), name+"/advantages", 1e-6)
		g.close(tensor.FromSlice(x.returns, 4, x.T), name+"/returns", 1e-6)
	}

	c.Gamma = 1
	r := g.learner(dir, c)
	x, figures := g.drawn(g.rollout("ppo"), "ppo", true), map[string]float64{}
	kl := r.assess(x, figures)
	g.close(tensor.FromSlice(x.advantages, 4, x.T), "ppo/whitened", 2e-6)
	g.number("kl", kl, (g.sum("ppo/old")-g.sum("ppo/reference"))/4)
	g.number("reward", figures["reward"], g.sum("ppo/rewards")/4)

	sums := map[string]float64{}
	loss := r.loss(r.take(x, []int{2, 0, 3, 1}), sums)
	g.number("the policy's loss", sums["policy_loss"], flat(g.tensor("ppo/policy_loss_f64"), 0))
	g.number("the value function's loss", sums["value_loss"], flat(g.tensor("ppo/value_loss_f64"), 0))
	g.step(r.tape, "ppo", loss, r.optimizer.Parameters(), goldenTolerances[tensor.Float32])
}

// TestGoldenGRPO: advantages within groups, the loss, in which each answer weighs the same, and
// its gradients agree with PyTorch.
func TestGoldenGRPO(t *testing.T) {
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	g, dir := goldenSteps(t, cpu)
	c := DefaultRL(GRPO, 1)
	c.Episodes, c.Minibatch, c.Group = 6, 6, 3
	c.KL.Coefficient, c.Clip = flat(g.tensor("grpo/beta_f64"), 0), flat(g.tensor("grpo/clip_f64"), 0)
	r := g.learner(dir, c)
	x := g.drawn(g.rollout("grpo"), "grpo", false)
	r.assess(x, map[string]float64{})
	for i, e := range x.episodes {
		g.number("advantage", x.sum(x.advantages, i)/float64(len(e.Answer)), flat(g.tensor("grpo/advantages"), i))
	}

	sums := map[string]float64{}
	loss := r.loss(r.take(x, []int{4, 1, 0, 5, 2, 3}), sums)
	policy := flat(g.tensor("grpo/policy_loss_f64"), 0)
	g.number("the policy's loss", sums["policy_loss"], policy)
	g.number("the divergence", (loss.Value.Item()-sums["policy_loss"])/r.beta, flat(g.tensor("grpo/kl_f64"), 0))
	g.step(r.tape, "grpo", loss, r.Policy.Parameters(), goldenTolerances[tensor.Float32])
}
