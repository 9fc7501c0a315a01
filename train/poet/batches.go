package poet

import "inkstone/train/poems"

// Batches deals poems out for reciting: each epoch shows every row once.
type Batches struct {
	rows [][]int32 // a famous poem has several
	deck *deck
}

// NewBatches returns batches of size rows. A famous poem occurs famous times an epoch, as a
// child hears some poems every day and others once, and a quarter as often its last couplet
// alone, filled up to a poem's length: a batch of couplets only would pull the model off course.
func NewBatches(v *Vocabulary, all []poems.Poem, size, famous int, seed uint64) *Batches {
	b := &Batches{}
	var forms []int
	add := func(row []int32, form, times int) {
		for range times {
			b.rows, forms = append(b.rows, row), append(forms, form)
		}
	}
	for _, p := range all {
		row := v.Row(p)
		if !p.Famous {
			add(row, p.Form, 1)
			continue
		}
		add(row, p.Form, famous)
		couplet := v.Couplet(p)
		for len(couplet) < len(row) {
			couplet = append(couplet, v.ID(None))
		}
		add(couplet, p.Form, famous/4)
	}
	b.deck = newDeck(forms, size, seed, "poems")
	return b
}

// PerEpoch returns the number of batches in which every row is seen once.
func (b *Batches) PerEpoch() int { return b.deck.perEpoch }

// Rows returns the rows of a step, counted from 0.
func (b *Batches) Rows(step int) [][]int32 {
	numbers, _ := b.deck.batch(step)
	rows := make([][]int32, len(numbers))
	for i, n := range numbers {
		rows[i] = b.rows[n]
	}
	return rows
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
