package prosody

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"inkstone/train/poems"
)

// A Corpus is an index of poems, to find what others have copied from them.
//
// It is a suffix array of the lines: every ending of every line, sorted, so that the lines
// with a given run of characters stand together.
type Corpus struct {
	poems []poems.Poem
	lines map[string]bool
	// endings by their first character, each list sorted: a list is short, and what it is
	// searched for has the right first character.
	endings map[rune][]ending
}

// ending is a line from some character on.
type ending struct {
	text string
	poem int32
}

// NewCorpus indexes poems.
func NewCorpus(all []poems.Poem) *Corpus {
	c := &Corpus{poems: all, lines: map[string]bool{}, endings: map[rune][]ending{}}
	for i, p := range all {
		for _, line := range p.Lines {
			c.lines[line] = true
			for at, char := range line {
				c.endings[char] = append(c.endings[char], ending{line[at:], int32(i)})
			}
		}
	}
	for _, list := range c.endings {
		slices.SortFunc(list, func(a, b ending) int { return cmp.Or(strings.Compare(a.text, b.text), cmp.Compare(a.poem, b.poem)) })
	}
	return c
}

// CopiedLines returns the number of lines that are lines of the corpus.
func (c *Corpus) CopiedLines(lines []string) int {
	n := 0
	for _, line := range lines {
		if c.lines[line] {
			n++
		}
	}
	return n
}

// LongestRun returns the longest run of characters within one of lines that stands in a line
// of the corpus too, the first of several. Runs have at least two characters; "" if there is
// none.
func (c *Corpus) LongestRun(lines []string) string {
	longest, length := "", 1
	for _, line := range lines {
		left := utf8.RuneCountInString(line)
		for at, char := range line {
			if left <= length {
				break
			}
			left--
			if run, n := c.longestPrefix(char, line[at:]); n > length {
				longest, length = run, n
			}
		}
	}
	return longest
}

// longestPrefix returns the longest beginning of text, which begins with first, that an
// ending begins with too, and its characters. It is shared with one of the two endings
// between which text would stand.
func (c *Corpus) longestPrefix(first rune, text string) (string, int) {
	list := c.endings[first]
	at, _ := slices.BinarySearchFunc(list, text, func(e ending, text string) int { return strings.Compare(e.text, text) })
	best, length := "", 0
	for _, e := range list[max(at-1, 0):min(at+1, len(list))] {
		if n, chars := commonPrefix(e.text, text); chars > length {
			best, length = text[:n], chars
		}
	}
	return best, length
}

// commonPrefix returns the length in bytes and in characters of what a and b begin with.
func commonPrefix(a, b string) (bytes, chars int) {
	for bytes < len(a) && bytes < len(b) {
		x, n := utf8.DecodeRuneInString(a[bytes:])
		if y, _ := utf8.DecodeRuneInString(b[bytes:]); x != y {
			break
		}
		bytes += n
		chars++
	}
	return bytes, chars
}

// Nearest returns the poem of the corpus that shares the most with lines, the first of
// several, and how many of the different pairs of neighbours in its lines are theirs too; 0
// where nothing is shared.
func (c *Corpus) Nearest(lines []string) (poems.Poem, int) {
	shared := map[int32]int{}
	seen := map[string]bool{}
	for pair := range neighbours(lines) {
		if seen[pair] {
			continue
		}
		seen[pair] = true
		first, _ := utf8.DecodeRuneInString(pair)
		list := c.endings[first]
		at, _ := slices.BinarySearchFunc(list, pair, func(e ending, pair string) int { return strings.Compare(e.text, pair) })
		counted := map[int32]bool{} // a poem may have the pair twice
		for _, e := range list[at:] {
			if !strings.HasPrefix(e.text, pair) {
				break
			}
			if !counted[e.poem] {
				counted[e.poem] = true
				shared[e.poem]++
			}
		}
	}
	nearest, most := int32(-1), 0
	for poem, n := range shared {
		if n > most || n == most && poem < nearest {
			nearest, most = poem, n
		}
	}
	if nearest < 0 {
		return poems.Poem{}, 0
	}
	return c.poems[nearest], most
}
