package train

import "inkstone/tensor"

// epochs goes through n examples again and again, each time in another random order. What
// example i of a run is depends on the seed and i alone.
type epochs struct {
	n     int
	seed  uint64
	epoch int   // that order is of
	order []int // nil before the first
}

// at returns example i of the run.
func (e *epochs) at(i int) int {
	if epoch := i / e.n; e.order == nil || epoch != e.epoch {
		e.epoch = epoch
		e.order = e.order[:0]
		random := tensor.NewRNG(tensor.NewStream(e.seed, "example order", epoch))
		for k := range e.n { // Fisher and Yates, from the inside out
			j := random.IntN(k + 1)
			e.order = append(e.order, k)
			e.order[j], e.order[k] = e.order[k], e.order[j]
		}
	}
	return e.order[i%e.n]
}
