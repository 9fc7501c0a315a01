package poet

import (
	"inkstone/nn"
	"inkstone/tensor"
	"inkstone/train/poems"
)

// A Recital is an attempt to go on with a line of a poem, given the line before.
type Recital struct {
	Poem  poems.Poem
	Given string // the line the model was given
	Want  string // the line that follows
	Got   string // the line the model gave, without punctuation
}

// Right reports whether every character is right.
func (r Recital) Right() bool { return r.Got == r.Want }

// Recite gives a model the first line of each poem and lets it write the second, always
// taking the most likely character.
func Recite(m nn.Model, backend tensor.Backend, v *Vocabulary, all []poems.Poem) ([]Recital, error) {
	return v.recite(m, backend, all, 0, func(p poems.Poem) []int32 { return v.Row(p)[:prefix+p.Form+1] })
}

// ReciteCouplets gives a model the third line of each poem, without anything before it, and
// lets it write the last.
func ReciteCouplets(m nn.Model, backend tensor.Backend, v *Vocabulary, all []poems.Poem) ([]Recital, error) {
	return v.recite(m, backend, all, 2, func(p poems.Poem) []int32 { return v.Couplet(p)[:p.Form+1] })
}

func (v *Vocabulary) recite(m nn.Model, backend tensor.Backend, all []poems.Poem, line int, prompt func(poems.Poem) []int32) ([]Recital, error) {
	g := nn.NewGenerator(m, backend)
	var recitals []Recital
	for _, p := range all {
		got, err := write(g, prompt(p), p.Form, nn.Sampling{}, tensor.Stream{})
		if err != nil {
			return nil, err
		}
		recitals = append(recitals, Recital{Poem: p, Given: p.Lines[line], Want: p.Lines[line+1], Got: v.text(got)})
	}
	return recitals, nil
}

// Share returns the share of recitals that are right.
func Share(recitals []Recital) float64 {
	right := 0
	for _, r := range recitals {
		if r.Right() {
			right++
		}
	}
	return float64(right) / float64(max(len(recitals), 1))
}

// Write lets a model write a whole poem of a form, as lines with their punctuation.
func Write(m nn.Model, backend tensor.Backend, v *Vocabulary, form int, s nn.Sampling, stream tensor.Stream) ([]string, error) {
	ids, err := write(nn.NewGenerator(m, backend), v.Prompt(form), 4*(form+1), s, stream)
	return v.Lines(ids), err
}

// write continues a prompt by n tokens.
func write(g *nn.Generator, prompt []int32, n int, s nn.Sampling, stream tensor.Stream) ([]int32, error) {
	if err := g.Start(prompt); err != nil {
		return nil, err
	}
	var out []int32
	g.Generate(n, nn.NewSampler(s, stream), func(id int32) bool {
		out = append(out, id)
		return true
	})
	return out, nil
}

func (v *Vocabulary) text(ids []int32) string {
	s := ""
	for _, id := range ids {
		s += v.Tokens[min(int(id), len(v.Tokens)-1)]
	}
	return s
}
