package tokenizer

import (
	"fmt"
	"strings"
	"sync"
)

// BPE is byte-level byte-pair encoding as GPT-2 has it: text is cut into words (see
// gpt2Pattern), a word into bytes, and merges learned from text join the bytes to ever
// longer tokens. Decode(Encode(x)) == x for every x, UTF-8 or not.
type BPE struct {
	*vocabulary
	merges  []merge // in the order they were learned
	table   *mergeTable
	bytes   [256]int32  // the tokens of single bytes
	added   *nameFinder // tokens that are neither learned nor special; nil for none
	scratch *sync.Pool  // of *bpeScratch
}

// bpeScratch is what encoding reuses from call to call; one goroutine has it at a time.
type bpeScratch struct {
	mergeScratch
	word  []int32
	words map[string][]int32 // ids of words met before
}

// A cached word has at most cacheWord bytes, and the cache starts anew after cacheSize.
const (
	cacheWord = 32
	cacheSize = 1 << 16
)

// newBPE makes a tokenizer of bytes by id and merges of ids.
func newBPE(pieces []string, named map[int32]bool, merges []merge) (*BPE, error) {
	v, err := newVocabulary(pieces, named)
	if err != nil {
		return nil, err
	}
	b := &BPE{vocabulary: v, merges: merges, table: newMergeTable(merges)}
	for c := range 256 {
		id, ok := v.ids[string([]byte{byte(c)})]
		if !ok {
			return nil, fmt.Errorf("there is no token for the byte 0x%02x (spelled %q), which byte-level encoding needs", c, string(byteRunes[c]))
		}
		b.bytes[c] = id
	}
	added := map[int32]string{}
	for id, special := range named {
		if !special {
			added[id] = pieces[id]
		}
	}
	if len(added) > 0 {
		b.added = newNameFinder(added)
	}
	b.scratch = &sync.Pool{New: func() any { return &bpeScratch{words: map[string][]int32{}} }}
	return b, nil
}

// Encode returns the ids of a text, whatever bytes it has.
func (b *BPE) Encode(text string) []int32 {
	ids := make([]int32, 0, len(text)/3+1)
	s := b.scratch.Get().(*bpeScratch)
	if b.added == nil {
		ids = b.appendWords(ids, text, s)
	} else {
		for text != "" {
			at, token := b.added.next(text)
			ids = b.appendWords(ids, text[:at], s)
			if at < len(text) {
				ids = append(ids, token.id)
			}
			text = text[at+len(token.name):]
		}
	}
	b.scratch.Put(s)
	return ids
}

// appendWords encodes text word by word.
func (b *BPE) appendWords(ids []int32, text string, s *bpeScratch) []int32 {
	for at := 0; at < len(text); {
		end := wordEnd(text, at)
		ids = b.appendWord(ids, text[at:end], s)
		at = end
	}
	return ids
}

// appendWord encodes one word.
func (b *BPE) appendWord(ids []int32, word string, s *bpeScratch) []int32 {
	if len(word) == 1 {
		return append(ids, b.bytes[word[0]])
	}
	if len(word) <= cacheWord {
		if known, ok := s.words[word]; ok {
			return append(ids, known...)
		}
	}
	s.word = s.word[:0]
	for i := range len(word) {
		s.word = append(s.word, b.bytes[word[i]])
	}
	merged := b.table.apply(s.word, &s.mergeScratch)
	if len(word) <= cacheWord {
		if len(s.words) >= cacheSize {
			clear(s.words)
		}
		s.words[strings.Clone(word)] = append([]int32(nil), merged...)
	}
	return append(ids, merged...)
}
