package tokenizer

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
	"unicode/utf8"
)

// Characters is a tokenizer with a token for each character. A character that is not in
// its vocabulary becomes <unk>: the text cannot be had back from it.
type Characters struct {
	vocabulary
	unknown int32
}

// NewCharacters makes a vocabulary of the characters that occur at least minCount times,
// the most frequent first, after <unk> and <|endoftext|>.
func NewCharacters(texts iter.Seq[string], minCount int) *Characters {
	counts := map[rune]int{}
	for text := range texts {
		for _, r := range text {
			counts[r]++
		}
	}
	var runes []rune
	for r, n := range counts {
		if n >= minCount {
			runes = append(runes, r)
		}
	}
	slices.SortFunc(runes, func(a, b rune) int { return cmp.Or(counts[b]-counts[a], int(a-b)) })
	tokens := []string{Unknown, EndOfText}
	for _, r := range runes {
		tokens = append(tokens, string(r))
	}
	t, err := NewCharactersOf(tokens, Unknown, EndOfText)
	if err != nil {
		panic(err) // the characters of a map differ
	}
	return t
}

// NewCharactersOf makes a tokenizer of given tokens, in the order of their ids: special
// tokens, of which one is <unk>, and single characters.
func NewCharactersOf(tokens []string, specials ...string) (*Characters, error) {
	special := map[int32]string{}
	seen := map[string]bool{}
	for id, token := range tokens {
		if seen[token] {
			return nil, fmt.Errorf("token %d: %q is there twice", id, token)
		}
		seen[token] = true
		if slices.Contains(specials, token) {
			special[int32(id)] = token
		} else if utf8.RuneCountInString(token) != 1 {
			return nil, fmt.Errorf("token %d: %q is not one character", id, token)
		}
	}
	v, err := newVocabulary(slices.Clone(tokens), special)
	if err != nil {
		return nil, err
	}
	unknown, ok := v.names[Unknown]
	if !ok {
		return nil, errors.New("no special token " + Unknown)
	}
	return &Characters{v, unknown}, nil
}

// Encode returns the ids of a text's characters.
func (t *Characters) Encode(text string) []int32 {
	ids := make([]int32, 0, utf8.RuneCountInString(text))
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		id, ok := t.ids[text[:size]]
		if !ok || r == utf8.RuneError && size == 1 {
			id = t.unknown
		}
		ids = append(ids, id)
		text = text[size:]
	}
	return ids
}
