package tokenizer

import (
	"unicode"
	"unicode/utf8"
)

// gpt2Pattern is how GPT-2 cuts text into words before it encodes each of them: English
// contractions, letters, digits, and other signs, each with the space before it, and then
// white space, of which the last space is left to the word that follows.
const gpt2Pattern = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`

// class is what gpt2Pattern tells characters apart by.
type class uint8

const (
	sign   class = iota // none of the others, broken UTF-8 too
	letter              // \p{L}
	number              // \p{N}
	space               // \s
)

// asciiClass holds the classes of the characters that need no tables.
var asciiClass = func() (classes [utf8.RuneSelf]class) {
	for r := range rune(utf8.RuneSelf) {
		classes[r] = classOf(r)
	}
	return classes
}()

func classOf(r rune) class {
	switch {
	case unicode.IsLetter(r):
		return letter
	case unicode.IsNumber(r):
		return number
	case unicode.IsSpace(r):
		return space
	}
	return sign
}

// classAt returns the class of the character at text[at] and its bytes.
func classAt(text string, at int) (class, int) {
	if b := text[at]; b < utf8.RuneSelf {
		return asciiClass[b], 1
	}
	r, size := utf8.DecodeRuneInString(text[at:])
	return classOf(r), size
}

// wordEnd returns the end of the word of text that begins at at, as gpt2Pattern would match
// it, in one pass and without a regular expression.
func wordEnd(text string, at int) int {
	if text[at] == '\'' {
		if size := contraction(text[at+1:]); size > 0 {
			return at + 1 + size
		}
	}
	kind, size := classAt(text, at)
	begin := at
	if text[at] == ' ' && at+1 < len(text) { // " ?": the space belongs to a word behind it
		if next, nextSize := classAt(text, at+1); next != space {
			begin, kind, size = at+1, next, nextSize
		}
	}
	end, last := begin+size, begin // of the characters of one class; where the last begins
	for end < len(text) {
		next, size := classAt(text, end)
		if next != kind {
			break
		}
		last = end
		end += size
	}
	// \s+(?!\S): white space ends before its last character if something follows, and the
	// single one that is left is matched by \s+.
	if kind == space && end < len(text) && last > begin {
		return last
	}
	return end
}

// contraction returns the length of the English ending that text begins with, 0 for none.
func contraction(text string) int {
	if text == "" {
		return 0
	}
	switch text[0] {
	case 's', 't', 'm', 'd':
		return 1
	}
	if len(text) > 1 {
		switch text[:2] {
		case "re", "ve", "ll":
			return 2
		}
	}
	return 0
}
