package prosody

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"inkstone/tensor"
)

// An Estimate is a mean with the interval that holds the true one with 95 % confidence.
type Estimate struct{ Mean, Low, High float64 }

// String returns the estimate as in 0.896 [0.881, 0.911].
func (e Estimate) String() string { return fmt.Sprintf("%.3f [%.3f, %.3f]", e.Mean, e.Low, e.High) }

// resamples is the number of resamples of a bootstrap.
const resamples = 2000

// Bootstrap estimates the mean of each column of figures, all of one length n: it draws n of
// the rows with replacement 2,000 times and takes the 2.5th and the 97.5th percentile of the
// means. All columns see the same draws, which depend on n and the stream alone. Without rows
// the estimates are 0.
//
// Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
func Bootstrap(stream tensor.Stream, columns ...[]float64) []Estimate {
	estimates := make([]Estimate, len(columns))
	if len(columns) == 0 || len(columns[0]) == 0 {
		return estimates
	}
	n := len(columns[0])
	for c, column := range columns {
		if len(column) != n {
			panic(fmt.Sprintf("prosody: Bootstrap: column %d has %d rows, column 0 has %d", c, len(column), n))
		}
	}
	r := tensor.NewRNG(stream)
	rows := make([]int, n)
	means := make([][]float64, len(columns))
	for range resamples {
		for i := range rows {
			rows[i] = r.IntN(n)
		}
		for c, column := range columns {
			sum := 0.0
			for _, row := range rows {
				sum += column[row]
			}
			means[c] = append(means[c], sum/float64(n))
		}
	}
	for c, column := range columns {
		sum := 0.0
		for _, x := range column {
			sum += x
		}
		slices.Sort(means[c])
		estimates[c] = Estimate{Mean: sum / float64(n), Low: percentile(means[c], 0.025), High: percentile(means[c], 0.975)}
	}
	return estimates
}

// percentile interpolates between the sorted numbers next to the place p·(n−1).
func percentile(sorted []float64, p float64) float64 {
	place := p * float64(len(sorted)-1)
	i := int(place)
	next := min(i+1, len(sorted)-1)
	return sorted[i] + (place-float64(i))*(sorted[next]-sorted[i])
}

// A Summary has the means over many poems.
type Summary struct {
	Poems      int
	Regulated  Estimate // the score for regulated verse, from 0 to 1
	Perfect    Estimate // share of poems that keep every rule
	Theme      Estimate // share of the asked themes that a poem speaks of
	AllThemes  Estimate // share of poems that speak of all their themes
	Novelty    Estimate // share of poems without a copied line
	Run        Estimate // characters of the longest run that is in the corpus
	Duplicates Estimate // characters that came before in the poem
	Wild       Estimate // share of characters that can be read in either tone
	Format     Estimate // share of texts that are quatrains
	Score      Estimate // the referee's
	Distinct2  float64  // variety over all poems together; see Distinct2
}

// Summarize puts judgements together. What is no quatrain counts as 0 in everything but
// novelty, for it copies no line, and the score.
func Summarize(all []Judgement, stream tensor.Stream) Summary {
	var lines [][]string
	for _, j := range all {
		lines = append(lines, j.Lines)
	}
	e := Bootstrap(stream,
		figures(all, regulated),
		figures(all, func(j Judgement) float64 { return share(j.Verse.Perfect()) }),
		figures(all, Judgement.Theme),
		figures(all, func(j Judgement) float64 { return share(len(j.Asked) > 0 && j.Hits == len(j.Asked)) }),
		figures(all, func(j Judgement) float64 { return share(j.Copied == 0) }),
		figures(all, func(j Judgement) float64 { return float64(utf8.RuneCountInString(j.Run)) }),
		figures(all, func(j Judgement) float64 { return float64(j.Duplicates) }),
		figures(all, func(j Judgement) float64 { return j.Wild }),
		figures(all, func(j Judgement) float64 { return share(j.Verse.Form != 0) }),
		figures(all, score),
	)
	return Summary{Poems: len(all), Regulated: e[0], Perfect: e[1], Theme: e[2], AllThemes: e[3], Novelty: e[4],
		Run: e[5], Duplicates: e[6], Wild: e[7], Format: e[8], Score: e[9], Distinct2: Distinct2(lines)}
}

// A Comparison is of one writer's poems with another's, prompt by prompt.
type Comparison struct {
	Regulated Estimate // difference of the scores for regulated verse
	Theme     Estimate // difference of the shares of the asked themes
	Score     Estimate // difference of the referee's scores
	WinRate   Estimate // share of prompts at which the referee likes the first writer's poem better; a tie is half a win
}

// Compare compares judgements a with b, the i-th of both for the same prompt.
func Compare(a, b []Judgement, stream tensor.Stream) Comparison {
	if len(a) != len(b) {
		panic(fmt.Sprintf("prosody: Compare: %d poems with %d", len(a), len(b)))
	}
	difference := func(figure func(Judgement) float64) []float64 {
		x := figures(a, figure)
		for i, y := range figures(b, figure) {
			x[i] -= y
		}
		return x
	}
	scores := difference(score)
	wins := make([]float64, len(a))
	for i, d := range scores {
		switch {
		case d > 0:
			wins[i] = 1
		case d == 0:
			wins[i] = 0.5
		}
	}
	e := Bootstrap(stream, difference(regulated), difference(Judgement.Theme), scores, wins)
	return Comparison{Regulated: e[0], Theme: e[1], Score: e[2], WinRate: e[3]}
}

func regulated(j Judgement) float64 { return j.Verse.Score() }

func score(j Judgement) float64 { return j.Score }

// figures returns a figure of each judgement.
func figures(all []Judgement, figure func(Judgement) float64) []float64 {
	x := make([]float64, len(all))
	for i, j := range all {
		x[i] = figure(j)
	}
	return x
}

// share returns 1 for true, so that a mean is a share.
func share(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
