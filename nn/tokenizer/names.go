package tokenizer

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// EncodeSpecial encodes a text in which special tokens may be written out, as in
// "<|endoftext|>"; of several that begin at the same place, the longest counts. Only use it
// for text one trusts.
func EncodeSpecial(t Tokenizer, text string) []int32 {
	s := newNameFinder(t.Specials())
	var ids []int32
	for text != "" {
		at, token := s.next(text)
		if at > 0 {
			ids = append(ids, t.Encode(text[:at])...)
		}
		if at == len(text) {
			break
		}
		ids = append(ids, token.id)
		text = text[at+len(token.name):]
	}
	return ids
}

// nameFinder finds tokens in text by their names.
type nameFinder struct {
	tokens []namedToken // the longest first
	starts string       // the characters they begin with
}

type namedToken struct {
	name string
	id   int32
}

func newNameFinder(specials map[int32]string) *nameFinder {
	s := &nameFinder{}
	for id, name := range specials {
		s.tokens = append(s.tokens, namedToken{name, id})
	}
	slices.SortFunc(s.tokens, func(a, b namedToken) int {
		return cmp.Or(cmp.Compare(len(b.name), len(a.name)), cmp.Compare(a.id, b.id))
	})
	for _, token := range s.tokens {
		if first, _ := utf8.DecodeRuneInString(token.name); !strings.ContainsRune(s.starts, first) {
			s.starts += string(first)
		}
	}
	return s
}

// next returns the first token in text and where it begins, len(text) for none.
func (s *nameFinder) next(text string) (int, namedToken) {
	for at := 0; ; at++ {
		skip := strings.IndexAny(text[at:], s.starts)
		if skip < 0 {
			return len(text), namedToken{}
		}
		at += skip
		for _, token := range s.tokens {
			if strings.HasPrefix(text[at:], token.name) {
				return at, token
			}
		}
	}
}
