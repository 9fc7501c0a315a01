package tokenizer

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"unicode/utf8"
)

// Characters is a tokenizer with a token for each character (Unicode code point). A
// character that is not in its vocabulary becomes <unk>: the text cannot be had back from it.
type Characters struct {
	*vocabulary
	unknown int32
}

// NewCharacters makes a vocabulary of the characters that occur at least minCount times, the
// most frequent first and equal ones by code point, after <unk> and <|endoftext|>.
func NewCharacters(texts iter.Seq[string], minCount int) *Characters {
	counts := map[rune]int{}
	for text := range texts {
		for at := 0; at < len(text); {
			r, size := utf8.DecodeRuneInString(text[at:])
			if r != utf8.RuneError || size > 1 { // a byte that is not UTF-8 is no character
				counts[r]++
			}
			at += size
		}
	}
	runes := slices.SortedFunc(maps.Keys(counts), func(a, b rune) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	tokens := []string{Unknown, EndOfText}
	for _, r := range runes {
		if counts[r] < minCount {
			break
		}
		tokens = append(tokens, string(r))
	}
	c, err := NewCharactersOf(tokens, Unknown, EndOfText)
	if err != nil {
		panic("tokenizer: NewCharacters: " + err.Error()) // the characters differ, and Unicode has not too many
	}
	return c
}

// NewCharactersOf makes a tokenizer of given tokens, in the order of their ids: special
// tokens, of which one is <unk>, and single characters.
func NewCharactersOf(tokens []string, specials ...string) (*Characters, error) {
	special := map[int32]bool{}
	for id, token := range tokens {
		if slices.Contains(specials, token) {
			special[int32(id)] = true
		} else if !utf8.ValidString(token) || utf8.RuneCountInString(token) != 1 {
			return nil, fmt.Errorf("tokenizer: token %d, %q, is not one character", id, token)
		}
	}
	c, err := newCharacters(tokens, special)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	return c, nil
}

func newCharacters(tokens []string, special map[int32]bool) (*Characters, error) {
	v, err := newVocabulary(tokens, special)
	if err != nil {
		return nil, err
	}
	unknown, ok := v.names[Unknown]
	if !ok {
		return nil, errors.New("there is no special token " + Unknown)
	}
	return &Characters{v, unknown}, nil
}

// Encode returns the ids of a text's characters, of bytes that are not UTF-8 that of <unk>.
func (c *Characters) Encode(text string) []int32 {
	ids := make([]int32, 0, utf8.RuneCountInString(text))
	for at := 0; at < len(text); {
		_, size := utf8.DecodeRuneInString(text[at:])
		id, ok := c.ids[text[at:at+size]]
		if !ok {
			id = c.unknown
		}
		ids = append(ids, id)
		at += size
	}
	return ids
}
