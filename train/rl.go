package train

import (
	"fmt"
	"time"

	"inkstone/autograd"
	"inkstone/nn"
	"inkstone/tensor"
)

// An RL teaches a policy by reinforcement learning from rewards, as in the third step of
// InstructGPT (Ouyang et al. 2022, section 3.5). Each iteration, which is a step of its run,
//
//  1. lets the policy answer prompts (the rollout),
//  2. has the answers judged as a whole,
//  3. charges every token for leaving the reference model,
//  4. works out by how much each token did better than expected (the advantage), and
//  5. makes better tokens likelier, in small steps that cannot go far (the update).
type RL struct {
	Config    RLConfig
	Policy    nn.Model
	Reference nn.Model // frozen
	// Value is the value function of ppo. It may share the policy's trunk, or be a model of
	// its own that began as the reward model.
	Value   *nn.Scorer
	Weights Weights // what a checkpoint holds of the policy and the value function
	Seed    uint64
	Reward  RewardFunc
	// Prompt returns the prompt of a group.
	Prompt func(iteration, group int) []int32
	// PretrainLoss is the loss that Config.Pretrain weighs.
	PretrainLoss LossFunc
	// Trace is called after each iteration with its answers, token by token.
	Trace func(tokens []TokenTrace) error

	backend   tensor.Backend
	optimizer *Optimizer
	tape      *autograd.Tape
	generator *nn.BatchGenerator
	beta      float64
	batch     minibatch
}

// NewRL returns a learner whose optimiser changes params: those of the policy, or of an
// adapter to it, and of the value function. Its other fields are the caller's to set.
func NewRL(c RLConfig, policy nn.Model, params []*autograd.Variable, backend tensor.Backend) *RL {
	return &RL{
		Config: c, Policy: policy, backend: backend, optimizer: NewOptimizer(params, c.AdamW), tape: autograd.NewTape(backend),
		generator: nn.NewBatchGenerator(policy, backend), beta: c.KL.Coefficient,
	}
}

// Step runs an iteration. Figures that are not finite, a policy that has run away from its
// reference and one that always says the same are errors.
func (r *RL) Step(iteration int) (Stats, error) {
	start := time.Now()
	s := Stats{Step: iteration + 1, LR: r.Config.Schedule.LR(iteration), Figures: map[string]float64{}}
	x, err := r.roll(iteration, s.Figures)
	if err != nil {
		return s, err
	}
	s.Tokens = x.answerTokens()
	rolled := time.Now()
	r.evaluate(x)
	kl := r.assess(x, s.Figures)
	if err := r.healthy(s.Figures); err != nil {
		return s, fmt.Errorf("train: iteration %d: %w", s.Step, err)
	}
	judged := time.Now()
	if err := r.update(iteration, x, &s); err != nil {
		return s, err
	}
	updated := time.Now()
	if r.Trace != nil {
		if err := r.Trace(x.trace(iteration, r.beta, r.Config.Clip, r.logProbs(x))); err != nil {
			return s, err
		}
	}
	r.beta = r.Config.KL.adapt(r.beta, kl)
	s.Time = time.Since(start)
	s.Figures["seconds_rollout"] = rolled.Sub(start).Seconds()
	s.Figures["seconds_scoring"] = judged.Sub(rolled).Seconds()
	s.Figures["seconds_update"] = updated.Sub(judged).Seconds()
	return s, nil
}

// roll draws the answers of an iteration and has them judged.
func (r *RL) roll(iteration int, figures map[string]float64) (*rollout, error) {
	prompts := make([][]int32, r.Config.Episodes)
	for i := range prompts {
		prompts[i] = r.Prompt(iteration, i/r.Config.Group)
	}
	episodes, err := generate(r.generator, prompts, r.Config.Answer, r.Seed, "rollout", iteration)
	if err != nil {
		return nil, err
	}
	if err := r.Reward(episodes); err != nil {
		return nil, err
	}
	x := layOut(episodes)
	var scores []float64
	for _, e := range episodes {
		scores = append(scores, e.Reward)
	}
	figures["score"], figures["score_sd"] = meanAndDeviation(scores)
	figures["length"] = float64(x.answerTokens()) / float64(len(episodes))
	return x, nil
}

// assess works out what each token of an evaluated rollout was worth and returns the mean
// divergence from the reference in nats an answer.
func (r *RL) assess(x *rollout, figures map[string]float64) (kl float64) {
	n := float64(len(x.episodes))
	total := make([]float64, len(x.episodes)) // reward minus what the answer is charged
	entropy := 0.0
	for i, e := range x.episodes {
		logp := x.sum(x.logp, i)
		d := logp - x.sum(x.reference, i)
		total[i] = e.Reward - r.beta*d
		kl += d / n
		entropy -= logp
	}
	figures["reward"], _ = meanAndDeviation(total)
	figures["kl"], figures["kl_coefficient"] = kl, r.beta
	figures["entropy"] = entropy / float64(max(x.answerTokens(), 1))
	switch r.Config.Method {
	case PPO:
		figures["value_explained_variance"] = r.estimate(x)
		whiten(x.advantages, x.mask)
	case GRPO: // the divergence is part of the loss
		x.spread(groupAdvantages(rewardsOf(x.episodes), r.Config.Group))
	case RLOO:
		x.spread(leaveOneOut(total, r.Config.Group))
	}
	return kl
}

func rewardsOf(episodes []*Episode) []float64 {
	all := make([]float64, len(episodes))
	for i, e := range episodes {
		all[i] = e.Reward
	}
	return all
}

// spread gives every token of an answer the answer's advantage.
func (x *rollout) spread(advantages []float64) {
	for i, a := range advantages {
		from, to := x.span(i)
		for k := from; k < to; k++ {
			x.advantages[k] = float32(a)
		}
	}
}

// estimate computes advantages and returns with the value function: the answer's reward comes
// with its last token, the charge β·(log p − log p_ref) with each. It returns the share of the
// variance of the returns that the value function explains.
func (r *RL) estimate(x *rollout) float64 {
	rewards := make([]float32, x.T)
	var errors, returns []float64
	for i, e := range x.episodes {
		from, to := x.span(i)
		rewards = rewards[:to-from]
		for k := range rewards {
			rewards[k] = float32(-r.beta * float64(x.logp[from+k]-x.reference[from+k]))
		}
		rewards[len(rewards)-1] += float32(e.Reward)
		GAE(x.advantages[from:to], x.returns[from:to], rewards, x.values[from:to], r.Config.Gamma, r.Config.Lambda)
		for k := from; k < to; k++ {
			returns = append(returns, float64(x.returns[k]))
			errors = append(errors, float64(x.returns[k]-x.values[k]))
		}
	}
	_, unexplained := meanAndDeviation(errors)
	_, all := meanAndDeviation(returns)
	return 1 - unexplained*unexplained/max(all*all, 1e-12)
}

// healthy reports figures with which training must not go on.
func (r *RL) healthy(figures map[string]float64) error {
	for name, v := range figures {
		if !finite(v) {
			return fmt.Errorf("%s is %v", name, v)
		}
	}
	if limit := r.Config.KL.Limit; limit > 0 && figures["kl"] > limit {
		return fmt.Errorf("the policy stands %.1f nats an answer from its reference, more than %g: it has run away; try a lower learning rate or a higher KL coefficient", figures["kl"], limit)
	}
	if figures["entropy"] < r.Config.MinEntropy {
		return fmt.Errorf("the policy's entropy is %.4f nats a token: it always says the same; try a lower learning rate or an entropy bonus", figures["entropy"])
	}
	return nil
}

// evaluate asks policy, value function and reference for every token of the rollout.
func (r *RL) evaluate(x *rollout) {
	r.inRows(x, func(at int, b *minibatch) {
		logp, values := r.forward(b)
		copy(x.logp[at:], tensor.Data[float32](logp.Value))
		if values != nil {
			copy(x.values[at:], tensor.Data[float32](values.Value))
		}
		r.tape.Reset()
		copy(x.reference[at:], tensor.Data[float32](b.LogProbs(r.tape, r.Reference).Value))
	})
}

// logProbs asks the policy as it is now for every token of a rollout.
func (r *RL) logProbs(x *rollout) []float32 {
	logp := make([]float32, len(x.logp))
	r.inRows(x, func(at int, b *minibatch) {
		copy(logp[at:], tensor.Data[float32](b.LogProbs(r.tape, r.Policy).Value))
	})
	return logp
}

// inRows calls f without gradients for the rows of a rollout, a minibatch at a time, with
// the place of the first.
func (r *RL) inRows(x *rollout, f func(at int, b *minibatch)) {
	r.tape.SetGrad(false)
	defer r.tape.SetGrad(true)
	rows := make([]int, r.Config.Minibatch)
	for first := 0; first < len(x.episodes); first += len(rows) {
		for i := range rows {
			rows[i] = first + i
		}
		r.tape.Reset()
		f(first*x.T, r.batch.fill(x, rows))
	}
}
