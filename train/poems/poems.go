// Package poems holds 14,127 quatrains of the Tang dynasty: all 絕句 of five or seven
// characters a line in the corpus chinese-poetry (see NOTICE), in traditional characters.
package poems

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A Poem is a quatrain.
type Poem struct {
	ID     string // first 16 hex digits of the SHA-256 of its 20 or 28 characters
	Title  string
	Author string
	Form   int // characters a line, 5 or 7
	Lines  [4]string
	Famous bool // stands in the anthology 唐詩三百首
	Hits   int  // pages that a search engine found the poem on, a measure of fame
}

// quatrains has a poem a line, sorted by text: text, title, author, hits, 1 if famous;
// separated by tabs.
//
//go:embed quatrains.tsv.gz
var quatrains []byte

// Load returns all poems, sorted by ID.
var Load = sync.OnceValue(func() []Poem {
	all, err := parse(quatrains)
	if err != nil {
		panic("poems: embedded file: " + err.Error())
	}
	return all
})

func parse(compressed []byte) ([]Poem, error) {
	z, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return nil, err
	}
	var all []Poem
	lines := bufio.NewScanner(z)
	for n := 1; lines.Scan(); n++ {
		p, err := parseLine(lines.Text())
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b Poem) int { return cmp.Compare(a.ID, b.ID) })
	return all, lines.Err()
}

func parseLine(line string) (Poem, error) {
	fields := strings.Split(line, "\t")
	if len(fields) != 5 {
		return Poem{}, fmt.Errorf("%d fields, want 5", len(fields))
	}
	text := []rune(fields[0])
	if len(text) != 20 && len(text) != 28 {
		return Poem{}, fmt.Errorf("a text of %d characters, want 20 or 28", len(text))
	}
	hits, err := strconv.Atoi(fields[3])
	if err != nil {
		return Poem{}, err
	}
	sum := sha256.Sum256([]byte(fields[0]))
	p := Poem{ID: hex.EncodeToString(sum[:8]), Title: fields[1], Author: fields[2], Form: len(text) / 4, Hits: hits, Famous: fields[4] == "1"}
	for i := range p.Lines {
		p.Lines[i] = string(text[i*p.Form : (i+1)*p.Form])
	}
	return p, nil
}

// heldOutShare says that one poem in so many is held out.
const heldOutShare = 36

// Split divides poems into those to learn from and those to test on. Whether a poem is held
// out depends on its text alone, so that it never changes sides; famous poems never are. A
// poem that is almost one of the training poems (it shares a whole line with one, or more
// than two runs of four characters) belongs to neither part.
func Split(all []Poem) (train, heldout []Poem) {
	var candidates []Poem
	for _, p := range all {
		if !p.Famous && hash(p)%heldOutShare == 0 {
			candidates = append(candidates, p)
		} else {
			train = append(train, p)
		}
	}
	lines, runs := map[string]bool{}, map[string]bool{}
	for _, p := range train {
		for _, line := range p.Lines {
			lines[line] = true
			for _, run := range fours(line) {
				runs[run] = true
			}
		}
	}
	for _, p := range candidates {
		if !near(p, lines, runs) {
			heldout = append(heldout, p)
		}
	}
	return train, heldout
}

// hash returns a number that depends on a poem's text alone.
func hash(p Poem) uint64 {
	sum := sha256.Sum256([]byte(strings.Join(p.Lines[:], "")))
	return binary.BigEndian.Uint64(sum[8:])
}

// near reports whether a poem shares a whole line, or more than two runs, with others.
func near(p Poem, lines, runs map[string]bool) bool {
	shared := 0
	for _, line := range p.Lines {
		if lines[line] {
			return true
		}
		for _, run := range fours(line) {
			if runs[run] {
				shared++
			}
		}
	}
	return shared > 2
}

// fours returns the runs of four characters in a line.
func fours(line string) []string {
	r := []rune(line)
	var runs []string
	for i := 0; i+4 <= len(r); i++ {
		runs = append(runs, string(r[i:i+4]))
	}
	return runs
}

// Famous returns the n famous poems with the most hits, no two of which begin with the
// same line.
func Famous(train []Poem, n int) []Poem {
	var famous []Poem
	for _, p := range train {
		if p.Famous {
			famous = append(famous, p)
		}
	}
	slices.SortStableFunc(famous, func(a, b Poem) int { return cmp.Compare(b.Hits, a.Hits) })
	seen := map[string]bool{}
	famous = slices.DeleteFunc(famous, func(p Poem) bool {
		twice := seen[p.Lines[0]]
		seen[p.Lines[0]] = true
		return twice
	})
	return famous[:min(n, len(famous))]
}
