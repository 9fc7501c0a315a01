package train

import (
	"math"

	"inkstone/autograd"
	"inkstone/tensor"
)

// A minibatch is some rows of a rollout as tensors [n, T], in memory that it keeps.
type minibatch struct {
	Batch
	old, reference, values, advantages, returns *tensor.Tensor

	weights *tensor.Tensor // of each token in the loss; they sum to 1
	logits  *autograd.Variable
}

// fill takes rows of a rollout. Every token of an answer weighs the same.
func (b *minibatch) fill(x *rollout, rows []int) *minibatch {
	if n := len(rows); b.IDs == nil || b.IDs.Dim(0) != n || b.IDs.Dim(1) != x.T {
		b.Batch = newBatch(n, x.T)
		for _, t := range []**tensor.Tensor{&b.old, &b.reference, &b.values, &b.advantages, &b.returns, &b.weights} {
			*t = tensor.New(tensor.Float32, n, x.T)
		}
	}
	for i, row := range rows {
		from, to := row*x.T, (row+1)*x.T
		copy(tensor.Data[int32](b.IDs)[i*x.T:], x.ids[from:to])
		copy(tensor.Data[int32](b.Targets)[i*x.T:], x.targets[from:to])
		for _, c := range []struct {
			to   *tensor.Tensor
			from []float32
		}{{b.old, x.logp}, {b.reference, x.reference}, {b.values, x.values}, {b.advantages, x.advantages}, {b.returns, x.returns}, {b.weights, x.mask}} {
			copy(tensor.Data[float32](c.to)[i*x.T:], c.from[from:to])
		}
	}
	normalise(tensor.Data[float32](b.weights))
	return b
}

// weighByAnswer makes every answer weigh the same, however long it is (Shao et al. 2024,
// equation 3).
func (b *minibatch) weighByAnswer() {
	T := b.IDs.Dim(1)
	w := tensor.Data[float32](b.weights)
	for at := 0; at < len(w); at += T {
		normalise(w[at : at+T])
	}
	normalise(w)
}

// normalise scales weights to the sum 1.
func normalise(w []float32) {
	sum := 0.0
	for _, v := range w {
		sum += float64(v)
	}
	for i := range w {
		w[i] /= float32(max(sum, 1e-9))
	}
}

// note adds up how far the policy has moved since it drew the answers: the share of tokens
// whose ratio is clipped, and the divergence by the estimator k3.
func (b *minibatch) note(logp *tensor.Tensor, clip float64, sums map[string]float64) {
	old, w := tensor.Data[float32](b.old), tensor.Data[float32](b.weights)
	for i, now := range tensor.Data[float32](logp) {
		d := float64(now - old[i])
		ratio := math.Exp(d)
		sums["approx_kl"] += float64(w[i]) * (ratio - 1 - d)
		sums["ratio"] += float64(w[i]) * ratio
		if math.Abs(ratio-1) > clip {
			sums["clip_fraction"] += float64(w[i])
		}
	}
}
