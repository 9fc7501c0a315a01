package tokenizer

// merge joins two neighbouring tokens into one.
type merge struct{ left, right, joined int32 }

// mergeTable finds the merge of two tokens: an open-addressing hash table, since looking up
// pairs is what encoding does most.
type mergeTable struct {
	entries []mergeEntry // a power of two, at most half of them used
}

type mergeEntry struct {
	left, right int32
	rank        int32 // order of the merge plus one; 0 marks an unused entry
	joined      int32
}

// never is the rank of a pair that does not merge.
const never = 1<<31 - 1

// newMergeTable ranks merges by their order; of merges of the same two tokens the first counts.
func newMergeTable(merges []merge) *mergeTable {
	size := 16
	for size < 2*len(merges) {
		size *= 2
	}
	t := &mergeTable{make([]mergeEntry, size)}
	for i, m := range merges {
		if e := t.find(m.left, m.right); e.rank == 0 {
			*e = mergeEntry{m.left, m.right, int32(i) + 1, m.joined}
		}
	}
	return t
}

// find returns the entry of two tokens, or the unused one that would be theirs.
func (t *mergeTable) find(left, right int32) *mergeEntry {
	mask := uint64(len(t.entries) - 1)
	key := uint64(uint32(left))<<32 | uint64(uint32(right))
	key *= 0x9e3779b97f4a7c15 // Fibonacci hashing: the upper bits are well mixed
	for i := key >> 32 & mask; ; i = (i + 1) & mask {
		e := &t.entries[i]
		if e.rank == 0 || e.left == left && e.right == right {
			return e
		}
	}
}

// rank returns how early two tokens merge, never if they do not.
func (t *mergeTable) rank(left, right int32) int32 {
	if e := t.find(left, right); e.rank != 0 {
		return e.rank - 1
	}
	return never
}

// joined returns the token that two tokens merge to.
func (t *mergeTable) joined(left, right int32) int32 { return t.find(left, right).joined }

// scanLimit is the length from which words are merged with a heap. Measured on words of
// random letters; below it, looking through all pairs again costs less.
const scanLimit = 48

// apply merges the tokens of a word in place and returns what is left of it: over and over
// the pair that merges earliest, of equal ones the leftmost (Sennrich, Haddow and Birch
// 2016, section 3.2).
func (t *mergeTable) apply(word []int32, s *mergeScratch) []int32 {
	if len(word) < scanLimit {
		return t.applyScan(word, s)
	}
	return t.applyHeap(word, s)
}

// applyScan looks through the ranks of all pairs before each merge.
func (t *mergeTable) applyScan(word []int32, s *mergeScratch) []int32 {
	ranks := s.ranks[:0] // ranks[i] is the rank of word[i] and word[i+1]
	for i := 0; i+1 < len(word); i++ {
		ranks = append(ranks, t.rank(word[i], word[i+1]))
	}
	s.ranks = ranks
	for {
		best, at := int32(never), 0
		for i, rank := range ranks {
			if rank < best {
				best, at = rank, i
			}
		}
		if best == never {
			return word
		}
		word[at] = t.joined(word[at], word[at+1])
		word = append(word[:at+1], word[at+2:]...)
		ranks = append(ranks[:at], ranks[at+1:]...)
		if at > 0 {
			ranks[at-1] = t.rank(word[at-1], word[at])
		}
		if at < len(ranks) {
			ranks[at] = t.rank(word[at], word[at+1])
		}
	}
}
