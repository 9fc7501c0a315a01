package tokenizer

// mergeScratch is memory that merging reuses.
type mergeScratch struct {
	ranks      []int32
	heap       []uint64
	next, prev []int32
}

// applyHeap merges a long word in O(n log n): the tokens form a linked list in place, and a
// heap holds the pairs that can merge as rank<<32 | position. A merge changes its
// neighbours' pairs; the entries they had stay in the heap and are dropped when they come
// up, known by a rank that the pair at their position no longer has.
func (t *mergeTable) applyHeap(word []int32, s *mergeScratch) []int32 {
	n := int32(len(word))
	s.heap, s.next, s.prev = s.heap[:0], s.next[:0], s.prev[:0]
	for i := range n {
		s.next = append(s.next, i+1)
		s.prev = append(s.prev, i-1)
	}
	push := func(at int32) {
		if rank := t.rank(word[at], word[s.next[at]]); rank != never {
			s.heap = heapPush(s.heap, uint64(rank)<<32|uint64(at))
		}
	}
	for i := range n - 1 {
		push(i)
	}
	const gone = -1
	for len(s.heap) > 0 {
		top := s.heap[0]
		s.heap = heapPop(s.heap)
		at, rank := int32(uint32(top)), int32(top>>32)
		if word[at] == gone || s.next[at] == n || t.rank(word[at], word[s.next[at]]) != rank {
			continue
		}
		right := s.next[at]
		word[at] = t.joined(word[at], word[right])
		word[right] = gone
		s.next[at] = s.next[right]
		if s.next[at] < n {
			s.prev[s.next[at]] = at
			push(at)
		}
		if s.prev[at] >= 0 {
			push(s.prev[at])
		}
	}
	kept := 0
	for _, token := range word {
		if token != gone {
			word[kept] = token
			kept++
		}
	}
	return word[:kept]
}

// heapPush adds x to a binary heap with its least element at 0.
func heapPush(heap []uint64, x uint64) []uint64 {
	heap = append(heap, x)
	i := len(heap) - 1
	for i > 0 && heap[(i-1)/2] > x {
		heap[i] = heap[(i-1)/2]
		i = (i - 1) / 2
	}
	heap[i] = x
	return heap
}

// heapPop removes heap[0].
func heapPop(heap []uint64) []uint64 {
	x := heap[len(heap)-1]
	heap = heap[:len(heap)-1]
	if len(heap) == 0 {
		return heap
	}
	i := 0
	for {
		child := 2*i + 1
		if child >= len(heap) {
			break
		}
		if child+1 < len(heap) && heap[child+1] < heap[child] {
			child++
		}
		if x <= heap[child] {
			break
		}
		heap[i] = heap[child]
		i = child
	}
	heap[i] = x
	return heap
}
