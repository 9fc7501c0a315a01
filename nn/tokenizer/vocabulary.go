package tokenizer

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxVocabulary bounds the ids of a vocabulary; the largest in use have a quarter of it.
const maxVocabulary = 1 << 20

// maxPiece bounds the bytes of a token, and with it the memory a small file can ask for.
const maxPiece = 1 << 16

// A vocabulary is what all kinds of tokenizers have in common: numbered tokens, some of
// them special.
type vocabulary struct {
	pieces  []string         // by id: the text or bytes of a token, the name of a special one
	ids     map[string]int32 // of tokens that are not special
	special map[int32]string
	names   map[string]int32 // of tokens that stand beside the learned ones, the special and others
	prefix  []int32
	chat    Chat // as the files have it
}

// newVocabulary numbers pieces. named has the ids of those that stand beside the learned
// tokens, and whether they are special; their names may be the text of other tokens.
func newVocabulary(pieces []string, named map[int32]bool) (*vocabulary, error) {
	if len(pieces) > maxVocabulary {
		return nil, fmt.Errorf("%d tokens are more than the %d that a vocabulary can have", len(pieces), maxVocabulary)
	}
	v := &vocabulary{pieces: slices.Clone(pieces), ids: make(map[string]int32, len(pieces)), special: map[int32]string{}, names: map[string]int32{}}
	for i, piece := range pieces {
		id, of := int32(i), v.ids
		special, isNamed := named[id]
		if isNamed {
			of = v.names
		}
		if special {
			v.special[id] = piece
		}
		switch other, twice := of[piece]; {
		case twice:
			return nil, fmt.Errorf("the token %q has two ids, %d and %d", piece, other, id)
		case piece == "":
			return nil, fmt.Errorf("the token with id %d is empty", id)
		case len(piece) > maxPiece:
			return nil, fmt.Errorf("the token with id %d has %d bytes, more than %d", id, len(piece), maxPiece)
		case isNamed && !utf8.ValidString(piece):
			return nil, fmt.Errorf("the special token %q is not UTF-8", piece)
		}
		of[piece] = id
	}
	return v, nil
}

// firstIDs returns the ids of n special tokens that come first in a vocabulary.
func firstIDs(n int) map[int32]bool {
	ids := make(map[int32]bool, n)
	for id := range int32(n) {
		ids[id] = true
	}
	return ids
}

// VocabSize returns the number of tokens.
func (v *vocabulary) VocabSize() int { return len(v.pieces) }

// Token returns the text of a token and whether it is special; "" for an id outside of the
// vocabulary.
func (v *vocabulary) Token(id int32) (string, bool) {
	if id < 0 || int(id) >= len(v.pieces) {
		return "", false
	}
	_, special := v.special[id]
	return v.pieces[id], special
}

// ID returns the id of a special token, or of the token that stands for exactly this text.
func (v *vocabulary) ID(text string) (int32, bool) {
	if id, ok := v.names[text]; ok {
		return id, true
	}
	id, ok := v.ids[text]
	return id, ok
}

// Specials returns the special tokens by id.
func (v *vocabulary) Specials() map[int32]string { return maps.Clone(v.special) }

// Prefix returns the tokens that every text begins with.
func (v *vocabulary) Prefix() []int32 { return slices.Clone(v.prefix) }

// Decode returns the text of ids, special tokens by their names.
func (v *vocabulary) Decode(ids []int32) string {
	size := 0
	for _, id := range ids {
		if id >= 0 && int(id) < len(v.pieces) {
			size += len(v.pieces[id])
		}
	}
	var text strings.Builder
	text.Grow(size)
	for _, id := range ids {
		if id >= 0 && int(id) < len(v.pieces) {
			text.WriteString(v.pieces[id])
		}
	}
	return text.String()
}
