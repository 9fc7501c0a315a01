package train

import (
	"math"
	"testing"

	"inkstone/tensor"
)

func TestJudge(t *testing.T) {
	j := Judge([][]float64{{2, 1, 1}, {0, 3}})
	if j.Rankings != 2 || j.Pairs != 4 || j.Accuracy != 2.5/4 || j.Margin != (1+1+0-3)/4.0 {
		t.Errorf("judged %+v", j)
	}
	sigma := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	want := []Calibration{{0.5, 0.5, 1}, {sigma(1), 1, 2}, {sigma(3), 0, 1}}
	if len(j.Calibration) != len(want) {
		t.Fatalf("calibration %v, want %v", j.Calibration, want)
	}
	for i, c := range j.Calibration {
		if math.Abs(c.Predicted-want[i].Predicted) > 1e-12 || c.Observed != want[i].Observed || c.Pairs != want[i].Pairs {
			t.Errorf("calibration %v, want %v", c, want[i])
		}
	}
	h := j.Histogram // of best 2 and 0, others 1, 1 and 3
	if h.Low != 0 || math.Abs(h.Width*histogramBins-3) > 1e-12 || h.Best[0] != 1 || h.Best[16] != 1 || h.Other[8] != 2 || h.Other[histogramBins-1] != 1 {
		t.Errorf("histogram %+v", h)
	}
	if j := Judge([][]float64{{1, 1}}); j.Accuracy != 0.5 || j.Histogram.Best[0]+j.Histogram.Other[0] != 2 {
		t.Errorf("equal scores judged %+v", j)
	}
}

// TestJudgeCalibration: where the probabilities of the scores are true, the bins say so.
func TestJudgeCalibration(t *testing.T) {
	r := tensor.NewRNG(tensor.NewStream(1, "verdicts", 0))
	var scores [][]float64
	for range 40000 {
		a, b := r.Normal(), 2*r.Normal()
		if r.Float64() < 1/(1+math.Exp(b-a)) { // a wins by Bradley and Terry's law
			scores = append(scores, []float64{a, b})
		} else {
			scores = append(scores, []float64{b, a})
		}
	}
	for _, c := range Judge(scores).Calibration {
		if tolerance := 4 * math.Sqrt(0.25/float64(c.Pairs)); math.Abs(c.Predicted-c.Observed) > tolerance {
			t.Errorf("%d pairs judged with %.3f, right in %.3f", c.Pairs, c.Predicted, c.Observed)
		}
	}
}
