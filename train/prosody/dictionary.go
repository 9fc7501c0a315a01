package prosody

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// A Tone is what a character counts for in verse: the four tones of Middle Chinese fall into
// two classes.
type Tone uint8

// The tones.
const (
	Unknown Tone = iota // the dictionary lacks the character
	Level               // 平, the level tone
	Oblique             // 仄: the rising, departing and entering tones
	Either              // the character has readings of both classes
)

// String returns the tone as a Chinese annotation writes it.
func (t Tone) String() string { return [...]string{"？", "平", "仄", "通"}[t] }

// A Rhyme is a tone and the name of one of its rhymes, such as 平東. All characters of a rhyme
// may rhyme with each other.
type Rhyme string

// Level reports whether the rhyme is of the level tone, as regulated verse demands.
func (r Rhyme) Level() bool { return strings.HasPrefix(string(r), "平") }

// Name returns the rhyme's name without the tone: 東.
func (r Rhyme) Name() string {
	_, n := utf8.DecodeRuneInString(string(r))
	return string(r[n:])
}

// pingshui has the 106 rhymes by tone, in the order of the rhyme books of 1252 and since.
var pingshui = map[string]string{
	"平": "東冬江支微魚虞齊佳灰真文元寒刪先蕭肴豪歌麻陽庚青蒸尤侵覃鹽咸",
	"上": "董腫講紙尾語麌薺蟹賄軫吻阮旱潸銑篠巧皓哿馬養梗迥有寢感儉豏",
	"去": "送宋絳寘未御遇霽泰卦隊震問願翰諫霰嘯效號箇禡漾敬徑宥沁勘豔陷",
	"入": "屋沃覺質物月曷黠屑藥陌錫職緝合葉洽",
}

// rhymesTSV has a character a line, with its rhymes; internal/derive writes it and says how.
//
//go:embed rhymes.tsv.gz
var rhymesTSV []byte

// reading is what the dictionary knows of a character.
type reading struct {
	tone   Tone
	rhymes []Rhyme
}

var dictionary = sync.OnceValue(func() map[rune]reading {
	d, err := parse(rhymesTSV)
	if err != nil {
		panic("prosody: embedded dictionary: " + err.Error()) // the binary itself is damaged
	}
	return d
})

// ToneOf returns a character's tone.
func ToneOf(char rune) Tone { return dictionary()[char].tone }

// Rhymes returns the rhymes of a character's readings; none where the dictionary lacks it.
func Rhymes(char rune) []Rhyme { return slices.Clone(dictionary()[char].rhymes) }

// mostBytes is more than any dictionary of all characters takes.
const mostBytes = 1 << 22

// parse reads the compressed dictionary.
func parse(table []byte) (map[rune]reading, error) {
	z, err := gzip.NewReader(bytes.NewReader(table))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(z, mostBytes+1))
	if err != nil {
		return nil, err
	}
	if len(text) > mostBytes {
		return nil, fmt.Errorf("more than %d bytes", mostBytes)
	}
	dictionary := map[rune]reading{}
	n := 0
	for row := range strings.Lines(string(text)) {
		n++
		char, r, err := parseRow(strings.TrimSuffix(row, "\n"))
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if _, twice := dictionary[char]; twice {
			return nil, fmt.Errorf("line %d: %c came before", n, char)
		}
		dictionary[char] = r
	}
	return dictionary, nil
}

// parseRow reads a character, a tab, and its rhymes with spaces between.
func parseRow(row string) (rune, reading, error) {
	text, list, ok := strings.Cut(row, "\t")
	char, n := utf8.DecodeRuneInString(text)
	if !ok || n != len(text) || char == utf8.RuneError {
		return 0, reading{}, fmt.Errorf("%q is not a character, a tab and its rhymes", row)
	}
	var r reading
	for _, name := range strings.Split(list, " ") {
		rhyme := Rhyme(name)
		tone, _ := utf8.DecodeRuneInString(name)
		if utf8.RuneCountInString(name) != 2 || !strings.Contains(pingshui[string(tone)], rhyme.Name()) {
			return 0, reading{}, fmt.Errorf("%c: %q is no rhyme", char, name)
		}
		if slices.Contains(r.rhymes, rhyme) {
			return 0, reading{}, fmt.Errorf("%c: %s twice", char, name)
		}
		r.rhymes = append(r.rhymes, rhyme)
		if rhyme.Level() {
			r.tone |= Level
		} else {
			r.tone |= Oblique
		}
	}
	return char, r, nil
}
