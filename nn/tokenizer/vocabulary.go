package tokenizer

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A vocabulary is what all kinds of tokenizers have in common: numbered tokens, some of
// them special.
type vocabulary struct {
	pieces   []string         // the text, or bytes, of each token
	ids      map[string]int32 // of tokens that are not special
	special  map[int32]string
	names    map[string]int32 // of special tokens
	prefix   []int32
	splitter []string // the special tokens, longest first
}

// newVocabulary numbers pieces. special says which of them are special tokens.
func newVocabulary(pieces []string, special map[int32]string) (vocabulary, error) {
	v := vocabulary{pieces: pieces, ids: make(map[string]int32, len(pieces)), special: special, names: map[string]int32{}}
	for id, p := range pieces {
		if name, ok := special[int32(id)]; ok {
			if _, twice := v.names[name]; twice {
				return v, fmt.Errorf("two special tokens are called %q", name)
			}
			v.names[name] = int32(id)
			continue
		}
		if _, twice := v.ids[p]; !twice {
			v.ids[p] = int32(id) // of two equal pieces the first counts
		}
	}
	v.splitter = slices.SortedFunc(maps.Keys(v.names), func(a, b string) int {
		return cmp.Or(len(b)-len(a), strings.Compare(a, b))
	})
	return v, nil
}

// VocabSize returns the number of tokens.
func (v *vocabulary) VocabSize() int { return len(v.pieces) }

// Token returns the text of a token and whether it is special.
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
func (v *vocabulary) Specials() map[int32]string { return v.special }

// Prefix returns the tokens that every text begins with.
func (v *vocabulary) Prefix() []int32 { return v.prefix }

// Decode returns the text of ids.
func (v *vocabulary) Decode(ids []int32) string {
	var b strings.Builder
	for _, id := range ids {
		if id >= 0 && int(id) < len(v.pieces) {
			b.WriteString(v.pieces[id])
		}
	}
	return b.String()
}

// EncodeSpecial encodes a text in which special tokens may be written out, as in
// "<|endoftext|>". Only use it for text one trusts.
func EncodeSpecial(t Tokenizer, text string) []int32 {
	var ids []int32
	for text != "" {
		at, name, id := firstSpecial(t, text)
		if at < 0 {
			return append(ids, t.Encode(text)...)
		}
		if at > 0 {
			ids = append(ids, t.Encode(text[:at])...)
		}
		ids = append(ids, id)
		text = text[at+len(name):]
	}
	return ids
}

// firstSpecial finds the first special token in a text; of several that begin there, the
// longest.
func firstSpecial(t Tokenizer, text string) (at int, name string, id int32) {
	at = -1
	for i, s := range t.Specials() {
		if k := strings.Index(text, s); s != "" && k >= 0 && (at < 0 || k < at || k == at && len(s) > len(name)) {
			at, name, id = k, s, i
		}
	}
	return at, name, id
}
