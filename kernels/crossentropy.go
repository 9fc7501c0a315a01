package kernels

import "math"

// CrossEntropy computes, for each row of logits [rows, cols],
//
//	lse[r] = log Σ exp(logits[r, c]),  losses[r] = lse[r] − logits[r, targets[r]]
//
// the negative log-likelihood of the target under the softmax. A row whose target is
// negative does not count: its loss is 0. lse serves the backward.
//
//go:noinline
func CrossEntropy[T Float](losses, lse []T, logits []T, targets []int32, rows, cols int) {
	checkLen("CrossEntropy", "losses", len(losses), rows)
	checkLen("CrossEntropy", "lse", len(lse), rows)
	checkLen("CrossEntropy", "logits", len(logits), rows*cols)
	checkLen("CrossEntropy", "targets", len(targets), rows)
	for r, target := range targets {
		row := logits[r*cols:][:cols]
		lse[r], losses[r] = 0, 0
		if target >= 0 {
			lse[r] = logSumExp(row)
			losses[r] = lse[r] - row[target]
		}
	}
}

// CrossEntropyBackward computes, for each row,
//
//	dlogits[c] = (exp(logits[c] − lse) − [c = target])·dlosses[r]
//
// or zeros where the target is negative. dlogits may be logits.
//
//go:noinline
func CrossEntropyBackward[T Float](dlogits, logits, lse []T, targets []int32, dlosses []T, rows, cols int) {
	checkLen("CrossEntropyBackward", "dlogits", len(dlogits), rows*cols)
	checkLen("CrossEntropyBackward", "logits", len(logits), rows*cols)
	checkLen("CrossEntropyBackward", "lse", len(lse), rows)
	checkLen("CrossEntropyBackward", "targets", len(targets), rows)
	checkLen("CrossEntropyBackward", "dlosses", len(dlosses), rows)
	for r, target := range targets {
		row := dlogits[r*cols:][:cols]
		if target < 0 {
			clear(row)
			continue
		}
		expScale(row, logits[r*cols:][:cols], lse[r], dlosses[r])
		row[target] -= dlosses[r]
	}
}

// expScale computes dst = exp(x − m)·a.
func expScale[T Float](dst, x []T, m, a T) {
	if is32[T]() {
		active.expScale(as32(dst), as32(x), float32(m), float32(a))
		return
	}
	expScaleGeneric(dst, x, m, a)
}

func expScaleGeneric[T Float](dst, x []T, m, a T) {
	for i, v := range x {
		dst[i] = T(math.Exp(float64(v-m))) * a
	}
}
