package prosody

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"inkstone/tensor"
)

// A Referee judges poems that were written to themes.
type Referee struct {
	// Corpus has the poems that nothing may be copied from. Without one copying costs nothing,
	// as for the poems of people, which are in the corpus themselves.
	Corpus *Corpus
}

// A Judgement is what a referee says of a poem.
type Judgement struct {
	Lines      []string
	Asked      []Theme
	Verse      Verse
	Hits       int     // of the asked themes those that the poem speaks of
	Duplicates int     // characters that came before
	Wild       float64 // share of characters that can be read in either tone
	Copied     int     // lines that are lines of the corpus
	Run        string  // the longest run of characters that is in a line of the corpus
	Score      float64 // everything weighed together
}

// Theme returns the share of the asked themes that the poem speaks of, 0 where none was asked.
func (j Judgement) Theme() float64 { return float64(j.Hits) / float64(max(len(j.Asked), 1)) }

// BadFormat is the score of what is no quatrain.
const BadFormat = -1

// Judge examines a poem's lines, without punctuation, and weighs
//
//	score = 2·verse + 0.5·theme − 0.05·max(0, duplicates−2) − copying
//	copying = 0.3·copied lines, or, if there are none, 0.1·max(0, longest run−4)
//
// Lines that are no quatrain score BadFormat, and nothing else is said of them.
func (r Referee) Judge(lines []string, asked []Theme) Judgement {
	j := Judgement{Lines: lines, Asked: asked, Verse: Regulated(lines), Score: BadFormat}
	if j.Verse.Form == 0 {
		return j
	}
	mentions := Mentions(lines)
	for _, theme := range asked {
		if slices.ContainsFunc(mentions, func(m Mention) bool { return m.Theme == theme }) {
			j.Hits++
		}
	}
	j.Duplicates = Duplicates(lines)
	j.Wild = j.Verse.Wild()
	if r.Corpus != nil {
		j.Copied = r.Corpus.CopiedLines(lines)
		j.Run = r.Corpus.LongestRun(lines)
	}
	j.Score = 2*j.Verse.Score() + 0.5*j.Theme() - 0.05*float64(max(0, j.Duplicates-2)) - j.copying()
	return j
}

func (j Judgement) copying() float64 {
	if j.Copied > 0 {
		return 0.3 * float64(j.Copied)
	}
	return 0.1 * float64(max(0, utf8.RuneCountInString(j.Run)-4))
}

// Rank judges poems written to the same themes and returns their numbers, the best first. See
// Rank for the noise.
func (r Referee) Rank(all [][]string, asked []Theme, noise float64, stream tensor.Stream) []int {
	scores := make([]float64, len(all))
	for i, lines := range all {
		scores[i] = r.Judge(lines, asked).Score
	}
	return Rank(scores, noise, stream)
}

// Rank returns the numbers of scores, the highest first, after adding to each a normal number
// of the stream with the standard deviation noise: people who rank poems do not always agree
// either. The earlier of equal ones comes first.
func Rank(scores []float64, noise float64, stream tensor.Stream) []int {
	r := tensor.NewRNG(stream)
	noisy, order := make([]float64, len(scores)), make([]int, len(scores))
	for i, score := range scores {
		noisy[i], order[i] = score+noise*r.Normal(), i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(noisy[b], noisy[a]) })
	return order
}
