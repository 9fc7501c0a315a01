package tokenizer

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// TrainOptions are the settings of TrainBPE. The zero value is a good choice.
type TrainOptions struct {
	Specials     []string // special tokens, which get the first ids; nil means <|endoftext|>
	MinFrequency int      // a pair that occurs less often is not merged; 0 means 2
	Progress     func(done, total int)
}

// TrainBPE learns a byte-level BPE of vocabSize tokens from texts: the special tokens, the
// 256 bytes, and then, again and again, the pair of neighbours that occurs most often in
// the words of the texts. The same texts always give the same tokenizer; of equally frequent
// pairs the one with the lower ids is taken. The vocabulary is smaller than asked for when
// no pair is left that occurs often enough.
func TrainBPE(ctx context.Context, texts iter.Seq[string], vocabSize int, o TrainOptions) (*BPE, error) {
	if o.Specials == nil {
		o.Specials = []string{EndOfText}
	}
	if o.MinFrequency == 0 {
		o.MinFrequency = 2
	}
	if least := 256 + len(o.Specials); vocabSize < least {
		return nil, fmt.Errorf("tokenizer: a vocabulary of %d is too small: the 256 bytes and %d special tokens need %d", vocabSize, len(o.Specials), least)
	}
	words := countWords(ctx, texts)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	pieces, ofByte := byteTokens(o.Specials)
	tr := newTrainer(words, ofByte)
	var rules [][2]string
	for total := vocabSize; len(pieces) < vocabSize; {
		best, ok := tr.best(o.MinFrequency)
		if !ok {
			break
		}
		if o.Progress != nil && len(pieces)%64 == 0 {
			o.Progress(len(pieces), total)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		rules = append(rules, [2]string{pieces[best[0]], pieces[best[1]]})
		tr.merge(best, int32(len(pieces)))
		pieces = append(pieces, pieces[best[0]]+pieces[best[1]])
	}
	special := map[int32]string{}
	for i, s := range o.Specials {
		special[int32(i)] = s
	}
	return newByteBPE(pieces, special, rules)
}

// byteTokens returns the special tokens and the bytes, in the order of their printable
// characters.
func byteTokens(specials []string) (pieces []string, ofByte [256]int32) {
	pieces = slices.Clone(specials)
	order := make([]int, 256)
	for b := range order {
		order[b] = b
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(byteRune[a], byteRune[b]) })
	for _, b := range order {
		ofByte[b] = int32(len(pieces))
		pieces = append(pieces, string([]byte{byte(b)}))
	}
	return pieces, ofByte
}

// countWords counts the words of texts on all CPUs.
func countWords(ctx context.Context, texts iter.Seq[string]) map[string]int {
	jobs := make(chan string)
	total := map[string]int{}
	var mu sync.Mutex
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			counts := map[string]int{}
			for text := range jobs {
				for text != "" {
					n := nextWord(text)
					if _, ok := counts[text[:n]]; ok {
						counts[text[:n]]++
					} else {
						counts[strings.Clone(text[:n])] = 1 // do not keep the whole text
					}
					text = text[n:]
				}
			}
			mu.Lock()
			defer mu.Unlock()
			for w, n := range counts {
				total[w] += n
			}
		})
	}
	for text := range texts {
		if ctx.Err() != nil {
			break
		}
		jobs <- text
	}
	close(jobs)
	workers.Wait()
	return total
}

// A trainer keeps, for each pair of neighbours, how often it occurs and in which words, and
// brings both up to date as pairs are merged.
type trainer struct {
	words  [][]int32
	counts []int // of words
	pairs  map[pair]*pairInfo
	queue  pairHeap
}

type pairInfo struct {
	count int
	words []int32 // indices, ascending; some may no longer have the pair
}

func newTrainer(words map[string]int, ofByte [256]int32) *trainer {
	texts := make([]string, 0, len(words))
	for w := range words {
		texts = append(texts, w)
	}
	slices.Sort(texts)
	t := &trainer{pairs: map[pair]*pairInfo{}}
	for i, w := range texts {
		ids := make([]int32, len(w))
		for k := range len(w) {
			ids[k] = ofByte[w[k]]
		}
		t.words, t.counts = append(t.words, ids), append(t.counts, words[w])
		for k := 1; k < len(ids); k++ {
			t.change(pair{ids[k-1], ids[k]}, int32(i), words[w])
		}
	}
	for p, info := range t.pairs {
		t.queue = append(t.queue, queuedPair{info.count, p})
	}
	heap.Init(&t.queue)
	return t
}

// change adds n to the count of a pair in a word.
func (t *trainer) change(p pair, word int32, n int) {
	info := t.pairs[p]
	if info == nil {
		info = new(pairInfo)
		t.pairs[p] = info
	}
	info.count += n
	if n > 0 && (len(info.words) == 0 || info.words[len(info.words)-1] != word) {
		info.words = append(info.words, word)
	}
}

// best returns the most frequent pair. Counts in the queue may be out of date: a pair whose
// count has fallen goes back with the new one.
func (t *trainer) best(least int) (pair, bool) {
	for t.queue.Len() > 0 {
		top := heap.Pop(&t.queue).(queuedPair)
		now := t.pairs[top.pair].count
		switch {
		case now < least:
		case now != top.count:
			heap.Push(&t.queue, queuedPair{now, top.pair})
		default:
			return top.pair, true
		}
	}
	return pair{}, false
}

// merge replaces a pair by id in all words.
func (t *trainer) merge(p pair, id int32) {
	grown := map[pair]bool{}
	for _, w := range t.pairs[p].words {
		t.mergeWord(p, id, w, grown)
	}
	delete(t.pairs, p)
	for q := range grown { // the queue orders them; the order of the map does not show
		heap.Push(&t.queue, queuedPair{t.pairs[q].count, q})
	}
}

func (t *trainer) mergeWord(p pair, id, w int32, grown map[pair]bool) {
	old, n := t.words[w], t.counts[w]
	ids := make([]int32, 0, len(old)-1)
	for i := 0; i < len(old); i++ {
		if i+1 < len(old) && old[i] == p[0] && old[i+1] == p[1] {
			ids = append(ids, id)
			i++
		} else {
			ids = append(ids, old[i])
		}
	}
	if len(ids) == len(old) {
		return // the pair was there once
	}
	for k := 1; k < len(old); k++ {
		if q := (pair{old[k-1], old[k]}); q != p {
			t.change(q, w, -n)
		}
	}
	for k := 1; k < len(ids); k++ {
		q := pair{ids[k-1], ids[k]}
		t.change(q, w, n)
		if q[0] == id || q[1] == id {
			grown[q] = true
		}
	}
	t.words[w] = ids
}

type queuedPair struct {
	count int
	pair  pair
}

type pairHeap []queuedPair

func (h pairHeap) Len() int { return len(h) }
func (h pairHeap) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(h[j].count, h[i].count), cmp.Compare(h[i].pair[0], h[j].pair[0]), cmp.Compare(h[i].pair[1], h[j].pair[1])) < 0
}
func (h pairHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *pairHeap) Push(x any)   { *h = append(*h, x.(queuedPair)) }
func (h *pairHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}
