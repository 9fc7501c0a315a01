package tokenizer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// GPT-2 cuts text into words before BPE, so that no token crosses from one into the next:
//
//	's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
//
// nextWord is this pattern by hand (Go's regexp has no look-ahead): it returns the length
// of the first word of a text that is not empty. Bytes that are not UTF-8 count as the third
// kind of run.
func nextWord(s string) int {
	if s[0] == '\'' {
		for _, end := range contractions {
			if strings.HasPrefix(s[1:], end) {
				return 1 + len(end)
			}
		}
	}
	start := 0
	if s[0] == ' ' && len(s) > 1 {
		start = 1
	}
	if kind, size := kindOf(s[start:]); kind != space {
		n := start + size
		for n < len(s) {
			k, size := kindOf(s[n:])
			if k != kind {
				break
			}
			n += size
		}
		return n
	}
	return spaces(s)
}

var contractions = []string{"s", "t", "re", "ve", "m", "ll", "d"}

// spaces returns the length of a run of white space. A run before something else leaves its
// last character to that.
func spaces(s string) int {
	n, last := 0, 0
	for n < len(s) {
		kind, size := kindOf(s[n:])
		if kind != space {
			if last > 0 {
				return last
			}
			return n
		}
		last = n
		n += size
	}
	return n
}

// The kinds of characters that words are made of.
const (
	other = iota
	letter
	number
	space
)

// kindOf returns the kind and length of the first character.
func kindOf(s string) (kind, size int) {
	r, size := utf8.DecodeRuneInString(s)
	switch {
	case r == utf8.RuneError && size == 1:
		return other, 1
	case unicode.IsLetter(r):
		return letter, size
	case unicode.IsNumber(r):
		return number, size
	case unicode.IsSpace(r):
		return space, size
	}
	return other, size
}
