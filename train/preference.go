package train

import (
	"fmt"

	"inkstone/autograd"
	"inkstone/tensor"
)

// A PreferenceLoss says how badly scores [N] agree with rankings: a single number. The scores
// are those of the answers of several rankings, one ranking after the other and each from the
// best answer to the worst; sizes holds the number of answers of each, at least 2.
type PreferenceLoss func(t *autograd.Tape, scores *autograd.Variable, sizes []int) *autograd.Variable

// PairLoss is the loss of InstructGPT's reward model (Ouyang et al. 2022, "Training language
// models to follow instructions with human feedback", equation 1), the mean over rankings of
//
//	−1/C(K,2) · Σ log σ(s_w − s_l)
//
// over all pairs of its K answers of which w was preferred to l. With pairs alone (K = 2) it is
// that of Bradley and Terry (1952). Written as a cross-entropy between s_w and s_l it is
// finite for scores of any size.
func PairLoss(t *autograd.Tape, scores *autograd.Variable, sizes []int) *autograd.Variable {
	pairs, weights := pairsOf(t, scores, sizes)
	first := t.Arena().New(tensor.Int32, weights.Dim(0))
	clear(tensor.Data[int32](first))
	losses := t.CrossEntropy(gather(t, scores, pairs), first) // [P]
	return t.SumAll(t.Mul(losses, weights))
}

// PlackettLuceLoss is the negative log-probability of whole rankings, the mean over them of
//
//	−Σ_i log( e^s_i / Σ_{j≥i} e^s_j )
//
// in which the best answer is chosen among all, the second best among the rest, and so on
// (Luce 1959, "Individual choice behavior"; Plackett 1975, "The analysis of permutations").
func PlackettLuceLoss(t *autograd.Tape, scores *autograd.Variable, sizes []int) *autograd.Variable {
	checkSizes(scores, sizes)
	longest, choices := 0, 0
	for _, K := range sizes {
		longest, choices = max(longest, K), choices+K-1
	}
	ids := t.Arena().New(tensor.Int32, choices, longest)
	chosen := t.Arena().New(tensor.Int32, choices)
	clear(tensor.Data[int32](chosen))
	absent := make([]float64, choices*longest)
	row, start := 0, 0
	for _, K := range sizes {
		for i := range K - 1 {
			for j := range longest {
				at := row*longest + j
				tensor.Data[int32](ids)[at] = int32(start + min(i+j, K-1))
				if i+j >= K {
					absent[at] = -1e30 // its share of the sum is 0, and so is its gradient
				}
			}
			row++
		}
		start += K
	}
	rest := t.Add(gather(t, scores, ids), constant(t, scores, absent, choices, longest)) // [choices, K]
	return t.Scale(t.SumAll(t.CrossEntropy(rest, chosen)), 1/float64(len(sizes)))
}

// DPOLoss is the loss of direct preference optimisation (Rafailov et al. 2023, "Direct
// preference optimization: your language model is secretly a reward model", equation 7), the
// mean over pairs of answers y_w, preferred, and y_l of
//
//	−log σ( β·log π(y_w)/π_ref(y_w) − β·log π(y_l)/π_ref(y_l) )
//
// policy [N] holds the log-probabilities of whole answers under the policy, reference [N]
// those under the model it began as. It is PairLoss of the rewards that the policy implies;
// the pairs of longer rankings are weighted as there.
func DPOLoss(t *autograd.Tape, policy *autograd.Variable, reference *tensor.Tensor, beta float64, sizes []int) *autograd.Variable {
	return PairLoss(t, t.Scale(t.Sub(policy, t.Input(reference)), beta), sizes)
}

// IPOLoss takes what DPOLoss takes and is the loss of identity preference optimisation (Azar
// et al. 2023, "A general theoretical paradigm to understand learning from human preferences",
// equation 17, where β is τ), the mean over pairs of
//
//	( log π(y_w)/π_ref(y_w) − log π(y_l)/π_ref(y_l) − 1/(2β) )²
//
// It pulls the ratio of the two to a finite value, so that a policy cannot win by making an
// answer that lost impossible.
func IPOLoss(t *autograd.Tape, policy *autograd.Variable, reference *tensor.Tensor, beta float64, sizes []int) *autograd.Variable {
	pairs, weights := pairsOf(t, policy, sizes)
	ratios := gather(t, t.Sub(policy, t.Input(reference)), pairs)                      // [P, 2]
	margin := t.Reshape(t.Sub(t.Slice(ratios, 1, 0, 1), t.Slice(ratios, 1, 1, 2)), -1) // [P]
	off := t.AddScalar(margin, -1/(2*beta))
	return t.SumAll(t.Mul(t.Mul(off, off), weights))
}

// pairsOf lists every better answer with every worse one of its ranking, [P, 2], and how much
// each pair counts, [P]: in a ranking of K answers 1/C(K,2), divided by the number of rankings.
func pairsOf(t *autograd.Tape, scores *autograd.Variable, sizes []int) (pairs *tensor.Tensor, weights *autograd.Variable) {
	checkSizes(scores, sizes)
	var w []float64
	for _, K := range sizes {
		for range K * (K - 1) / 2 {
			w = append(w, 2/float64(K*(K-1)*len(sizes)))
		}
	}
	pairs = t.Arena().New(tensor.Int32, len(w), 2)
	ids := tensor.Data[int32](pairs)[:0]
	start := 0
	for _, K := range sizes {
		for i := range K {
			for j := i + 1; j < K; j++ {
				ids = append(ids, int32(start+i), int32(start+j))
			}
		}
		start += K
	}
	return pairs, constant(t, scores, w, len(w))
}

// checkSizes panics unless the sizes of rankings are those of the scores.
func checkSizes(scores *autograd.Variable, sizes []int) {
	total := 0
	for _, K := range sizes {
		if K < 2 {
			panic(fmt.Sprintf("train: rankings of sizes %v: want at least 2 answers in each", sizes))
		}
		total += K
	}
	if scores.Value.NDim() != 1 || scores.Dim(0) != total || total == 0 {
		panic(fmt.Sprintf("train: scores %v for rankings of sizes %v", scores.Shape(), sizes))
	}
}

// gather returns the elements of x [N] that ids [P, Q] name, [P, Q].
func gather(t *autograd.Tape, x *autograd.Variable, ids *tensor.Tensor) *autograd.Variable {
	return t.Reshape(t.Embedding(t.Reshape(x, -1, 1), ids), ids.Shape()...) // [P, Q, 1] → [P, Q]
}

// constant returns numbers as a constant of like's type.
func constant(t *autograd.Tape, like *autograd.Variable, values []float64, shape ...int) *autograd.Variable {
	c := t.Arena().New(like.Value.DType(), shape...)
	t.Backend().Copy(c, tensor.FromSlice(values, shape...))
	return t.Input(c)
}
