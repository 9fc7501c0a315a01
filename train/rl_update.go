package train

import (
	"fmt"
	"math/rand/v2"

	"inkstone/autograd"
	"inkstone/tensor"
)

// forward returns the log-probability of each target and the value before it, [B, T].
func (r *RL) forward(b *minibatch) (logp, values *autograd.Variable) {
	t, B, T := r.tape, b.IDs.Dim(0), b.IDs.Dim(1)
	hidden := r.Policy.Hidden(t, b.IDs, nil)
	b.logits = r.Policy.Logits(t, hidden)
	losses := t.CrossEntropy(b.logits, b.Targets)
	logp = t.Scale(t.Reshape(losses, B, T), -1)
	switch {
	case r.Config.Method != PPO:
	case r.Value.Model == r.Policy:
		values = t.Reshape(r.Value.Head.Forward(t, hidden), B, T)
	default:
		values = r.Value.Values(t, b.IDs)
	}
	return logp, values
}

// update learns from the episodes of an iteration.
func (r *RL) update(iteration int, x *rollout, s *Stats) error {
	c := r.Config
	steps := 0
	sums := map[string]float64{}
epochs:
	for epoch := range c.Epochs {
		order := rand.New(tensor.NewRNG(tensor.NewStream(r.Seed, "minibatches", iteration*c.Epochs+epoch))).Perm(len(x.episodes))
		for first := 0; first < len(order); first += c.Minibatch {
			if err := r.learn(iteration, steps, r.take(x, order[first:first+c.Minibatch]), s, sums); err != nil {
				return err
			}
			steps++
			if c.StopKL > 0 && sums["approx_kl"]/float64(steps) > c.StopKL {
				break epochs
			}
		}
	}
	for name, v := range sums {
		s.Figures[name] = v / float64(steps)
	}
	s.Figures["optimizer_steps"] = float64(steps)
	s.Loss, s.GradNorm = s.Loss/float64(steps), s.GradNorm/float64(steps)
	return nil
}

// take makes a minibatch of rows of a rollout, with the weights that the method gives to tokens.
func (r *RL) take(x *rollout, rows []int) *minibatch {
	b := r.batch.fill(x, rows)
	if r.Config.Method == GRPO {
		b.weighByAnswer()
	}
	return b
}

// loss returns the loss of a minibatch, and adds its parts to sums.
func (r *RL) loss(b *minibatch, sums map[string]float64) *autograd.Variable {
	c, t := r.Config, r.tape
	logp, values := r.forward(b)
	b.note(logp.Value, c.Clip, sums)
	loss := PolicyLoss(t, logp, b.old, b.advantages, b.weights, c.Clip)
	sums["policy_loss"] += loss.Value.Item()
	if values != nil {
		v := ValueLoss(t, values, b.values, b.returns, b.weights, c.ValueClip)
		sums["value_loss"] += v.Value.Item()
		loss = t.Add(loss, t.Scale(v, c.ValueCoef))
	}
	if c.Method == GRPO {
		loss = t.Add(loss, t.Scale(KLLoss(t, logp, b.reference, b.weights), r.beta))
	}
	if c.Entropy > 0 {
		loss = t.Sub(loss, t.Scale(EntropyBonus(t, b.logits, b.weights), c.Entropy))
	}
	return loss
}

// learn takes one optimiser step on a minibatch.
func (r *RL) learn(iteration, number int, b *minibatch, s *Stats, sums map[string]float64) error {
	c, t := r.Config, r.tape
	r.optimizer.ZeroGrad()
	t.Reset()
	loss := r.loss(b, sums)
	value := loss.Value.Item()
	s.Loss += value
	t.Backward(loss)
	if c.Pretrain > 0 {
		t.Reset()
		ptx, _ := r.PretrainLoss(t, iteration*c.Epochs*(c.Episodes/c.Minibatch)+number, 0)
		sums["pretrain_loss"] += ptx.Value.Item()
		t.BackwardScaled(ptx, c.Pretrain)
	}
	if !finite(value) {
		return fmt.Errorf("train: iteration %d: loss %v; try a lower learning rate", s.Step, value)
	}
	norm, err := r.optimizer.Step(r.backend, s.LR)
	s.GradNorm += norm
	return err
}
