package jinja

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// A Text is a string whose characters know where they come from.
type Text []Char

// A Char is a character, or a byte that is not UTF-8, and its origin: 0 for what a template
// says, another number for what came from outside.
type Char struct {
	rune rune
	From int32
}

// badByte is added to a byte that is not part of a character.
const badByte = utf8.MaxRune + 1

// NewText returns a text of one origin.
func NewText(s string, from int32) Text {
	t := make(Text, 0, len(s))
	for at := 0; at < len(s); {
		r, size := utf8.DecodeRuneInString(s[at:])
		if r == utf8.RuneError && size == 1 {
			r = badByte + rune(s[at])
		}
		t = append(t, Char{r, from})
		at += size
	}
	return t
}

// String returns the text without its origins.
func (t Text) String() string {
	var s strings.Builder
	s.Grow(len(t))
	for _, c := range t {
		if c.rune >= badByte {
			s.WriteByte(byte(c.rune - badByte))
		} else {
			s.WriteRune(c.rune)
		}
	}
	return s.String()
}

// Spell returns the text and the origin of each of its bytes.
func (t Text) Spell() (s string, from []int32) {
	s = t.String()
	from = make([]int32, 0, len(s))
	for _, c := range t {
		n := 1
		if c.rune < badByte {
			n = utf8.RuneLen(c.rune)
		}
		for range n {
			from = append(from, c.From)
		}
	}
	return s, from
}

// HasPrefix tells whether a text begins with another, origins included.
func (t Text) HasPrefix(prefix Text) bool {
	return len(t) >= len(prefix) && slices.Equal(t[:len(prefix)], prefix)
}

// hasPrefix tells whether a text begins with the characters of another, whatever their origin.
func hasPrefix(t, prefix Text) bool {
	if len(t) < len(prefix) {
		return false
	}
	for i, c := range prefix {
		if t[i].rune != c.rune {
			return false
		}
	}
	return true
}

// index returns where a part begins in t, -1 if it does not occur.
func index(t, part Text) int {
	for at := 0; at+len(part) <= len(t); at++ {
		if hasPrefix(t[at:], part) {
			return at
		}
	}
	return -1
}

// trim cuts characters of a set off the ends of a text; nil stands for white space.
func trim(t, set Text, left, right bool) Text {
	in := func(c Char) bool {
		if set != nil {
			return index(set, Text{c}) >= 0
		}
		return isSpace(c.rune)
	}
	for left && len(t) > 0 && in(t[0]) {
		t = t[1:]
	}
	for right && len(t) > 0 && in(t[len(t)-1]) {
		t = t[:len(t)-1]
	}
	return t
}

// mapRunes changes characters one by one.
func mapRunes(t Text, f func(i int, r rune) rune) Text {
	out := make(Text, len(t))
	for i, c := range t {
		out[i] = Char{f(i, c.rune), c.From}
	}
	return out
}

// split cuts a text at a separator, at most most times; at white space if the separator is nil.
func split(t, sep Text, most int) []any {
	parts := []any{}
	if sep == nil {
		for t = trim(t, nil, true, true); len(t) > 0; t = trim(t, nil, true, false) {
			n := 0
			for n < len(t) && !isSpace(t[n].rune) && (most < 0 || len(parts) < most) {
				n++
			}
			if most >= 0 && len(parts) == most {
				n = len(t)
			}
			parts, t = append(parts, t[:n]), t[n:]
		}
		return parts
	}
	for most < 0 || len(parts) < most {
		at := index(t, sep)
		if at < 0 {
			break
		}
		parts, t = append(parts, t[:at]), t[at+len(sep):]
	}
	return append(parts, t)
}
