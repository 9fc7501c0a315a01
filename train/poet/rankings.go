package poet

import (
	"context"
	"slices"

	"inkstone/nn"
	"inkstone/tensor"
	"inkstone/train"
	"inkstone/train/poems"
	"inkstone/train/prosody"
)

// A Ranked is what a companion says of answers to a task. Truth has the referee's scores, in
// the order of the answers.
type Ranked struct {
	train.Ranking
	Truth []float64
}

// A Companion ranks poems, as the people did whose rankings InstructGPT learned from. To each
// task it is shown four: one by a poet of the Tang, two by the model, and one by the model with
// half of its lines scrambled. A judge that only ever saw the model's own poems, which are much
// alike, would learn little.
type Companion struct {
	Vocabulary *Vocabulary
	Corpus     *prosody.Corpus // against which the model's poems are checked for copying
	Human      []poems.Poem
	Theme      float64 // points that it gives, beyond the referee's, for speaking of all that was asked
	Noise      float64 // standard deviation of its mood, in points of the referee's score
	Seed       uint64
}

// Rank lets a model write poems to n tasks and ranks them. The purpose names the random
// numbers of everything here. progress may be nil.
func (c *Companion) Rank(ctx context.Context, m nn.Model, backend tensor.Backend, n int, purpose string, progress func(done, total int)) ([]Ranked, error) {
	human := newLibrary(c.Human)
	var all []Ranked
	for first := 0; first < n; first += together {
		some := min(together, n-first)
		tasks := make([]Task, 3*some) // each three times
		for i := range tasks {
			tasks[i] = PracticeTask(tensor.NewStream(c.Seed, purpose+" tasks", first+i/3))
		}
		poems, err := Compose(ctx, m, backend, c.Vocabulary, tasks, c.Seed+uint64(first), purpose+" poems")
		if err != nil {
			return nil, err
		}
		for i := range some {
			task := tasks[3*i]
			r := tensor.NewRNG(tensor.NewStream(c.Seed, purpose, first+i))
			scrambled := scramble(r, poems[3*i+2].Answer, task.Form)
			written := c.Vocabulary.Row(human.pick(r, task))[prefix:]
			ranked, err := c.rank(tensor.NewStream(c.Seed, purpose+" mood", first+i), task, [][]int32{written, poems[3*i].Answer, poems[3*i+1].Answer, scrambled})
			if err != nil {
				return nil, err
			}
			all = append(all, ranked)
		}
		if progress != nil {
			progress(first+some, n)
		}
	}
	return all, nil
}

// Pairs lets a model write four poems to each of n tasks and returns, for each task that has
// one, the pair that the companion finds most different among those whose better poem, which
// comes first, speaks of all that was asked. Where a better poem may speak of less, because
// the rules outweigh the themes, a model learns not to listen.
func (c *Companion) Pairs(ctx context.Context, m nn.Model, backend tensor.Backend, n int, purpose string, progress func(done, total int)) ([]train.Ranking, error) {
	const samples = 4
	var all []train.Ranking
	for first := 0; first < n; first += together {
		some := min(together, n-first)
		tasks := make([]Task, samples*some)
		for i := range tasks {
			tasks[i] = PracticeTask(tensor.NewStream(c.Seed, purpose+" tasks", first+i/samples))
		}
		written, err := Compose(ctx, m, backend, c.Vocabulary, tasks, c.Seed+uint64(first), purpose+" poems")
		if err != nil {
			return nil, err
		}
		judged, err := c.Vocabulary.Judge(prosody.Referee{Corpus: c.Corpus}, written)
		if err != nil {
			return nil, err
		}
		for i := range some {
			mood := tensor.NewRNG(tensor.NewStream(c.Seed, purpose+" mood", first+i))
			if better, worse, ok := c.widest(judged[samples*i:][:samples], mood); ok {
				all = append(all, train.Ranking{Prompt: written[samples*i].Prompt, Answers: [][]int32{written[samples*i+better].Answer, written[samples*i+worse].Answer}})
			}
		}
		if progress != nil {
			progress(first+some, n)
		}
	}
	return all, nil
}

// widest returns the two poems that the companion likes most and least, with its mood, of which
// the better has all themes.
func (c *Companion) widest(judged []prosody.Judgement, mood *tensor.RNG) (better, worse int, ok bool) {
	likes := make([]float64, len(judged))
	for i, j := range judged {
		likes[i] = j.Score + c.Theme*j.Theme() + c.Noise*mood.Normal()
	}
	gap := 0.0
	for a, x := range judged {
		for b := range judged {
			if x.Hits == len(x.Asked) && likes[a]-likes[b] > gap {
				better, worse, gap, ok = a, b, likes[a]-likes[b], true
			}
		}
	}
	return better, worse, ok
}

// rank puts answers, of which the first is a poet's, in order. An answer that is there twice
// counts once.
func (c *Companion) rank(mood tensor.Stream, task Task, answers [][]int32) (Ranked, error) {
	prompt := c.Vocabulary.Prompt(task.Form, task.Themes...)
	var kept [][]int32
	var scores, likes []float64 // the referee's, and how the companion likes it
	for i, a := range answers {
		if slices.ContainsFunc(kept, func(k []int32) bool { return slices.Equal(k, a) }) {
			continue
		}
		referee := prosody.Referee{Corpus: c.Corpus}
		if i == 0 { // a poet's own poem is in the corpus
			referee.Corpus = nil
		}
		j, err := c.Vocabulary.Judge(referee, []*train.Episode{{Prompt: prompt, Answer: a}})
		if err != nil {
			return Ranked{}, err
		}
		kept, scores, likes = append(kept, a), append(scores, j[0].Score), append(likes, j[0].Score+c.Theme*j[0].Theme())
	}
	ranked := Ranked{Ranking: train.Ranking{Prompt: prompt}}
	for _, i := range prosody.Rank(likes, c.Noise, mood) {
		ranked.Answers, ranked.Truth = append(ranked.Answers, kept[i]), append(ranked.Truth, scores[i])
	}
	return ranked, nil
}

// A library finds poems of people by what they speak of.
type library struct {
	all   []poems.Poem // of seven characters a line
	theme map[prosody.Theme][]int
	pair  map[prosody.Pair][]int
}

func newLibrary(all []poems.Poem) *library {
	l := &library{theme: map[prosody.Theme][]int{}, pair: map[prosody.Pair][]int{}}
	for _, p := range all {
		if p.Form != 7 {
			continue
		}
		themes := prosody.Themes(p.Lines[:])
		for i, a := range themes {
			l.theme[a] = append(l.theme[a], len(l.all))
			for _, b := range themes[i+1:] {
				l.pair[prosody.Pair{a, b}] = append(l.pair[prosody.Pair{a, b}], len(l.all))
				l.pair[prosody.Pair{b, a}] = append(l.pair[prosody.Pair{b, a}], len(l.all))
			}
		}
		l.all = append(l.all, p)
	}
	return l
}

// pick returns a poem with the task's themes, with the first of them where there is none
// with both, any where there is none at all.
func (l *library) pick(r *tensor.RNG, task Task) poems.Poem {
	found := l.theme[task.Themes[0]]
	if len(task.Themes) == 2 {
		if both := l.pair[prosody.Pair(task.Themes)]; len(both) > 0 {
			found = both
		}
	}
	if len(found) == 0 {
		return l.all[r.IntN(len(l.all))]
	}
	return l.all[found[r.IntN(len(found))]]
}

// scramble shuffles the characters within two of a poem's lines.
func scramble(r *tensor.RNG, poem []int32, form int) []int32 {
	poem = slices.Clone(poem)
	lines := []int{0, 1, 2, 3}
	shuffle(r, lines)
	for _, line := range lines[:2] {
		if at := line * (form + 1); at+form <= len(poem) {
			shuffle(r, poem[at:at+form])
		}
	}
	return poem
}

// Rankings returns the rankings without what the companion thought.
func Rankings(ranked []Ranked) []train.Ranking {
	all := make([]train.Ranking, len(ranked))
	for i, r := range ranked {
		all[i] = r.Ranking
	}
	return all
}

// ClearAccuracy returns the share of the pairs whose true scores lie at least margin apart
// that scores, those of the answers as they were ranked, put in the order of the ranking, and
// the number of such pairs; agreement is the share of the pairs whose true scores differ that
// the ranking itself has in their order.
func ClearAccuracy(scores [][]float64, ranked []Ranked, margin float64) (accuracy float64, pairs int, agreement float64) {
	right, agree, all := 0, 0, 0
	for i, r := range ranked {
		for w := range r.Truth {
			for l := w + 1; l < len(r.Truth); l++ {
				gap := r.Truth[w] - r.Truth[l]
				if gap != 0 {
					all++
				}
				if gap > 0 {
					agree++
				}
				if gap >= margin || gap <= -margin {
					pairs++
					if scores[i][w] > scores[i][l] {
						right++
					}
				}
			}
		}
	}
	return float64(right) / float64(max(pairs, 1)), pairs, float64(agree) / float64(max(all, 1))
}

// ShareOut parts poems for two companions, so that the one that examines a judge shows none
// that it learned from: every twelfth goes to the second.
func ShareOut(all []poems.Poem) (learn, examine []poems.Poem) {
	for i, p := range all {
		if i%12 == 0 {
			examine = append(examine, p)
		} else {
			learn = append(learn, p)
		}
	}
	return learn, examine
}
