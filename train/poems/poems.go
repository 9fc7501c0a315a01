// Package poems is the corpus the demo learns from: 14,127 Tang dynasty
// quatrains, compressed into the binary, and the split that keeps some of them
// for the examination. NOTICE says where they come from.
//
// A quatrain (jueju) has four lines of five characters or four of seven, in
// traditional characters and without punctuation here.
package poems

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// Poem is one quatrain.
type Poem struct {
	ID     string    // 8 hex digits: the first 32 bits of the MD5 of the source's id
	Title  string    // 靜夜思
	Author string    // 李白
	Form   int       // characters in a line: 5 or 7
	Lines  [4]string // without punctuation
	Famous bool      // one of the Three Hundred Tang Poems (唐诗三百首)
	Hits   int       // search results for the poem, a measure of fame; 0 where not counted
}

// quatrainsTSV is one poem a line; internal/derive writes it and says how.
//
//go:embed quatrains.tsv.gz
var quatrainsTSV []byte

var corpus = sync.OnceValue(func() []Poem {
	all, err := parse(quatrainsTSV)
	if err != nil {
		panic("poems: embedded corpus: " + err.Error()) // the binary itself is damaged
	}
	return all
})

// Load returns all quatrains in the order of their IDs. They are unpacked at the
// first call; the slice is the caller's own.
func Load() []Poem { return slices.Clone(corpus()) }

// Hash identifies the corpus, for the record of a run that learns from it.
func Hash() string {
	sum := sha256.Sum256(quatrainsTSV)
	return hex.EncodeToString(sum[:])
}

// parse reads the compressed table.
func parse(table []byte) ([]Poem, error) {
	z, err := gzip.NewReader(bytes.NewReader(table))
	if err != nil {
		return nil, err
	}
	var all []Poem
	s := bufio.NewScanner(z)
	for s.Scan() {
		p, err := parseRow(s.Text())
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", len(all)+1, err)
		}
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b Poem) int { return cmp.Compare(a.ID, b.ID) })
	return all, s.Err()
}

// parseRow reads id, title, author, characters, famous ("1" or ""), hits.
func parseRow(row string) (Poem, error) {
	f := strings.Split(row, "\t")
	if len(f) != 6 {
		return Poem{}, fmt.Errorf("%d fields, want 6", len(f))
	}
	hits, err := strconv.Atoi(f[5])
	if err != nil {
		return Poem{}, fmt.Errorf("hits: %w", err)
	}
	p := Poem{ID: f[0], Title: f[1], Author: f[2], Famous: f[4] == "1", Hits: hits}
	p.Form = utf8.RuneCountInString(f[3]) / len(p.Lines)
	text := []rune(f[3])
	if p.Form*len(p.Lines) != len(text) || p.Form != 5 && p.Form != 7 {
		return Poem{}, fmt.Errorf("%d characters, want 20 or 28", len(text))
	}
	for i := range p.Lines {
		p.Lines[i] = string(text[i*p.Form : (i+1)*p.Form])
	}
	return p, nil
}
