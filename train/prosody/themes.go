package prosody

import (
	"crypto/md5"
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Theme is what a poem can be asked to speak of, named by one character.
type Theme string

// themes has the themes and the words, besides the name, by which a poem shows each. A
// theme's name stands for more than its character: 別 is parting, 鄉 longing for home, 塞 the
// frontier, 僧 monks and monasteries, 怨 sorrow, 古 the past.
var themes = []struct {
	name  Theme
	words []string
}{
	{"月", []string{"蟾", "嬋娟", "桂魄", "姮娥", "嫦娥"}},
	{"雪", []string{"霰"}},
	{"春", []string{"芳菲", "芳草", "清明"}},
	{"秋", []string{"重陽", "落葉"}},
	{"山", []string{"峯", "峰", "嶺"}},
	{"花", []string{"桃", "杏", "芙蓉"}},
	{"酒", []string{"醉", "杯", "盃", "樽", "尊前"}},
	{"柳", []string{"楊花", "垂楊", "綠楊", "楊枝"}},
	{"雨", []string{"霖"}},
	{"風", []string{"飆"}},
	{"別", []string{"送", "離"}},
	{"鄉", []string{"歸", "故園", "家書", "故國"}},
	{"塞", []string{"戍", "胡", "邊城", "邊風", "邊人", "關山", "玉門", "玉關", "沙場", "單于", "陰山"}},
	{"梅", nil},
	{"竹", []string{"篁", "筠"}},
	{"雁", []string{"鴻"}},
	{"江", []string{"瀟湘"}},
	{"僧", []string{"寺", "禪"}},
	{"怨", []string{"恨", "閨"}},
	{"古", []string{"昔", "前朝", "興亡", "六朝"}},
}

// word is a word of a theme's lexicon.
type word struct {
	text  string
	theme Theme
}

// words has the lexicons by the words' first characters.
var words = func() map[rune][]word {
	words := map[rune][]word{}
	for _, t := range themes {
		for _, text := range append([]string{string(t.name)}, t.words...) {
			first, _ := utf8.DecodeRuneInString(text)
			words[first] = append(words[first], word{text, t.name})
		}
	}
	return words
}()

// AllThemes returns the 20 themes.
func AllThemes() []Theme {
	var all []Theme
	for _, t := range themes {
		all = append(all, t.name)
	}
	return all
}

// A Mention is a place where a poem speaks of a theme.
type Mention struct {
	Theme  Theme
	Place  Place // of the word's first character
	Length int   // characters
}

// Mentions returns every word of a theme's lexicon in lines, from the first line's first on.
func Mentions(lines []string) []Mention {
	var found []Mention
	for i, line := range lines {
		column := 0
		for at, char := range line {
			for _, w := range words[char] {
				if strings.HasPrefix(line[at:], w.text) {
					found = append(found, Mention{w.theme, Place{i, column}, utf8.RuneCountInString(w.text)})
				}
			}
			column++
		}
	}
	return found
}

// Themes returns the themes that lines speak of, in the order of AllThemes.
func Themes(lines []string) []Theme {
	mentions := Mentions(lines)
	var found []Theme
	for _, t := range themes {
		if slices.ContainsFunc(mentions, func(m Mention) bool { return m.Theme == t.name }) {
			found = append(found, t.name)
		}
	}
	return found
}

// Hit reports whether lines speak of a theme: whether a word of its lexicon is in one of them.
func Hit(theme Theme, lines []string) bool {
	return slices.ContainsFunc(Mentions(lines), func(m Mention) bool { return m.Theme == theme })
}

// A Pair is two themes asked for together, in the order of AllThemes.
type Pair [2]Theme

// Pairs returns the 190 pairs of themes, in two parts: those that a model may meet while it
// learns and the 35 that are kept to examine it. A pair is kept when the first 32 bits of the
// MD5 of its two characters (月雪), a big-endian number, are a multiple of 5.
func Pairs() (train, heldout []Pair) {
	all := AllThemes()
	for i, a := range all {
		for _, b := range all[i+1:] {
			sum := md5.Sum([]byte(a + b))
			if binary.BigEndian.Uint32(sum[:4])%5 == 0 {
				heldout = append(heldout, Pair{a, b})
			} else {
				train = append(train, Pair{a, b})
			}
		}
	}
	return train, heldout
}
