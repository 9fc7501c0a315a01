package kernels_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"

	"inkstone/gpu/kernels"
	"inkstone/tensor"
)

// choice is a row of choices.
type choice struct{ u, inverse, k, p, least float64 }

// likely is a column that a choice leaves, and its weight.
type likely struct {
	column int
	weight float64
}

// left returns what a choice leaves of a row, in order of columns: a sorted list, cut off thrice.
func (c choice) left(logits []float32) []likely {
	top := math.Inf(-1)
	for _, x := range logits {
		if float64(x) > top {
			top = float64(x)
		}
	}
	var all []likely
	for i, x := range logits {
		w := math.Exp((float64(x) - top) * c.inverse)
		if x >= -math.MaxFloat32 && w >= c.least {
			all = append(all, likely{i, w})
		}
	}
	slices.SortStableFunc(all, func(a, b likely) int { return cmp.Compare(b.weight, a.weight) })
	if c.k > 0 {
		all = all[:min(len(all), int(c.k))]
	}
	if c.p > 0 && c.p < 1 {
		total, sum := 0.0, 0.0
		for _, l := range all {
			total += l.weight
		}
		for i, l := range all {
			if sum += l.weight; sum >= c.p*total {
				all = all[:i+1]
				break
			}
		}
	}
	slices.SortFunc(all, func(a, b likely) int { return cmp.Compare(a.column, b.column) })
	return all
}

// column returns what is drawn by u from what is left.
func (c choice) column(all []likely) int {
	total := 0.0
	for _, l := range all {
		total += l.weight
	}
	rest := c.u * total
	for _, l := range all {
		if rest -= l.weight; rest < 0 {
			return l.column
		}
	}
	return all[len(all)-1].column
}

// edges returns numbers u that draw each column of what is left: the middle of its share.
func edges(all []likely) []float64 {
	total := 0.0
	for _, l := range all {
		total += l.weight
	}
	var us []float64
	sum := 0.0
	for _, l := range all {
		if l.weight > 1e-5*total { // more than rounding is
			us = append(us, (sum+l.weight/2)/total)
		}
		sum += l.weight
	}
	return us
}

func sampled(t *testing.T, r kernels.Rows, logits []float32, cols int, choices []choice) []int32 {
	t.Helper()
	flat := make([]float32, 0, len(choices)*tensor.SampleFields)
	for _, c := range choices {
		flat = append(flat, float32(c.u), float32(c.inverse), float32(c.k), float32(c.p), float32(c.least))
	}
	ids := make([]int32, len(choices))
	for i := range ids {
		ids[i] = -7
	}
	k := kernels.Sample{Rows: r}
	run(t, k, k.Launch(len(choices), cols), ids, logits, flat)
	return ids
}

// TestSample: from rows in which many columns are alike, and from others, every column that each
// choice leaves is drawn by the numbers that it should be, and no other.
func TestSample(t *testing.T) {
	eachRows(t, func(t *testing.T, r kernels.Rows, _, cols int) {
		if r.Narrow {
			if _, err := (kernels.Sample{Rows: r}).Build(); err == nil {
				t.Error("built for a subgroup to a row")
			}
			return
		}
		random := rng(uint64(cols))
		for _, alike := range []bool{false, true} {
			row := normal(random, cols)
			for i := range row {
				if row[i] *= 3; alike {
					row[i] = float32(math.Round(float64(row[i] / 2)))
				}
			}
			if cols > 20 {
				row[5], row[9], row[cols-1] = float32(math.NaN()), float32(math.Inf(-1)), float32(math.Inf(-1))
			}
			for _, c := range []choice{
				{inverse: 1}, {inverse: 0.5}, {inverse: 1, k: 1}, {inverse: 1, k: 5}, {inverse: 2, k: 1e6},
				{inverse: 1, p: 0.1}, {inverse: 1, p: 0.6}, {inverse: 0.7, p: 0.95}, {inverse: 1, p: 1}, {inverse: 1, least: 0.05},
				{inverse: 0.5, k: 7, p: 0.83}, {inverse: 1, k: 20, p: 0.7, least: 0.01}, {inverse: 1, p: 0.9, least: 0.3},
			} {
				all := c.left(row)
				us := edges(all)
				const most = 6
				for len(us) > most {
					us = slices.Delete(us, random.IntN(len(us)), len(us))
				}
				var logits []float32
				var choices []choice
				var want []int32
				for _, u := range us {
					c.u = u
					logits, choices, want = append(logits, row...), append(choices, c), append(want, int32(c.column(all)))
				}
				exact(t, fmt.Sprintf("%+v, of %d left", c, len(all)), sampled(t, r, logits, cols, choices), want)
			}
		}
	})
}

// TestSampleSpecialValues: greedy choices, infinities, and rows without a number.
func TestSampleSpecialValues(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, r := range rowKinds {
		if r.Narrow {
			continue
		}
		logits := []float32{
			1, 3, 3, nan, // greedy: the first of the largest
			nan, -inf, -5, -inf, // the only number
			1, inf, inf, 2, // nothing to weigh
			-inf, nan, -inf, nan, // nothing at all
			0, 0, 0, 0, // u just below 1
			-inf, 2, nan, -inf, // u is 0
			0, float32(math.Copysign(0, -1)), 0, 1, // zeros of both signs are alike
		}
		one := choice{u: 0.5, inverse: 1}
		choices := []choice{{u: 0.9}, one, one, one, {u: 1 - 0x1p-24, inverse: 1}, {inverse: 1, p: 0.5}, {u: 0.999, inverse: 0.01, k: 3}}
		exact(t, fmt.Sprintf("%+v", r), sampled(t, r, logits, 4, choices), []int32{1, 2, 1, 0, 3, 1, 3})
		choices[6].u = 0.5
		exact(t, fmt.Sprintf("%+v", r), sampled(t, r, logits[24:], 4, choices[6:]), []int32{1})
	}
}

// TestSampleLong draws from a row as long as a large vocabulary.
func TestSampleLong(t *testing.T) {
	const cols = 50257
	row := normal(rng(1), cols)
	for _, c := range []choice{{inverse: 1}, {inverse: 1, k: 50}, {inverse: 1.5, p: 0.9}} {
		all := c.left(row)
		us := edges(all)
		if len(us) == 0 { // each weighs too little: where rounding puts the edges is not told apart
			us = []float64{0.3}
		}
		c.u = us[len(us)/2]
		got, want := sampled(t, kernels.Rows{Lanes: 256, Subgroup: 32}, row, cols, []choice{c})[0], c.column(all)
		if d := math.Abs(share(all, int(got)) - c.u); d > 1e-4 {
			t.Errorf("%+v: drew %d at a distance of %v from u, want %d", c, got, d, want)
		}
	}
}

// share returns how much of what is left lies before a column, its own half included.
func share(all []likely, column int) float64 {
	total, before := 0.0, math.NaN()
	for _, l := range all {
		if l.column == column {
			before = total + l.weight/2
		}
		total += l.weight
	}
	return before / total
}
