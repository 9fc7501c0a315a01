package poet

import (
	"maps"
	"slices"

	"inkstone/tensor"
)

// A deck deals numbered rows out in batches whose rows all have one form. Each epoch deals
// every row once, in an order that depends on the seed and the epoch alone, so that the batch
// of a step can be made without having made those before it. What is left over of a form, less
// than a batch, waits for another epoch.
type deck struct {
	rows     map[int][]int // by form
	size     int
	seed     uint64
	purpose  string
	perEpoch int

	epoch int // the epoch that order is of
	order [][]int
}

// newDeck returns a deck of rows 0, 1, … with the given forms.
func newDeck(forms []int, size int, seed uint64, purpose string) *deck {
	d := &deck{rows: map[int][]int{}, size: size, seed: seed, purpose: purpose, epoch: -1}
	for i, form := range forms {
		d.rows[form] = append(d.rows[form], i)
	}
	for _, rows := range d.rows {
		d.perEpoch += len(rows) / size
	}
	return d
}

// batch returns the rows of a step, counted from 0, and the epoch they belong to.
func (d *deck) batch(step int) (rows []int, epoch int) {
	if epoch = step / d.perEpoch; epoch != d.epoch {
		d.shuffle(epoch)
	}
	return d.order[step%d.perEpoch], epoch
}

// shuffle orders an epoch: rows of one form, then the batches.
func (d *deck) shuffle(epoch int) {
	r := tensor.NewRNG(tensor.NewStream(d.seed, d.purpose, epoch))
	d.epoch, d.order = epoch, d.order[:0]
	for _, form := range slices.Sorted(maps.Keys(d.rows)) {
		rows := slices.Clone(d.rows[form])
		shuffle(r, rows)
		for ; len(rows) >= d.size; rows = rows[d.size:] {
			d.order = append(d.order, rows[:d.size])
		}
	}
	shuffle(r, d.order)
}

// shuffle puts x in random order (Fisher and Yates).
func shuffle[T any](r *tensor.RNG, x []T) {
	for i := len(x) - 1; i > 0; i-- {
		j := r.IntN(i + 1)
		x[i], x[j] = x[j], x[i]
	}
}
