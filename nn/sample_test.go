package nn

import (
	"math"
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
