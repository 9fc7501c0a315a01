package main

import (
	"fmt"
	"html/template"
	"runtime"
	"strings"

	"inkstone/cmd/inkstone/internal/report"
	"inkstone/train/poet"
	"inkstone/train/prosody"
)

// report describes the demo on one page.
func (d *demo) report(against prosody.Comparison, kl float64) *report.Report {
	recited, answers, judge, improved := d.done[reciteDir], d.done[answerDir], d.done[judgeDir], d.done[improveDir]
	before, after := prosody.Summarize(answers.judgements, d.bootstrap()), prosody.Summarize(improved.judgements, d.bootstrap())
	total := recited.Seconds + answers.Seconds + judge.Seconds + improved.Seconds
	page := &report.Report{
		Title:    "A child learns Tang poems",
		Subtitle: "It recites, then answers to a theme, then is judged by a companion who knows good from bad, then gets better.",
		Facts: []report.Fact{
			{Name: "recites", Value: fmt.Sprintf("%.0f of %d", recited.Recited*float64(len(d.famous)), len(d.famous)), Note: "famous first lines continued without a mistake"},
			{Name: "answers", Value: change(before.Theme.Mean, after.Theme.Mean), Note: "of the themes asked for are in its poems, before and after reinforcement learning"},
			{Name: "keeps the rules", Value: change(before.Regulated.Mean, after.Regulated.Mean), Note: "of the rules of tone and rhyme, before and after"},
			{Name: "preferred", Value: percent(against.WinRate.Mean), Note: "of the time a referee likes the later poem better"},
			{Name: "time", Value: fmt.Sprintf("%d min %02d s", int(total)/60, int(total)%60), Note: "on " + computer(d.dev)},
		},
		Sections: []report.Section{
			d.scoreTable(against, kl),
			d.contests(),
			d.reciteSection(recited), d.samples(recited),
			{Title: "Famous first lines", Part: true, Text: "The child is given the first line and always takes the character it finds most likely.", Pairs: pairs(recited.Recitals)},
			d.answerSection(answers), d.judgeSection(judge), d.improveSection(improved),
		},
		Settings: d.settings(),
	}
	if d.done[grpoDir] != nil {
		page.Sections = append(page.Sections, d.methodsSection())
	}
	return page
}

func percent(x float64) string { return fmt.Sprintf("%.0f %%", 100*x) }

// change writes a share before and after.
func change(before, after float64) string {
	return fmt.Sprintf("%.0f → %.0f %%", 100*before, 100*after)
}

// scoreTable lists what each step could do.
func (d *demo) scoreTable(against prosody.Comparison, kl float64) report.Section {
	t := report.Table{Head: []string{"", "1. recites", "2. answers", "4. improved"}}
	steps := []*demoStep{d.done[reciteDir], d.done[answerDir], d.done[improveDir]}
	var sums []prosody.Summary
	for _, s := range steps {
		sums = append(sums, prosody.Summarize(s.judgements, d.bootstrap()))
	}
	row := func(name, meaning string, value func(s *demoStep, sum prosody.Summary) report.Cell) {
		cells := []report.Cell{{Value: name, Note: meaning}}
		for i, s := range steps {
			cells = append(cells, value(s, sums[i]))
		}
		t.Rows = append(t.Rows, cells)
	}
	estimate := func(name, meaning string, of func(sum prosody.Summary) prosody.Estimate) {
		row(name, meaning, func(_ *demoStep, sum prosody.Summary) report.Cell {
			e := of(sum)
			return report.Cell{Value: fmt.Sprintf("%.3f", e.Mean), Note: fmt.Sprintf("%.3f–%.3f", e.Low, e.High)}
		})
	}
	estimate("regulated verse", "share of the rules of tone and rhyme kept", func(s prosody.Summary) prosody.Estimate { return s.Regulated })
	estimate("flawless", "share of poems that keep every rule", func(s prosody.Summary) prosody.Estimate { return s.Perfect })
	estimate("themes", "share of the themes asked for that are there", func(s prosody.Summary) prosody.Estimate { return s.Theme })
	estimate("its own", "share of poems without a line copied from a poem it read", func(s prosody.Summary) prosody.Estimate { return s.Novelty })
	row("variety", "different pairs of neighbouring characters, of all pairs", func(_ *demoStep, s prosody.Summary) report.Cell {
		return report.Cell{Value: fmt.Sprintf("%.3f", s.Distinct2)}
	})
	estimate("repetition", "characters a poem that it has used before", func(s prosody.Summary) prosody.Estimate { return s.Duplicates })
	estimate("two-tone", "share of characters that can be read in either tone", func(s prosody.Summary) prosody.Estimate { return s.Wild })
	estimate("referee's score", "everything weighed together", func(s prosody.Summary) prosody.Estimate { return s.Score })
	row("perplexity", "of unseen poems: how many characters it hesitates between", func(s *demoStep, _ prosody.Summary) report.Cell {
		return report.Cell{Value: fmt.Sprintf("%.0f", s.Perplexity.Character)}
	})
	row("recited", "famous poems continued without a mistake", func(s *demoStep, _ prosody.Summary) report.Cell {
		return report.Cell{Value: fmt.Sprintf("%.0f of %d", s.Recited*float64(len(d.famous)), len(d.famous))}
	})
	row("seconds", "that the step took", func(s *demoStep, _ prosody.Summary) report.Cell {
		return report.Cell{Value: fmt.Sprintf("%.0f", s.Seconds)}
	})
	return report.Section{
		Title: "What each step could do",
		Text: fmt.Sprintf("Measured on %d poems to pairs of themes that no step has met; small figures are 95 %% intervals. Step 3 teaches the judge and leaves the poet alone. "+
			"From step 2 to step 4 regulated verse changed by %s, themes by %s, and the later poem won %s of the comparisons, at %.1f nats a poem from where it began. "+
			"A poet who has found a way to please the judge without being better would show in two-tone characters, which break no rule of tone, in repetition and in less variety.",
			sums[0].Poems, between("%+.3f", against.Regulated), between("%+.3f", against.Theme), between("%.3f", against.WinRate), kl),
		Tables: []report.Table{t},
	}
}

// contests shows what each step wrote to the same tasks.
func (d *demo) contests() report.Section {
	s := report.Section{
		Title: "The same tasks, before and after",
		Text:  "The first tasks of the examination, two themes each; nothing is picked. The mark above a character is its tone, which the rules of regulated verse prescribe.",
	}
	tasks := poet.ExamTasks(6)
	for i, task := range tasks {
		c := report.Contest{Task: string(task.Themes[0]) + "、" + string(task.Themes[1])}
		for _, x := range []struct {
			name string
			step *demoStep
		}{{"1. recites", d.done[reciteDir]}, {"2. answers", d.done[answerDir]}, {"4. improved", d.done[improveDir]}} {
			if i < len(x.step.judgements) {
				c.Poems = append(c.Poems, scan(x.name, x.step.judgements[i]))
			}
		}
		s.Contests = append(s.Contests, c)
	}
	return s
}

// between writes an estimate with its interval.
func between(format string, e prosody.Estimate) string {
	return fmt.Sprintf(format+" ("+format+" to "+format+")", e.Mean, e.Low, e.High)
}

// scan marks a judged poem's tones, breaches, rhymes and themes.
func scan(caption string, j prosody.Judgement) report.Verse {
	v := report.Verse{Caption: caption}
	if j.Verse.Form == 0 {
		v.Note = "no quatrain: a line too long, too short or without its end"
		return v
	}
	marks := map[prosody.Tone]string{prosody.Level: "○", prosody.Oblique: "●", prosody.Either: "◐", prosody.Unknown: "?"}
	for i, line := range j.Lines {
		var glyphs []report.Glyph
		for k, char := range []rune(line) {
			glyphs = append(glyphs, report.Glyph{Char: string(char), Mark: marks[j.Verse.Tones[i][k]], Rhyme: j.Verse.Rhyme != "" && i%2 == 1 && k == j.Verse.Form-1})
		}
		v.Lines = append(v.Lines, glyphs)
	}
	for _, c := range j.Verse.Checks {
		if !c.OK {
			v.Lines[c.A.Line][c.A.Column].Broken = true
			v.Lines[c.B.Line][c.B.Column].Broken = true
		}
	}
	for _, m := range prosody.Mentions(j.Lines) {
		for _, asked := range j.Asked {
			for k := 0; asked == m.Theme && k < m.Length; k++ {
				v.Lines[m.Place.Line][m.Place.Column+k].Theme = true
			}
		}
	}
	v.Note = fmt.Sprintf("rules %d of %d, themes %d of %d", j.Verse.Points, j.Verse.Worth(), j.Hits, len(j.Asked))
	if j.Verse.Rhyme != "" {
		v.Note += ", rhyme " + j.Verse.Rhyme.Name()
	}
	return v
}

func (d *demo) reciteSection(s *demoStep) report.Section {
	var steps, perplexity, recited []float64
	for _, l := range s.Looks {
		steps, perplexity, recited = append(steps, float64(l.Step)), append(perplexity, l.Perplexity), append(recited, float64(len(d.famous))*l.Recited)
	}
	return report.Section{
		Title: s.Title,
		Text: fmt.Sprintf("Pretraining on %d quatrains. The loss is how surprised the model is by the next character of the poems it reads, in nats. Perplexity turns the same "+
			"into a number of choices: between how many equally likely characters it hesitates on poems it has never seen.", len(d.learn)),
		Curves: []template.HTML{
			curveOf(s, "Loss on the poems it reads", "nats a character", "loss"),
			report.Curve("Perplexity of unseen poems", "step", "choices a character", report.Line{Name: "perplexity", X: steps, Y: perplexity}),
			report.Curve("Famous poems recited", "step", fmt.Sprintf("of %d", len(d.famous)), report.Line{Name: "recited", X: steps, Y: recited}),
		},
	}
}

func (d *demo) answerSection(s *demoStep) report.Section {
	return report.Section{
		Title: s.Title,
		Text: fmt.Sprintf("Supervised fine-tuning: poems of people with the themes they speak of in front. Words that show the theme weigh %g times in the loss; "+
			"without that the model learns how poems go on and does not listen.", d.plan.Answer.Weight),
		Curves: []template.HTML{curveOf(s, "Loss on poems with their themes", "nats a character", "loss")},
	}
}

func (d *demo) judgeSection(s *demoStep) report.Section {
	return report.Section{
		Title: s.Title,
		Text: fmt.Sprintf("A companion who knows the rules ranked %d times four poems, a little moodily: it agrees with itself on %s of the pairs. From the rankings alone a reward model "+
			"learned to score poems. On new rankings it agrees on %s of %d pairs, and on %s of those that differ clearly. On the dashed line its certainty can be taken at its word; below, it is too sure of itself.",
			d.plan.Judge.Rankings, percent(s.Judge.Agreement), percent(s.Judge.Accuracy), s.Judge.Pairs, percent(s.Judge.Clear)),
		Curves: []template.HTML{
			curveOf(s, "Loss on rankings", "nats a pair", "loss"),
			calibrationCurve(&s.Judge.Judgement), histogramCurve(&s.Judge.Judgement),
		},
	}
}

func (d *demo) improveSection(s *demoStep) report.Section {
	c := d.plan.Improve.RL
	return report.Section{
		Title: s.Title,
		Text: fmt.Sprintf("Reinforcement learning (PPO): in each of %d rounds the child writes %d poems, the judge scores them, and better characters become likelier. "+
			"It pays for leaving the model it began as, at a price that keeps it about %g nats a poem away. Entropy is how freely it still chooses; if it falls far, "+
			"all poems become one. The value function guesses the score while the poem is being written, to tell luck from skill. "+
			"Writing took %.0f s, scoring %.0f s, learning %.0f s.",
			c.Schedule.Steps, c.Episodes, c.KL.Target, s.metrics.total("seconds_rollout"), s.metrics.total("seconds_scoring"), s.metrics.total("seconds_update")),
		Curves: []template.HTML{
			curveOf(s, "The judge's score", "standard deviations", "score"),
			curveOf(s, "Distance from where it began", "nats a poem", "kl"),
			curveOf(s, "Entropy", "nats a character", "entropy"),
			curveOf(s, "What the value function explains", "share of variance", "value_explained_variance"),
		},
	}
}

// curveOf draws a figure of a step's metrics.
func curveOf(s *demoStep, title, unit, name string) template.HTML {
	return s.metrics.curves(historyCurve{name, title, unit})[0]
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

// samples shows the poems that the child wrote while it learned to recite.
func (d *demo) samples(s *demoStep) report.Section {
	section := report.Section{
		Title: "Poems along the way",
		Part:  true,
		Text:  "At these steps the child was asked for a quatrain of seven characters a line. Nothing is picked or corrected.",
	}
	for _, l := range s.Looks {
		section.Poems = append(section.Poems, report.Poem{Caption: fmt.Sprintf("step %d, perplexity %.0f, recites %.0f", l.Step, l.Perplexity, float64(len(d.famous))*l.Recited), Lines: l.Poem})
	}
	return section
}

func pairs(recitals []poet.Recital) []report.Pair {
	var all []report.Pair
	for _, x := range recitals {
		all = append(all, report.Pair{Prompt: x.Given, Want: x.Want, Got: x.Got, Source: x.Poem.Author + "《" + x.Poem.Title + "》", Good: x.Right()})
	}
	return all
}

// settings lists what the demo was made with.
func (d *demo) settings() []report.Fact {
	p := d.plan
	schedule := func(steps int, batch int, what string, peak float64) string {
		return fmt.Sprintf("%d steps of %d %s, learning rate up to %g", steps, batch, what, peak)
	}
	return []report.Fact{
		{Name: "model", Value: fmt.Sprintf("GPT-2 type, %d layers, %d heads, %d channels, vocabulary %d, context %d, dropout %g", p.Layers, p.Heads, p.Channels, d.vocab.Size(), poet.RowLen(7), p.Recite.Dropout)},
		{Name: "recite", Value: schedule(p.Recite.Schedule.Steps, p.Recite.Batch, "poems", p.Recite.Schedule.Peak)},
		{Name: "answer", Value: schedule(p.Answer.Schedule.Steps, p.Answer.Batch, "poems", p.Answer.Schedule.Peak)},
		{Name: "judge", Value: schedule(p.Judge.Schedule.Steps, p.Judge.Batch, "rankings", p.Judge.Schedule.Peak)},
		{Name: "improve", Value: schedule(p.Improve.RL.Schedule.Steps, p.Improve.RL.Episodes, "poems", p.Improve.RL.Schedule.Peak)},
		{Name: "seed", Value: fmt.Sprint(p.Seed)},
		{Name: "machine", Value: fmt.Sprintf("%s/%s, %s, %s", runtime.GOOS, runtime.GOARCH, computer(d.dev), p.Precision)},
		{Name: "program", Value: "inkstone " + version()},
		{Name: "poems", Value: strings.Join([]string{"chinese-poetry 2.0.1 (MIT)", "the texts are in the public domain", "tones and rhymes from Unihan"}, "; ")},
	}
}
