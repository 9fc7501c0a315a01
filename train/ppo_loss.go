package train

import (
	"inkstone/autograd"
	"inkstone/tensor"
)

// PolicyLoss is PPO's clipped surrogate (Schulman et al. 2017, "Proximal policy optimization
// algorithms", equation 7), summed over the tokens with their weights w:
//
//	ratio = exp(logp − old)
//	loss  = −Σ w·min(ratio·A, clamp(ratio, 1−ε, 1+ε)·A)
//
// A token whose probability has already moved by more than ε in the direction that its
// advantage A asks for has no gradient. logp is [B, T], the constants have as many elements.
func PolicyLoss(t *autograd.Tape, logp *autograd.Variable, old, advantages, weights *tensor.Tensor, epsilon float64) *autograd.Variable {
	ratio := t.Exp(t.Sub(logp, t.Input(old)))
	a := t.Input(advantages)
	gain := t.Minimum(t.Mul(ratio, a), t.Mul(t.Clamp(ratio, 1-epsilon, 1+epsilon), a))
	return t.Scale(t.SumAll(t.Mul(gain, t.Input(weights))), -1)
}

// ValueLoss is the squared error of a value function, clipped like the policy so that one
// batch does not pull it far (the implementation of Schulman et al. 2017; Huang et al. 2022,
// "The 37 implementation details of PPO", detail 9):
//
//	near = old + clamp(v − old, −ε, ε)
//	loss = ½ Σ w·max((v − return)², (near − return)²)
func ValueLoss(t *autograd.Tape, values *autograd.Variable, old, returns, weights *tensor.Tensor, epsilon float64) *autograd.Variable {
	before, target := t.Input(old), t.Input(returns)
	near := t.Add(t.Clamp(t.Sub(values, before), -epsilon, epsilon), before)
	far := t.Sub(values, target)
	clipped := t.Sub(near, target)
	worst := t.Maximum(t.Mul(far, far), t.Mul(clipped, clipped))
	return t.Scale(t.SumAll(t.Mul(worst, t.Input(weights))), 0.5)
}

// KLLoss estimates the divergence of the policy from a reference by the tokens it drew,
// with Schulman's estimator k3, which is never negative (Shao et al. 2024, equation 4):
//
//	Σ w·(exp(ref − logp) − (ref − logp) − 1)
func KLLoss(t *autograd.Tape, logp *autograd.Variable, reference, weights *tensor.Tensor) *autograd.Variable {
	d := t.Sub(t.Input(reference), logp)
	return t.SumAll(t.Mul(t.AddScalar(t.Sub(t.Exp(d), d), -1), t.Input(weights)))
}

// EntropyBonus is the mean entropy −Σ p log p of the distributions that logits [N, V]
// describe, weighted with w, of N elements.
func EntropyBonus(t *autograd.Tape, logits *autograd.Variable, weights *tensor.Tensor) *autograd.Variable {
	each := t.Sum(t.Mul(t.Softmax(logits), t.LogSoftmax(logits)), -1) // [N, 1]
	return t.Scale(t.SumAll(t.Mul(t.Reshape(each, weights.Shape()...), t.Input(weights))), -1)
}
