package train

import "math"

// A Judgement says how well scores agree with rankings that were not learned from.
type Judgement struct {
	Rankings int     `json:"rankings"`
	Pairs    int     `json:"pairs"`
	Accuracy float64 `json:"accuracy"` // share of pairs whose better answer scores higher; a tie counts half
	Margin   float64 `json:"margin"`   // mean of s_w − s_l

	Calibration []Calibration `json:"calibration"` // from unsure to sure, those that have pairs
	Histogram   Histogram     `json:"histogram"`
}

// Calibration compares, for pairs judged with about the same certainty, the probability
// σ(|s_a − s_b|) that the scores give to their own verdict with how often it was right.
type Calibration struct {
	Predicted float64 `json:"predicted"` // mean probability, ½ to 1
	Observed  float64 `json:"observed"`  // share that was right
	Pairs     int     `json:"pairs"`
}

// A Histogram counts scores in bins of equal width, those of the best answers and of all others.
type Histogram struct {
	Low   float64 `json:"low"` // where the first bin begins
	Width float64 `json:"width"`
	Best  []int   `json:"best"`
	Other []int   `json:"other"`
}

const (
	calibrationBins = 10
	histogramBins   = 24
)

// Judge compares finite scores with rankings: scores[i] are those of ranking i, the best
// answer's first.
func Judge(scores [][]float64) Judgement {
	j := Judgement{Rankings: len(scores), Histogram: histogramOf(scores)}
	var bins [calibrationBins]Calibration
	eachPair(scores, func(margin, verdict float64) {
		p := 1 / (1 + math.Exp(-math.Abs(margin)))
		b := &bins[min(int((p-0.5)*2*calibrationBins), calibrationBins-1)]
		b.Predicted += p
		b.Observed += verdict
		b.Pairs++
		j.Pairs++
	})
	j.Accuracy, j.Margin = agreement(scores)
	for _, b := range bins {
		if n := float64(b.Pairs); n > 0 {
			j.Calibration = append(j.Calibration, Calibration{b.Predicted / n, b.Observed / n, b.Pairs})
		}
	}
	return j
}

// agreement returns the accuracy and the mean margin of scores.
func agreement(scores [][]float64) (accuracy, margin float64) {
	pairs := 0.0
	eachPair(scores, func(m, verdict float64) {
		accuracy += verdict
		margin += m
		pairs++
	})
	return accuracy / pairs, margin / pairs
}

// eachPair calls f with s_w − s_l of every pair, and with 1 where the better answer scores
// higher, 0 where it scores lower and ½ in between.
func eachPair(scores [][]float64, f func(margin, verdict float64)) {
	for _, s := range scores {
		for w := range s {
			for l := w + 1; l < len(s); l++ {
				verdict := 0.5
				if s[w] > s[l] {
					verdict = 1
				} else if s[w] < s[l] {
					verdict = 0
				}
				f(s[w]-s[l], verdict)
			}
		}
	}
}

func histogramOf(scores [][]float64) Histogram {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, s := range scores {
		for _, x := range s {
			lo, hi = min(lo, x), max(hi, x)
		}
	}
	h := Histogram{Low: lo, Width: max(hi-lo, 1e-6) / histogramBins, Best: make([]int, histogramBins), Other: make([]int, histogramBins)}
	for _, s := range scores {
		for i, x := range s {
			counts := h.Other
			if i == 0 {
				counts = h.Best
			}
			counts[min(int((x-lo)/h.Width), histogramBins-1)]++
		}
	}
	return h
}
