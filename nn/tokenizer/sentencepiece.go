package tokenizer

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// SentencePiece is the byte-pair encoding of Llama's family. Words are not cut apart: a
// space is a character of tokens like any other, and one is put before the text. The pair
// that makes the token with the best score is merged first, and a character that the
// vocabulary lacks falls back to its bytes, whose tokens are called <0x00> to <0xFF>. So
// here, too, Decode(Encode(x)) == x for every x.
//
// In files a space is written ▁ (U+2581). That character itself, in a text, is encoded by
// its bytes, as llama2.c does.
type SentencePiece struct {
	*vocabulary
	merges  []merge // the earliest first
	table   *mergeTable
	bytes   [256]int32
	isByte  []bool     // by id
	scratch *sync.Pool // of *spScratch
}

type spScratch struct {
	mergeScratch
	word []int32
}

// spaceMark stands for a space in files.
const spaceMark = "▁"

// NewSentencePiece makes a tokenizer of pieces with scores, in the order of their ids, as
// llama2.c's tokenizer files have them. A space may be written as such or as ▁. Pieces named
// <unk>, <s> and </s>, which llama2.c writes between newlines, are special tokens; texts
// begin with <s>.
//
// Merging follows llama2.c's run.c: of all neighbours that make a piece, those with the
// best score, of equal ones the leftmost. Where different pieces have the same score, the
// lower id comes first.
func NewSentencePiece(pieces []string, scores []float32) (*SentencePiece, error) {
	s, err := newSentencePieceScored(pieces, scores)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	return s, nil
}

func newSentencePieceScored(pieces []string, scores []float32) (*SentencePiece, error) {
	if len(pieces) != len(scores) {
		return nil, fmt.Errorf("%d pieces, but %d scores", len(pieces), len(scores))
	}
	own, special := make([]string, len(pieces)), map[int32]bool{}
	for id, piece := range pieces {
		own[id] = strings.ReplaceAll(piece, spaceMark, " ")
		switch name := strings.Trim(piece, "\n"); name {
		case Unknown, "<s>", "</s>":
			own[id], special[int32(id)] = name, true
		}
		if scores[id] != scores[id] {
			return nil, fmt.Errorf("the score of piece %d, %q, is not a number", id, piece)
		}
		if !utf8.ValidString(piece) {
			return nil, fmt.Errorf("piece %d, %q, is not UTF-8", id, piece)
		}
	}
	v, err := newVocabulary(own, special)
	if err != nil {
		return nil, err
	}
	s, err := newSentencePiece(v, v.allMerges(scores))
	if err != nil {
		return nil, err
	}
	if begin, ok := v.names["<s>"]; ok {
		v.prefix = []int32{begin}
	}
	return s, nil
}

// allMerges returns every pair of pieces that makes a third, the best score first. The order
// of pairs that make the same piece does not matter: earlier merges cut its text in one way
// only, wherever it stands, so that only one of the pairs can come up.
func (v *vocabulary) allMerges(scores []float32) []merge {
	var merges []merge
	for piece, id := range v.ids {
		if byteOf(piece) >= 0 {
			continue
		}
		for cut := range piece {
			left, ok := v.ids[piece[:cut]]
			right, ok2 := v.ids[piece[cut:]]
			if ok && ok2 {
				merges = append(merges, merge{left, right, id})
			}
		}
	}
	slices.SortFunc(merges, func(a, b merge) int {
		return cmp.Or(cmp.Compare(scores[b.joined], scores[a.joined]), cmp.Compare(a.joined, b.joined), cmp.Compare(a.left, b.left))
	})
	return merges
}

// newSentencePiece makes a tokenizer of merges in their order.
func newSentencePiece(v *vocabulary, merges []merge) (*SentencePiece, error) {
	s := &SentencePiece{
		vocabulary: v, merges: merges, table: newMergeTable(merges), isByte: make([]bool, len(v.pieces)),
		scratch: &sync.Pool{New: func() any { return new(spScratch) }},
	}
	for b := range 256 {
		name := fmt.Sprintf("<0x%02X>", b)
		id, ok := v.ids[name]
		if !ok {
			return nil, errors.New("there is no token " + name + ", which byte fallback needs")
		}
		delete(v.ids, name) // the text "<0x0A>" is not the byte
		v.pieces[id] = string([]byte{byte(b)})
		s.bytes[b], s.isByte[id] = id, true
	}
	for i, m := range merges {
		if s.isByte[m.left] || s.isByte[m.right] || s.isByte[m.joined] {
			return nil, fmt.Errorf("merge %d, %q and %q, has the token of a byte", i, v.pieces[m.left], v.pieces[m.right])
		}
	}
	return s, nil
}

// byteOf returns the byte that a piece such as <0x0A> stands for, -1 for other pieces.
func byteOf(piece string) int {
	if len(piece) != len("<0x00>") || piece[:3] != "<0x" || piece[5] != '>' {
		return -1
	}
	const digits = "0123456789ABCDEF"
	high, low := strings.IndexByte(digits, piece[3]), strings.IndexByte(digits, piece[4])
	if high < 0 || low < 0 {
		return -1
	}
	return high<<4 | low
}

// Encode returns the ids of a text, whatever bytes it has. A space is put before it unless
// it is empty.
func (s *SentencePiece) Encode(text string) []int32 {
	if text == "" {
		return nil
	}
	return s.encode(" ", text)
}

// encode returns the ids of text with something before it.
func (s *SentencePiece) encode(before, text string) []int32 {
	scratch := s.scratch.Get().(*spScratch)
	word := s.appendCharacters(scratch.word[:0], before)
	word = s.appendCharacters(word, text)
	scratch.word = word
	ids := slices.Clone(s.table.apply(word, &scratch.mergeScratch))
	s.scratch.Put(scratch)
	return ids
}

// appendCharacters spells text in characters, and in bytes where there is none.
func (s *SentencePiece) appendCharacters(word []int32, text string) []int32 {
	for at := 0; at < len(text); {
		_, size := utf8.DecodeRuneInString(text[at:])
		if id, ok := s.ids[text[at:at+size]]; ok {
			word = append(word, id)
		} else {
			for _, b := range []byte(text[at : at+size]) {
				word = append(word, s.bytes[b])
			}
		}
		at += size
	}
	return word
}

// Decode returns the text of ids without the spaces that Encode puts before a text: the one
// at the beginning, and those that follow a special token.
func (s *SentencePiece) Decode(ids []int32) string {
	var text strings.Builder
	first := true
	for _, id := range ids {
		if id < 0 || int(id) >= len(s.pieces) {
			continue
		}
		piece, special := s.Token(id)
		if first && !special {
			piece = strings.TrimPrefix(piece, " ")
		}
		text.WriteString(piece)
		first = special
	}
	return text.String()
}
