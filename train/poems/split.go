package poems

import (
	"cmp"
	"slices"
	"strconv"
)

// heldoutShare: one poem in 36 is drawn for the examination.
const heldoutShare = 36

// Split divides poems into those to learn from and those to be examined on. A
// poem is drawn for the examination when its ID, a hash, is a multiple of 36 and
// it is not famous: the draw hangs on nothing but the poem, so it is the same in
// every run and however the corpus grows or is ordered.
//
// A drawn poem that nearly repeats one learned from would examine memory, not
// skill. It is in neither part: dropped when it shares a whole line, or more than
// two runs of four characters within lines, with a training poem. Both parts keep
// the order of all.
func Split(all []Poem) (train, heldout []Poem) {
	var drawn []Poem
	for _, p := range all {
		if !p.Famous && isDrawn(p.ID) {
			drawn = append(drawn, p)
		} else {
			train = append(train, p)
		}
	}
	seen := phrasesOf(train)
	for _, p := range drawn {
		if !seen.nearlyRepeats(p) {
			heldout = append(heldout, p)
		}
	}
	return train, heldout
}

// isDrawn reports whether the hexadecimal number id is a multiple of 36.
func isDrawn(id string) bool {
	number, err := strconv.ParseUint(id, 16, 64)
	return err == nil && number%heldoutShare == 0
}

// phrases holds what a poem can share with a set of others.
type phrases struct {
	lines map[string]bool
	fours map[string]bool // runs of four characters within a line
}

// phrasesOf collects the lines and the runs of four of poems.
func phrasesOf(poems []Poem) phrases {
	s := phrases{lines: map[string]bool{}, fours: map[string]bool{}}
	for _, p := range poems {
		for _, line := range p.Lines {
			s.lines[line] = true
			for _, four := range fours(line) {
				s.fours[four] = true
			}
		}
	}
	return s
}

// nearlyRepeats reports whether p shares a line or more than two runs of four
// characters with the set.
func (s phrases) nearlyRepeats(p Poem) bool {
	shared := 0
	for _, line := range p.Lines {
		if s.lines[line] {
			return true
		}
		for _, four := range fours(line) {
			if s.fours[four] {
				shared++
			}
		}
	}
	return shared > 2
}

// fours returns the runs of four characters of line, left to right.
func fours(line string) []string {
	var runs []string
	text := []rune(line)
	for i := 0; i+4 <= len(text); i++ {
		runs = append(runs, string(text[i:i+4]))
	}
	return runs
}

// Famous returns the n famous quatrains of train with the most hits, the most
// first. Of several with the same first line (one poem in two readings) only the
// first counts. There may be fewer than n.
func Famous(train []Poem, n int) []Poem {
	var ranked []Poem
	for _, p := range train {
		if p.Famous {
			ranked = append(ranked, p)
		}
	}
	slices.SortFunc(ranked, func(a, b Poem) int {
		return cmp.Or(cmp.Compare(b.Hits, a.Hits), cmp.Compare(a.ID, b.ID))
	})
	var famous []Poem
	opening := map[string]bool{}
	for _, p := range ranked {
		if len(famous) < n && !opening[p.Lines[0]] {
			opening[p.Lines[0]] = true
			famous = append(famous, p)
		}
	}
	return famous
}
