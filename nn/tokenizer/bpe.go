package tokenizer

import (
	"container/heap"
	"strings"
	"sync"
	"unicode/utf8"
)

// BPE is a tokenizer that starts from small pieces and merges neighbours by learned rules,
// the earliest rule first (Sennrich et al. 2016, "Neural machine translation of rare words
// with subword units").
//
// There are two kinds. Byte-level BPE (Radford et al. 2019, section 2.2) starts from the
// bytes of each word, so that it can write anything. The SentencePiece kind, of Llama
// models, starts from the characters of the whole text, in which a space stands before the
// first word; characters it does not know become bytes.
type BPE struct {
	vocabulary
	merges   map[pair]merge
	ofByte   [256]int32 // the token for each byte, −1 if there is none
	sentence bool       // the SentencePiece kind

	mu    sync.RWMutex
	cache map[string][]int32 // of words
}

type pair [2]int32

// A merge says what a pair becomes, and how early.
type merge struct {
	rank, id int32
}

// cachedWords is how many words a BPE remembers.
const cachedWords = 1 << 16

// Encode returns the ids of a text, whatever bytes it has.
func (t *BPE) Encode(text string) []int32 {
	if t.sentence {
		if text == "" {
			return nil
		}
		return t.join(t.characters(" " + text))
	}
	ids := make([]int32, 0, len(text)/3+1)
	for text != "" {
		n := nextWord(text)
		ids = append(ids, t.word(text[:n])...)
		text = text[n:]
	}
	return ids
}

// Decode returns the text of ids.
func (t *BPE) Decode(ids []int32) string {
	text := t.vocabulary.Decode(ids)
	if t.sentence {
		text = strings.TrimPrefix(text, " ")
	}
	return text
}

// word returns the ids of one word, from memory if it was seen before.
func (t *BPE) word(w string) []int32 {
	t.mu.RLock()
	ids, ok := t.cache[w]
	t.mu.RUnlock()
	if ok {
		return ids
	}
	start := make([]int32, len(w))
	for i := range len(w) {
		start[i] = t.ofByte[w[i]]
	}
	ids = t.join(start)
	if len(w) <= 64 {
		t.mu.Lock()
		if t.cache == nil || len(t.cache) >= cachedWords {
			t.cache = make(map[string][]int32)
		}
		t.cache[strings.Clone(w)] = ids
		t.mu.Unlock()
	}
	return ids
}

// characters returns the tokens of single characters, or of their bytes.
func (t *BPE) characters(text string) []int32 {
	ids := make([]int32, 0, len(text))
	for i := 0; i < len(text); {
		_, size := utf8.DecodeRuneInString(text[i:])
		if id, ok := t.ids[text[i:i+size]]; ok {
			ids = append(ids, id)
		} else {
			for k := range size {
				ids = append(ids, t.ofByte[text[i+k]])
			}
		}
		i += size
	}
	return ids
}

// join merges neighbours, the earliest rule first and of equal ones the leftmost, until no
// rule applies.
func (t *BPE) join(ids []int32) []int32 {
	if len(ids) > 48 {
		return t.joinLong(ids)
	}
	for {
		best, at := merge{rank: 1 << 30}, -1
		for i := 1; i < len(ids); i++ {
			if m, ok := t.merges[pair{ids[i-1], ids[i]}]; ok && m.rank < best.rank {
				best, at = m, i
			}
		}
		if at < 0 {
			return ids
		}
		ids[at-1] = best.id
		ids = append(ids[:at], ids[at+1:]...)
	}
}

// joinLong is join for long runs: the possible merges wait in a heap, and the pieces form a
// list from which the merged ones are taken out, so that it takes n·log n steps.
func (t *BPE) joinLong(ids []int32) []int32 {
	n := len(ids)
	next, prev := make([]int32, n), make([]int32, n)
	for i := range n {
		next[i], prev[i] = int32(i+1), int32(i-1)
	}
	var h mergeHeap
	push := func(left int32) {
		if left < 0 || next[left] >= int32(n) {
			return
		}
		p := pair{ids[left], ids[next[left]]}
		if m, ok := t.merges[p]; ok {
			heap.Push(&h, candidate{m, left, p})
		}
	}
	for i := range n {
		push(int32(i))
	}
	const gone = -1
	for h.Len() > 0 {
		c := heap.Pop(&h).(candidate)
		left := c.at
		if ids[left] != c.of[0] || next[left] >= int32(n) || ids[next[left]] != c.of[1] {
			continue // one of the two has been merged since
		}
		right := next[left]
		ids[left], ids[right] = c.id, gone
		next[left] = next[right]
		if next[left] < int32(n) {
			prev[next[left]] = left
		}
		push(prev[left])
		push(left)
	}
	out := ids[:0]
	for i := int32(0); i < int32(n); i = next[i] {
		out = append(out, ids[i])
	}
	return out
}

// A candidate is a possible merge of the piece at a place with the one after it.
type candidate struct {
	merge
	at int32
	of pair
}

type mergeHeap []candidate

func (h mergeHeap) Len() int { return len(h) }
func (h mergeHeap) Less(i, j int) bool {
	return h[i].rank < h[j].rank || h[i].rank == h[j].rank && h[i].at < h[j].at
}
func (h mergeHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *mergeHeap) Push(x any)   { *h = append(*h, x.(candidate)) }
func (h *mergeHeap) Pop() any {
	old := *h
	c := old[len(old)-1]
	*h = old[:len(old)-1]
	return c
}
