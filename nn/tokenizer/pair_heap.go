package tokenizer

// candidate is a pair of tokens and the count it had when it was put in the heap.
type candidate struct {
	count int64
	pair  uint64
}

// before orders by falling count, equal counts by the tokens.
func (c candidate) before(d candidate) bool {
	return c.count > d.count || c.count == d.count && c.pair < d.pair
}

// pairHeap is a binary heap with the best candidate at 0.
type pairHeap []candidate

func (h pairHeap) init() {
	for i := len(h)/2 - 1; i >= 0; i-- {
		h.sink(i)
	}
}

func (h *pairHeap) push(c candidate) {
	*h = append(*h, c)
	s := *h
	i := len(s) - 1
	for i > 0 && c.before(s[(i-1)/2]) {
		s[i] = s[(i-1)/2]
		i = (i - 1) / 2
	}
	s[i] = c
}

func (h *pairHeap) pop() candidate {
	s := *h
	top := s[0]
	s[0] = s[len(s)-1]
	*h = s[:len(s)-1]
	h.sink(0)
	return top
}

// sink moves the candidate at i down to its place.
func (h pairHeap) sink(i int) {
	for {
		best := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(h); child++ {
			if h[child].before(h[best]) {
				best = child
			}
		}
		if best == i {
			return
		}
		h[i], h[best] = h[best], h[i]
		i = best
	}
}
