package poet

import (
	"maps"
	"slices"

	"inkstone/tensor"
	"inkstone/train/poems"
)

// Batches deals the poems out in batches of rows of one length. Each epoch shows every row once, in
// an order that depends on the seed and the epoch alone, so that the batch of a step can be
// made without having made those before it.
type Batches struct {
	rows     map[int][][]int32 // by length; a famous poem has several rows
	size     int
	seed     uint64
	perEpoch int

	epoch int // the epoch that order is of
	order [][][]int32
}

// NewBatches returns batches of size rows. A famous poem occurs famous times an epoch, as a
// child hears some poems every day and others once, and a quarter as often its last couplet
// alone, filled up to a poem's length: a batch of couplets only would pull the model off course.
func NewBatches(v *Vocabulary, all []poems.Poem, size, famous int, seed uint64) *Batches {
	b := &Batches{rows: map[int][][]int32{}, size: size, seed: seed, epoch: -1}
	for _, p := range all {
		row := v.Row(p)
		times := 1
		if p.Famous {
			times = famous
		}
		b.add(row, times)
		if p.Famous {
			couplet := v.Couplet(p)
			for len(couplet) < len(row) {
				couplet = append(couplet, v.ID(None))
			}
			b.add(couplet, famous/4)
		}
	}
	for _, rows := range b.rows {
		b.perEpoch += len(rows) / size
	}
	return b
}

func (b *Batches) add(row []int32, times int) {
	for range times {
		b.rows[len(row)] = append(b.rows[len(row)], row)
	}
}

// PerEpoch returns the number of batches in which every row is seen once.
func (b *Batches) PerEpoch() int { return b.perEpoch }

// Rows returns the rows of a step, counted from 0.
func (b *Batches) Rows(step int) [][]int32 {
	if epoch := step / b.perEpoch; epoch != b.epoch {
		b.shuffle(epoch)
	}
	return b.order[step%b.perEpoch]
}

// shuffle orders an epoch: rows of one length, then the batches.
func (b *Batches) shuffle(epoch int) {
	r := tensor.NewRNG(tensor.NewStream(b.seed, "poems", epoch))
	b.epoch, b.order = epoch, b.order[:0]
	for _, length := range slices.Sorted(maps.Keys(b.rows)) {
		rows := slices.Clone(b.rows[length])
		shuffle(r, rows)
		for ; len(rows) >= b.size; rows = rows[b.size:] {
			b.order = append(b.order, rows[:b.size])
		}
	}
	shuffle(r, b.order)
}

// shuffle puts x in random order (Fisher and Yates).
func shuffle[T any](r *tensor.RNG, x []T) {
	for i := len(x) - 1; i > 0; i-- {
		j := r.IntN(i + 1)
		x[i], x[j] = x[j], x[i]
	}
}

// Fill writes rows, all of one length, as inputs and targets [B, T]: the target of each
// place is the next token, or -1 where that is not part of a poem.
func Fill(ids, targets []int32, rows [][]int32) {
	T := len(rows[0]) - 1
	for i, row := range rows {
		copy(ids[i*T:(i+1)*T], row)
		for j, next := range row[1:] {
			if int(next) < len(specials) {
				next = -1
			}
			targets[i*T+j] = next
		}
	}
}
