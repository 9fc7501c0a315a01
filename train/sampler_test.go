package train

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func sampler(t testing.TB, tokens, lo, hi, context int, seed uint64) *Sampler {
	t.Helper()
	s, err := NewSampler(open(t, shardOf(t, t.TempDir(), "x", tokens, 0, tokens)), lo, hi, context, seed)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Over an epoch every window comes exactly once, in a shuffled order, inside of the range,
// with targets one token on; the next epoch has another order and another grid.
func TestSamplerEpoch(t *testing.T) {
	for _, c := range []struct{ lo, hi, context, batch int }{
		{0, 1000, 7, 3}, {100, 900, 8, 5}, {0, 9, 8, 2}, {5, 31, 12, 1}, {0, 1000, 1, 16},
	} {
		s := sampler(t, 1000, c.lo, c.hi, c.context, 42)
		ids, targets := make([]int32, c.batch*c.context), make([]int32, c.batch*c.context)
		var epochs [3][]int // positions of the windows
		for step := 0; len(epochs[2]) < s.Windows(); step++ {
			if err := s.Fill(ids, targets, step, c.batch); err != nil {
				t.Fatal(err)
			}
			for row := range c.batch {
				x, y := ids[row*c.context:(row+1)*c.context], targets[row*c.context:(row+1)*c.context]
				for i := range x {
					if x[i] != x[0]+int32(i) || y[i] != x[i]+1 {
						t.Fatalf("%+v: window %v with targets %v", c, x, y)
					}
				}
				if int(x[0]) < c.lo || int(y[len(y)-1]) >= c.hi {
					t.Fatalf("%+v: window from %d to %d is not inside of the range", c, x[0], y[len(y)-1])
				}
				if e := (step*c.batch + row) / s.Windows(); e < len(epochs) {
					epochs[e] = append(epochs[e], int(x[0]))
				}
			}
		}
		for e, list := range epochs {
			sorted := slices.Sorted(slices.Values(list))
			for i := range sorted {
				if sorted[i] != sorted[0]+i*c.context {
					t.Fatalf("%+v: epoch %d visits %v", c, e, sorted)
				}
			}
			if s.Windows() > 20 && (slices.Equal(sorted, list) || slices.Equal(list, epochs[(e+1)%3])) {
				t.Errorf("%+v: epoch %d is not shuffled anew: %v", c, e, list)
			}
		}
		if want := (c.hi-c.lo-1)/c.context - 1; s.Windows() != max(1, want) {
			t.Errorf("%+v: %d windows", c, s.Windows())
		}
	}
}

// What a step holds depends on the seed and the step alone, not on what was drawn before.
func TestSamplerIsAddressed(t *testing.T) {
	draw := func(seed uint64, steps ...int) (last string) {
		s := sampler(t, 1000, 0, 1000, 10, seed)
		ids, targets := make([]int32, 40), make([]int32, 40)
		for _, step := range steps {
			if err := s.Fill(ids, targets, step, 4); err != nil {
				t.Fatal(err)
			}
		}
		return fmt.Sprint(ids, targets)
	}
	if draw(1, 0, 1, 2, 57) != draw(1, 57) {
		t.Error("step 57 depends on the steps before")
	}
	if draw(1, 57) == draw(2, 57) || draw(1, 57) == draw(1, 58) {
		t.Error("another seed or step gives the same examples")
	}
}

// The order is uniform enough: over many epochs each window comes first about as often.
func TestSamplerShuffles(t *testing.T) {
	s := sampler(t, 200, 0, 200, 10, 7)
	const epochs = 18000
	var first, second [18]int
	for e := range epochs {
		first[s.permute(e, 0)]++
		second[(s.permute(e, 1)-s.permute(e, 0)+18)%18]++
	}
	if second[0] != 0 {
		t.Errorf("%d epochs have a window twice", second[0])
	}
	for i := range first {
		if first[i] < 850 || first[i] > 1150 { // ±5σ around 1000
			t.Errorf("window %d comes first %d times, want about 1000", i, first[i])
		}
		if n := second[i]; i > 0 && (n < 900 || n > 1220) { // around 1059
			t.Errorf("the second window stands %d behind the first %d times, want about 1059", i, n)
		}
	}
}

func TestSamplerSequential(t *testing.T) {
	s := sampler(t, 100, 10, 90, 10, 1) // 79 predictable tokens: 7 windows
	ids, targets := make([]int32, 40), make([]int32, 40)
	var seen []int32
	for _, want := range []struct{ first, n int }{{0, 4}, {4, 3}, {8, 0}} {
		n, err := s.Sequential(ids, targets, want.first, 4)
		if err != nil || n != want.n {
			t.Fatalf("%d windows from %d on (%v), want %d", n, want.first, err, want.n)
		}
		for i := range ids {
			switch {
			case i < n*10:
				seen = append(seen, ids[i])
				if targets[i] != ids[i]+1 {
					t.Errorf("target of %d is %d", ids[i], targets[i])
				}
			case ids[i] != 0 || targets[i] != -1:
				t.Errorf("padding has id %d, target %d, want 0 and -1", ids[i], targets[i])
			}
		}
	}
	for i, id := range seen {
		if id != int32(10+i) || len(seen) != 70 {
			t.Fatalf("visited %v", seen)
		}
	}
}

func TestSplit(t *testing.T) {
	s := sampler(t, 1000, 0, 1000, 1, 1).shards
	for fraction, want := range map[float64]int{0: 1000, 0.1: 900, 1: 0, 2: 0, -1: 1000} {
		if got := s.Split(fraction); got != want {
			t.Errorf("Split(%v) = %d, want %d", fraction, got, want)
		}
	}
	for want, c := range map[string][3]int{
		"a context of 10 tokens needs 11 tokens of data, there are 10": {0, 10, 10},
		"context of 0 tokens": {0, 10, 0},
	} {
		if _, err := NewSampler(s, c[0], c[1], c[2], 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

func TestFillAllocatesNothing(t *testing.T) {
	s := sampler(t, 1000, 0, 1000, 10, 1)
	ids, targets := make([]int32, 40), make([]int32, 40)
	step := 0
	if n := testing.AllocsPerRun(50, func() { s.Fill(ids, targets, step, 4); step++ }); n > 0 {
		t.Errorf("%v allocations a batch, want 0", n)
	}
}
