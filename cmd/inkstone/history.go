package main

import (
	"encoding/json"
	"html/template"
	"path/filepath"

	"inkstone/cmd/inkstone/internal/report"
	"inkstone/train"
)

// A history is a run's metrics.jsonl: for each figure its value at each step, from the first
// step on, however often the run was resumed. What is no number is left out.
type history map[string][]float64

func readHistory(dir string) (history, error) {
	h := history{}
	err := train.ReadJSONL(filepath.Join(dir, "metrics.jsonl"), func(_ int, object []byte) error {
		var figures map[string]any
		if err := json.Unmarshal(object, &figures); err != nil {
			return err
		}
		for name, x := range figures {
			if x, ok := x.(float64); ok {
				h[name] = append(h[name], x)
			}
		}
		return nil
	})
	return h, err
}

// A historyCurve is a figure of a history with a title and a unit.
type historyCurve struct{ figure, title, unit string }

// curves draws figures over the steps.
func (h history) curves(list ...historyCurve) (pictures []template.HTML) {
	for _, c := range list {
		line := smooth(report.Line{Name: c.figure, X: h["step"], Y: h[c.figure]})
		pictures = append(pictures, report.Curve(c.title, "step", c.unit, line))
	}
	return pictures
}

// last returns the mean of the last n values of a figure.
func (h history) last(figure string, n int) float64 {
	values := h[figure]
	values = values[max(0, len(values)-n):]
	return h.sum(values) / float64(max(len(values), 1))
}

// total returns the sum of a figure.
func (h history) total(figure string) float64 { return h.sum(h[figure]) }

func (history) sum(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum
}
