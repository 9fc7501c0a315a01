package tokenizer

import (
	"context"
	"slices"
)

// trainer holds the words of a text as tokens, and for each pair of tokens how often it
// stands in them and in which. A merge touches only the words that have the pair, so that
// learning costs about as much as the counting before it.
type trainer struct {
	pieces []string
	tokens []int32 // of all words, one after the other
	words  []trainWord
	pairs  map[uint64]*pairInfo // by pairKey
	heap   pairHeap
}

type trainWord struct {
	begin  int   // of its tokens
	length int   // of its tokens; it shrinks
	count  int64 // of its occurrences in the text
}

type pairInfo struct {
	count int64
	words []int32 // where the pair is or was, ascending
}

// pairKey packs two tokens in a number that orders as they do.
func pairKey(left, right int32) uint64 { return uint64(uint32(left))<<32 | uint64(uint32(right)) }

func newTrainer(pieces []string, specials int, counts wordCounts) *trainer {
	t := &trainer{pieces: pieces, pairs: map[uint64]*pairInfo{}}
	var byteIDs [256]int32
	for i, b := range bytesByPiece() {
		byteIDs[b] = int32(specials + i)
	}
	sorted := make([]string, 0, len(counts))
	size := 0
	for word := range counts {
		if len(word) > 1 {
			sorted = append(sorted, word)
			size += len(word)
		}
	}
	slices.Sort(sorted) // the order does not matter to the result, but memory is walked in the same one
	t.tokens = make([]int32, 0, size)
	t.words = make([]trainWord, len(sorted))
	for w, word := range sorted {
		t.words[w] = trainWord{len(t.tokens), len(word), counts[word]}
		for i := range len(word) {
			t.tokens = append(t.tokens, byteIDs[word[i]])
			if i > 0 {
				at := len(t.tokens) - 2
				t.count(t.tokens[at], t.tokens[at+1], int32(w), counts[word])
			}
		}
	}
	for key, p := range t.pairs {
		t.heap = append(t.heap, candidate{p.count, key})
	}
	t.heap.init()
	return t
}

// count adds n occurrences of a pair in a word.
func (t *trainer) count(left, right, word int32, n int64) {
	key := pairKey(left, right)
	p := t.pairs[key]
	if p == nil {
		p = &pairInfo{}
		t.pairs[key] = p
	}
	p.count += n
	if last := len(p.words) - 1; last < 0 || p.words[last] != word {
		p.words = append(p.words, word)
	}
}

// learn merges the most frequent pair until the vocabulary is full. No pair comes up twice,
// and no two pairs make the same text: a merge takes every occurrence of its pair, so earlier
// merges cut the text of a token in one way only, wherever it stands.
func (t *trainer) learn(ctx context.Context, vocabSize int, opts TrainOptions) ([]merge, error) {
	var merges []merge
	for len(t.pieces) < vocabSize && len(t.heap) > 0 {
		top := t.heap.pop()
		p := t.pairs[top.pair]
		if p.count == 0 {
			continue
		}
		if p.count != top.count { // the entry is old: other merges took some of its occurrences
			t.heap.push(candidate{p.count, top.pair})
			continue
		}
		if p.count < int64(opts.MinFrequency) {
			break
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		left, right := int32(top.pair>>32), int32(uint32(top.pair))
		if len(t.pieces[left])+len(t.pieces[right]) > maxPiece {
			continue // text that repeats itself without end
		}
		joined := int32(len(t.pieces))
		t.pieces = append(t.pieces, t.pieces[left]+t.pieces[right])
		merges = append(merges, merge{left, right, joined})
		t.merge(left, right, joined, p.words)
		*p = pairInfo{}
		if opts.Progress != nil {
			opts.Progress(len(t.pieces), vocabSize)
		}
	}
	return merges, nil
}

// merge replaces left, right by joined in words, from left to right, and moves the counts
// of the pairs around them.
func (t *trainer) merge(left, right, joined int32, words []int32) {
	var grown []uint64 // pairs that have more occurrences than before
	for _, w := range words {
		word := &t.words[w]
		tokens := t.tokens[word.begin : word.begin+word.length]
		kept := 0
		for i := 0; i < len(tokens); i++ {
			if i+1 < len(tokens) && tokens[i] == left && tokens[i+1] == right {
				if kept > 0 {
					t.uncount(tokens[kept-1], left, word.count)
					t.count(tokens[kept-1], joined, w, word.count)
					grown = append(grown, pairKey(tokens[kept-1], joined))
				}
				if i+2 < len(tokens) {
					t.uncount(right, tokens[i+2], word.count)
					t.count(joined, tokens[i+2], w, word.count)
					grown = append(grown, pairKey(joined, tokens[i+2]))
				}
				tokens[kept] = joined
				i++
			} else {
				tokens[kept] = tokens[i]
			}
			kept++
		}
		word.length = kept
	}
	slices.Sort(grown)
	for _, key := range slices.Compact(grown) {
		if p := t.pairs[key]; p.count > 0 {
			t.heap.push(candidate{p.count, key})
		}
	}
}

// uncount takes occurrences of a pair away.
func (t *trainer) uncount(left, right int32, n int64) {
	t.pairs[pairKey(left, right)].count -= n
}
