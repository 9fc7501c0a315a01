package poet

import (
	"math"

	"inkstone/autograd"
	"inkstone/nn"
	"inkstone/tensor"
	"inkstone/train/poems"
)

// A Perplexity tells between how many equally likely tokens a model hesitates on average,
// exp(mean −log p), on poems it has not seen.
type Perplexity struct {
	All       float64 // over every token of the poems, punctuation included
	Character float64 // over the characters alone: punctuation is easy
}

// MeasurePerplexity computes the perplexity of poems under a model. Characters outside the
// vocabulary are skipped.
func MeasurePerplexity(m nn.Model, backend tensor.Backend, v *Vocabulary, all []poems.Poem) Perplexity {
	const most = 64 // poems at a time
	t := autograd.NewTape(backend)
	t.SetGrad(false)
	var chars, marks mean
	for _, form := range []int{5, 7} {
		var rows [][]int32
		for _, p := range all {
			if p.Form == form {
				rows = append(rows, v.Row(p))
			}
		}
		for len(rows) > 0 {
			n := min(most, len(rows))
			v.score(m, t, rows[:n], &chars, &marks)
			rows = rows[n:]
		}
	}
	return Perplexity{
		All:       math.Exp((chars.sum + marks.sum) / float64(chars.n+marks.n)),
		Character: math.Exp(chars.sum / float64(chars.n)),
	}
}

type mean struct {
	sum float64
	n   int
}

// score adds the losses of rows of one length to those of characters or of punctuation.
func (v *Vocabulary) score(m nn.Model, t *autograd.Tape, rows [][]int32, chars, marks *mean) {
	T := len(rows[0]) - 1
	ids, targets := tensor.New(tensor.Int32, len(rows), T), tensor.New(tensor.Int32, len(rows)*T)
	Fill(tensor.Data[int32](ids), tensor.Data[int32](targets), rows)
	t.Reset()
	losses := t.CrossEntropy(m.Logits(t, m.Hidden(t, ids, nil)), targets)
	for i, id := range tensor.Data[int32](targets) {
		if id < 0 {
			continue
		}
		kind := chars
		if id == v.ID(Comma) || id == v.ID(Stop) {
			kind = marks
		}
		kind.sum += float64(tensor.Data[float32](losses.Value)[i])
		kind.n++
	}
}
