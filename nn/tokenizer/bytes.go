package tokenizer

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Byte-level pieces are spelled with one printable character per byte, so that vocabulary
// files stay readable and no piece holds white space: a byte that is printable in Latin-1
// is that character, and the 68 others are U+0100 onwards, in order. A space becomes Ġ, a
// newline Ċ. This is the alphabet of GPT-2 (Radford et al. 2019, encoder.py in the code
// published with it) and of Hugging Face's ByteLevel.

// byteRunes maps a byte to its character, runeBytes the characters back (-1 for others).
var byteRunes, runeBytes = byteAlphabet()

func byteAlphabet() (runes [256]rune, bytes [324]int16) {
	for i := range bytes {
		bytes[i] = -1
	}
	next := rune(256)
	for b := range 256 {
		printable := '!' <= b && b <= '~' || '¡' <= b && b <= '¬' || '®' <= b
		if printable {
			runes[b] = rune(b)
		} else {
			runes[b] = next
			next++
		}
		bytes[runes[b]] = int16(b)
	}
	return runes, bytes
}

// spellBytes returns the piece that stands for raw.
func spellBytes(raw string) string {
	var piece strings.Builder
	for i := range len(raw) {
		piece.WriteRune(byteRunes[raw[i]])
	}
	return piece.String()
}

// readSpelling returns the bytes that a piece stands for.
func readSpelling(piece string) (string, error) {
	raw := make([]byte, 0, utf8.RuneCountInString(piece))
	for _, r := range piece {
		if int(r) >= len(runeBytes) || runeBytes[r] < 0 {
			return "", fmt.Errorf("the piece %q has the character %q, which stands for no byte", piece, r)
		}
		raw = append(raw, byte(runeBytes[r]))
	}
	return string(raw), nil
}
