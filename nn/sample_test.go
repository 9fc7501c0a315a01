package nn

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"inkstone/tensor"
)

// draws counts what a sampler draws in n tries.
func draws(s Sampling, n int, logits []float32, seen ...int32) map[int32]int {
	p := NewSampler(s, tensor.NewStream(1, "draws", 0))
	counts := map[int32]int{}
	for range n {
		counts[p.Next(logits, seen)]++
	}
	return counts
}

func TestSampler(t *testing.T) {
	inf := float32(math.Inf(-1))
	nan := float32(math.NaN())
	logits := []float32{0, 2, inf, 1, 2, nan, -1}
	if got := draws(Sampling{}, 10, logits); got[1] != 10 {
		t.Errorf("greedy drew %v, want the first of the largest", got)
	}
	const n = 20000
	total := 0.0
	for _, l := range []float64{0, 2, 1, 2, -1} {
		total += math.Exp(l)
	}
	got := draws(Sampling{Temperature: 1}, n, logits)
	for id, l := range logits {
		want := 0.0
		if l > inf {
			want = math.Exp(float64(l)) / total
		}
		if share := float64(got[int32(id)]) / n; math.Abs(share-want) > 4*math.Sqrt(want*(1-want)/n)+1e-9 {
			t.Errorf("token %d was drawn with a share of %.4f, want %.4f", id, share, want)
		}
	}
	for name, c := range map[string]struct {
		s    Sampling
		want []int32
	}{
		"top-k 2":     {Sampling{Temperature: 1, TopK: 2}, []int32{1, 4}},
		"top-k 3":     {Sampling{Temperature: 1, TopK: 3}, []int32{1, 3, 4}},
		"top-p small": {Sampling{Temperature: 1, TopP: 0.01}, []int32{1}},
		"top-p 0.7":   {Sampling{Temperature: 1, TopP: 0.7}, []int32{1, 4}},
		"min-p 0.3":   {Sampling{Temperature: 1, MinP: 0.3}, []int32{1, 3, 4}},
	} {
		got := draws(c.s, 2000, logits)
		for _, id := range c.want {
			if got[id] == 0 {
				t.Errorf("%s: never drew %d", name, id)
			}
			delete(got, id)
		}
		if len(got) > 0 {
			t.Errorf("%s: drew %v, too", name, got)
		}
	}
	if got := draws(Sampling{Repetition: 3}, 5, logits, 1, 4, 1); got[3] != 5 {
		t.Errorf("with a penalty on 1 and 4 greedy drew %v, want 3", got)
	}
	if got := draws(Sampling{}, 1, []float32{nan, inf}); got[0] != 1 {
		t.Errorf("of nothing: %v", got)
	}
}

func TestSamplingValidate(t *testing.T) {
	for _, s := range []Sampling{{Temperature: -1}, {Temperature: math.NaN()}, {TopK: -1}, {TopP: 1.1}, {MinP: -0.1}, {Repetition: -1}} {
		if s.Validate() == nil {
			t.Errorf("%+v is accepted", s)
		}
	}
	if err := (Sampling{Temperature: 0.8, TopK: 40, TopP: 0.9, MinP: 0.05, Repetition: 1.2}).Validate(); err != nil {
		t.Error(err)
	}
}

// TestSamplerKeeps: of a large vocabulary, top-k, min-p and top-p keep what sorting all of it
// keeps, alone and together, and the repetition penalty counts a token once.
func TestSamplerKeeps(t *testing.T) {
	const V = 3000
	r := tensor.NewRNG(tensor.NewStream(5, "logits", 0))
	logits, seen := make([]float32, V), []int32{7, 8, 7, 2999}
	for i := range logits {
		logits[i] = float32(math.Round(3*r.Normal()*8) / 8) // many are equal
	}
	clean := slices.Clone(logits)
	logits[11], logits[12] = float32(math.Inf(-1)), float32(math.NaN())
	for _, logits := range [][]float32{clean, logits} {
		for _, s := range []Sampling{
			{Temperature: 1, TopK: 1}, {Temperature: 0.7, TopK: 40}, {Temperature: 1, TopK: 2999}, {Temperature: 1, TopP: 0.9}, {Temperature: 2, TopP: 0.999},
			{Temperature: 0.3, TopP: 0.5}, {Temperature: 1, MinP: 0.02}, {Temperature: 1, TopK: 300, TopP: 0.8}, {Temperature: 1.5, MinP: 0.001, TopP: 0.7},
			{Temperature: 1, TopK: 100, MinP: 0.05, TopP: 0.95, Repetition: 1.5},
		} {
			p := NewSampler(s, tensor.Stream{})
			p.Next(logits, seen)
			got := map[int32]bool{}
			for _, c := range p.order {
				got[c.id] = true
			}
			want := keptBySorting(s, logits, seen)
			if len(got) != len(want) || len(got) != len(p.order) {
				t.Errorf("%+v keeps %d tokens, want %d", s, len(p.order), len(want))
			}
			for id := range want {
				if !got[id] {
					t.Errorf("%+v drops %d, whose logit is %v", s, id, logits[id])
				}
			}
		}
	}
}

// keptBySorting applies the definitions of Sampling to all tokens.
func keptBySorting(s Sampling, logits []float32, seen []int32) map[int32]bool {
	var all []candidate
	top := math.Inf(-1)
	for id, l := range logits {
		if w := float64(l); w > math.Inf(-1) {
			if s.Repetition > 0 && slices.Contains(seen, int32(id)) {
				w = float64(float32(map[bool]float64{true: w / s.Repetition, false: w * s.Repetition}[w > 0]))
			}
			all, top = append(all, candidate{int32(id), w}), max(top, w)
		}
	}
	for i := range all {
		all[i].weight = math.Exp((all[i].weight - top) / s.Temperature)
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(b.weight, a.weight) })
	if s.TopK > 0 {
		all = all[:min(s.TopK, len(all))]
	}
	for len(all) > 0 && all[len(all)-1].weight < s.MinP {
		all = all[:len(all)-1]
	}
	total, sum, kept := 0.0, 0.0, map[int32]bool{}
	for _, c := range all {
		total += c.weight
	}
	for _, c := range all {
		kept[c.id] = true
		if sum += c.weight; s.TopP > 0 && sum >= s.TopP*total {
			break
		}
	}
	return kept
}

// BenchmarkSampler draws from the vocabulary of GPT-2.
func BenchmarkSampler(b *testing.B) {
	logits := make([]float32, 50257)
	r := tensor.NewRNG(tensor.NewStream(5, "logits", 0))
	for i := range logits {
		logits[i] = float32(3 * r.Normal())
	}
	for name, s := range map[string]Sampling{
		"greedy": {}, "all": {Temperature: 1}, "top-k=40": {Temperature: 0.8, TopK: 40}, "top-p=0.95": {Temperature: 0.8, TopP: 0.95},
		"min-p=0.05": {Temperature: 1, MinP: 0.05}, "repetition=1.1": {Temperature: 0.8, TopK: 40, Repetition: 1.1},
	} {
		b.Run(name, func(b *testing.B) {
			p, seen := NewSampler(s, tensor.Stream{}), randomIDs(512, len(logits))
			for range b.N {
				p.Next(logits, seen)
			}
		})
	}
}
