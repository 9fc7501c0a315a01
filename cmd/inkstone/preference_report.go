package main

import (
	"fmt"
	"html/template"
	"runtime"

	"inkstone/cmd/inkstone/internal/report"
	"inkstone/kernels"
	"inkstone/train"
)

// preferencePage describes what all runs on rankings have: how well the rankings held out are
// judged, and the settings. The first section is for the caller to fill.
func preferencePage(r train.PreferenceResult, c train.FineTuneConfig, h history) *report.Report {
	seconds := 0.0
	for _, x := range h["seconds"] {
		seconds += x
	}
	j := r.Heldout
	return &report.Report{
		Facts: []report.Fact{
			{Name: "accuracy", Value: fmt.Sprintf("%.1f %%", 100*j.Accuracy), Note: fmt.Sprintf("of %d held-out pairs judged as people did", j.Pairs)},
			{Name: "margin", Value: fmt.Sprintf("%.2f", j.Margin), Note: "by which the better answer scores higher, in the mean"},
			{Name: "training", Value: fmt.Sprintf("%.0f s", seconds), Note: fmt.Sprintf("%d steps", r.Steps)},
		},
		Sections: []report.Section{{Title: "How it learned"}, {
			Title: "Answers it has not seen",
			Text: fmt.Sprintf("%d rankings of prompts that were held out. Calibration: of the pairs about which it was so sure, how many it judged as "+
				"people did; on the straight line its certainty can be taken at its word. Scores: those of the best answers and of all others.", j.Rankings),
			Curves: []template.HTML{calibrationCurve(j), histogramCurve(j)},
		}},
		Settings: []report.Fact{
			{Name: "batches", Value: fmt.Sprintf("%d prompts with all of their answers, %d a step", c.Batch, c.Accumulate)},
			{Name: "optimiser", Value: fmt.Sprintf("AdamW, β %g and %g, weight decay %g, gradients clipped to norm %g", c.AdamW.Beta1, c.AdamW.Beta2, c.AdamW.WeightDecay, c.AdamW.ClipNorm)},
			{Name: "schedule", Value: fmt.Sprintf("%s from %g to %g %%, %d steps", c.Schedule.Kind, c.Schedule.Peak, 100*c.Schedule.Final, r.Planned)},
			{Name: "held out", Value: fmt.Sprintf("%g %% of the prompts", 100*c.Heldout)},
			{Name: "machine", Value: fmt.Sprintf("%s/%s, %s", runtime.GOOS, runtime.GOARCH, kernels.ISA())},
			{Name: "program", Value: "inkstone " + version()},
		},
	}
}

// calibrationCurve draws stated against observed certainty.
func calibrationCurve(j *train.Judgement) template.HTML {
	said, right := report.Line{Name: "as stated", X: []float64{0.5, 1}, Y: []float64{0.5, 1}}, report.Line{Name: "observed"}
	for _, b := range j.Calibration {
		right.X, right.Y = append(right.X, b.Predicted), append(right.Y, b.Observed)
	}
	return report.Curve("Calibration", "probability it gives its verdict", "share that is right", right, said)
}

// histogramCurve draws the scores of best and other answers as shares of each.
func histogramCurve(j *train.Judgement) template.HTML {
	h := j.Histogram
	line := func(name string, counts []int) report.Line {
		total := 0
		for _, n := range counts {
			total += n
		}
		l := report.Line{Name: name, X: []float64{h.Low - h.Width/2}, Y: []float64{0}}
		for i, n := range counts {
			l.X = append(l.X, h.Low+(float64(i)+0.5)*h.Width)
			l.Y = append(l.Y, 100*float64(n)/float64(max(total, 1)))
		}
		l.X = append(l.X, h.Low+(float64(len(counts))+0.5)*h.Width)
		l.Y = append(l.Y, 0)
		return l
	}
	return report.Curve("Scores", "score", "% of the answers", line("best answers", h.Best), line("all others", h.Other))
}
