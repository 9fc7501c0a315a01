package main

import (
	"fmt"
	"html/template"
	"runtime"

	"inkstone/cmd/inkstone/internal/report"
	"inkstone/kernels"
	"inkstone/train/poet"
)

// report describes the run on one page.
func (r *demo) report(first, couplets []poet.Recital, p poet.Perplexity) *report.Report {
	h, c := &r.history, r.model.Config()
	page := &report.Report{
		Title:    "A child learns Tang poems",
		Subtitle: fmt.Sprintf("%d quatrains of the Tang dynasty, read by a model of %s parameters that began knowing nothing.", len(r.learn), count(float64(c.NumParameters()))),
		Facts: []report.Fact{
			{Name: "recited", Value: fmt.Sprintf("%.0f of %d", poet.Share(first)*float64(len(first)), len(first)), Note: "famous first lines continued without a mistake"},
			{Name: "perplexity", Value: fmt.Sprintf("%.0f", p.Character), Note: fmt.Sprintf("a character of %d unseen poems; a guess among all would have %d", len(r.heldout), len(r.vocab.Tokens))},
			{Name: "training", Value: fmt.Sprintf("%.0f s", h.Seconds), Note: fmt.Sprintf("%d steps, %s tokens", len(h.Step), count(float64(h.Tokens)))},
			{Name: "speed", Value: fmt.Sprintf("%s/s", count(float64(h.Tokens)/h.Seconds)), Note: fmt.Sprintf("tokens, on %d threads with %s", r.cpu.Pool().Threads(), kernels.ISA())},
		},
		Sections: []report.Section{{
			Title: "How it learned",
			Text: "The loss is how surprised the model is by the next character of the poems it reads, in nats. Perplexity turns the same " +
				"into a number of choices: between how many equally likely characters it hesitates on poems it has never seen.",
			Curves: r.curves(),
		}, r.samples(), {
			Title: "Recited: famous first lines",
			Text:  "The model is given the first line and always takes the character it finds most likely.",
			Pairs: pairs(first),
		}, {
			Title: "Recited: couplets as people quote them",
			Text:  fmt.Sprintf("Given the third line alone. %.0f of %d are right.", poet.Share(couplets)*float64(len(couplets)), len(couplets)),
			Pairs: pairs(couplets[:min(len(couplets), 30)]),
		}},
		Settings: []report.Fact{
			{Name: "model", Value: fmt.Sprintf("GPT-2 type, %d layers, %d heads, %d channels, vocabulary %d, context %d, dropout %g", c.Layers, c.Heads, c.Channels, c.Vocab, c.Context, c.Dropout)},
			{Name: "optimiser", Value: fmt.Sprintf("AdamW, β %g and %g, weight decay %g, gradients clipped to norm %g", r.config.AdamW.Beta1, r.config.AdamW.Beta2, r.config.AdamW.WeightDecay, r.config.AdamW.ClipNorm)},
			{Name: "schedule", Value: fmt.Sprintf("%s from %g, %d steps of warm-up, to %g %%", r.config.Schedule.Kind, r.config.Schedule.Peak, r.config.Schedule.Warmup, 100*r.config.Schedule.Final)},
			{Name: "batches", Value: fmt.Sprintf("%d poems of one form; famous poems %d times an epoch", r.config.Batch, r.config.Famous)},
			{Name: "seed", Value: fmt.Sprint(r.config.Seed)},
			{Name: "machine", Value: fmt.Sprintf("%s/%s, %s, %d threads", runtime.GOOS, runtime.GOARCH, kernels.ISA(), r.cpu.Pool().Threads())},
			{Name: "program", Value: "inkstone " + version()},
			{Name: "poems", Value: "chinese-poetry 2.0.1 (MIT); the texts are in the public domain"},
		},
	}
	return page
}

// curves draws the loss, the perplexity and the recitals.
func (r *demo) curves() []template.HTML {
	h := &r.history
	var steps, perplexity, recited []float64
	for _, l := range h.Looks {
		steps = append(steps, float64(l.Step))
		perplexity = append(perplexity, l.Perplexity)
		recited = append(recited, 20*l.Recited)
	}
	var pictures []template.HTML
	for _, c := range []struct {
		title, y string
		line     report.Line
	}{
		{"Loss on the poems it reads", "nats a character", smooth(report.Line{Name: "loss", X: h.Step, Y: h.Loss})},
		{"Perplexity of unseen poems", "choices a character", report.Line{Name: "perplexity", X: steps, Y: perplexity}},
		{"Famous poems recited", "of 20", report.Line{Name: "recited", X: steps, Y: recited}},
	} {
		pictures = append(pictures, report.Curve(c.title, "step", c.y, c.line))
	}
	return pictures
}

// smooth averages a curve over windows, to at most 200 points.
func smooth(l report.Line) report.Line {
	window := max(1, len(l.X)/200)
	s := report.Line{Name: l.Name}
	for i := 0; i+window <= len(l.X); i += window {
		x, y := 0.0, 0.0
		for k := i; k < i+window; k++ {
			x += l.X[k] / float64(window)
			y += l.Y[k] / float64(window)
		}
		s.X, s.Y = append(s.X, x), append(s.Y, y)
	}
	return s
}

func (r *demo) samples() report.Section {
	s := report.Section{
		Title: "Poems along the way",
		Text:  "At these steps the model was asked for a quatrain of seven characters a line. Nothing is picked or corrected.",
	}
	for _, l := range r.history.Looks {
		s.Poems = append(s.Poems, report.Poem{Caption: fmt.Sprintf("step %d, perplexity %.0f, recites %.0f of 20", l.Step, l.Perplexity, 20*l.Recited), Lines: l.Poem})
	}
	return s
}

func pairs(recitals []poet.Recital) []report.Pair {
	var all []report.Pair
	for _, x := range recitals {
		all = append(all, report.Pair{Prompt: x.Given, Want: x.Want, Got: x.Got, Source: x.Poem.Author + "《" + x.Poem.Title + "》", Good: x.Right()})
	}
	return all
}
