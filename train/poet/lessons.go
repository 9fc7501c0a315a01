package poet

import (
	"slices"

	"inkstone/tensor"
	"inkstone/train"
	"inkstone/train/poems"
	"inkstone/train/prosody"
)

// A Task asks for a poem: up to two themes, and a form.
type Task struct {
	Themes []prosody.Theme
	Form   int
}

// Lessons teach a poet to answer a theme: poems of people with the themes they speak of in
// front. Themes are found by their words (prosody.Themes); a poem with several shows another
// choice of them each epoch.
type Lessons struct {
	v      *Vocabulary
	poems  []poems.Poem // a famous one several times
	plain  []bool       // shown without themes, so that reciting is not forgotten
	themes [][]prosody.Theme
	deck   *deck
	seed   uint64
	weight float32
}

// NewLessons returns lessons in batches of size rows, from the poems that speak of a theme.
// Words that show an asked theme count weight times in the loss: they are a small part of a
// poem, and a model that only learns how poems go on does well without listening. Famous
// poems come famous times an epoch, every other time without themes.
func NewLessons(v *Vocabulary, all []poems.Poem, size, famous int, weight float32, seed uint64) *Lessons {
	l := &Lessons{v: v, seed: seed, weight: weight}
	var forms []int
	for _, p := range all {
		times := 1
		if p.Famous {
			times = famous
		}
		themes := prosody.Themes(p.Lines[:])
		for k := range times {
			plain := p.Famous && k%2 == 0
			if len(themes) == 0 && !plain {
				continue
			}
			l.poems, l.plain, l.themes = append(l.poems, p), append(l.plain, plain), append(l.themes, themes)
			forms = append(forms, p.Form)
		}
	}
	l.deck = newDeck(forms, size, seed, "lessons")
	return l
}

// PerEpoch returns the number of batches in which every poem is seen once.
func (l *Lessons) PerEpoch() int { return l.deck.perEpoch }

// Examples returns the examples of a step, counted from 0.
func (l *Lessons) Examples(step int) []train.Example {
	rows, epoch := l.deck.batch(step)
	examples := make([]train.Example, len(rows))
	for i, row := range rows {
		task := Task{Form: l.poems[row].Form}
		if !l.plain[row] {
			r := tensor.NewRNG(tensor.NewStream(l.seed, "lesson themes", epoch*len(l.poems)+row))
			task.Themes = choose(r, l.themes[row])
		}
		examples[i] = l.v.Lesson(task, l.poems[row], l.weight)
	}
	return examples
}

// choose picks one or two of a poem's themes; of several it takes two in 60 % of cases, unless
// every pair of them is kept for the exam.
func choose(r *tensor.RNG, themes []prosody.Theme) []prosody.Theme {
	themes = slices.Clone(themes)
	shuffle(r, themes)
	if r.Float64() < 0.6 {
		for i, a := range themes {
			for _, b := range themes[i+1:] {
				if !examined(a, b) {
					return []prosody.Theme{a, b}
				}
			}
		}
	}
	return themes[:1]
}

// Lesson returns a poem as the answer to a task. The words that show its themes weigh weight,
// the rest of the poem 1, the task and unknown characters nothing.
func (v *Vocabulary) Lesson(task Task, p poems.Poem, weight float32) train.Example {
	e := train.Example{IDs: v.Row(p, task.Themes...)}
	e.Weights = make([]float32, len(e.IDs))
	for i, id := range e.IDs[prefix:] {
		if id != v.ID(Unknown) {
			e.Weights[prefix+i] = 1
		}
	}
	for _, m := range prosody.Mentions(p.Lines[:]) {
		if !slices.Contains(task.Themes, m.Theme) {
			continue
		}
		first := prefix + m.Place.Line*(p.Form+1) + m.Place.Column
		for i := first; i < first+m.Length; i++ {
			if e.Weights[i] > 0 {
				e.Weights[i] = weight
			}
		}
	}
	return e
}
