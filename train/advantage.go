package train

import "math"

// GAE returns the advantage of each token of an answer and what the value function should
// have said, by generalised advantage estimation (Schulman et al. 2016, "High-dimensional
// continuous control using generalized advantage estimation", equation 16). With rewards r,
// values V and V(T) = 0 behind the last token:
//
//	δ(t) = r(t) + γ·V(t+1) − V(t)
//	A(t) = δ(t) + γλ·A(t+1)
//	return(t) = A(t) + V(t)
//
// λ = 1 compares what came with what was expected and is noisy; λ = 0 trusts the value
// function one token ahead and inherits its mistakes.
func GAE(advantages, returns, rewards, values []float32, gamma, lambda float64) {
	next, ahead := 0.0, 0.0 // V(t+1), A(t+1)
	for t := len(rewards) - 1; t >= 0; t-- {
		v := float64(values[t])
		ahead = float64(rewards[t]) + gamma*next - v + gamma*lambda*ahead
		advantages[t], returns[t] = float32(ahead), float32(ahead+v)
		next = v
	}
}

// whiten shifts and scales those of x whose weight is not 0 to mean 0 and variance 1
// (Stiennon et al. 2020 and the implementations since; the variance is the unbiased one).
func whiten(x, weights []float32) {
	n, mean, square := 0.0, 0.0, 0.0
	for i, v := range x {
		if weights[i] != 0 {
			n++
			mean += float64(v)
		}
	}
	mean /= max(n, 1)
	for i, v := range x {
		if weights[i] != 0 {
			square += (float64(v) - mean) * (float64(v) - mean)
		}
	}
	scale := 1 / math.Sqrt(square/max(n-1, 1)+1e-8)
	for i, v := range x {
		if weights[i] != 0 {
			x[i] = float32((float64(v) - mean) * scale)
		}
	}
}

// groupAdvantages compares the rewards of answers to the same prompt, which lie together in
// groups, with one another, so that no value function is needed (Shao et al. 2024,
// "DeepSeekMath", section 4.1.2):
//
//	A(i) = (R(i) − mean R) / (sd R + 10⁻⁴)
func groupAdvantages(rewards []float64, group int) []float64 {
	a := make([]float64, len(rewards))
	for first := 0; first < len(rewards); first += group {
		r := rewards[first : first+group]
		mean, sd := meanAndDeviation(r)
		for i := range r {
			a[first+i] = (r[i] - mean) / (sd + 1e-4)
		}
	}
	return a
}

// leaveOneOut compares each reward with the mean of the others of its group (Kool et al.
// 2019; Ahmadian et al. 2024, "Back to basics", section 3.2): unlike the group's mean it does
// not depend on the answer itself, so the gradient stays unbiased.
func leaveOneOut(rewards []float64, group int) []float64 {
	a := make([]float64, len(rewards))
	for first := 0; first < len(rewards); first += group {
		r := rewards[first : first+group]
		sum := 0.0
		for _, x := range r {
			sum += x
		}
		for i, x := range r {
			a[first+i] = x - (sum-x)/float64(group-1)
		}
	}
	return a
}

// meanAndDeviation returns the mean and the unbiased standard deviation.
func meanAndDeviation(x []float64) (mean, sd float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		sd += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(sd / float64(max(len(x)-1, 1)))
}
