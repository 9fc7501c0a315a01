// Command derive makes quatrains.tsv.gz, the poems package poems embeds, from
// the npm package chinese-poetry 2.0.1:
//
//	npm pack chinese-poetry@2.0.1
//	go run ./train/poems/internal/derive chinese-poetry-2.0.1.tgz train/poems/quatrains.tsv.gz
//
// It keeps the poems of the Complete Tang Poems (dist/quantangshi) that have
// four lines of five characters or four of seven, all of them Han characters in
// Unicode's basic plane (a □ marks one that is lost); of poems with the same four lines the first is kept.
// The hits are 360 Search's count from dist/rank/poet, whose files run parallel
// to the poems', and 0 where the entry there names another title.
package main

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"crypto/md5"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// source is a poem as the npm package holds it.
type source struct {
	ID, Title, Author string
	Paragraphs, Tags  []string
}

// rank is a poem's entry in the npm package's count of search results.
type rank struct {
	Title string
	So360 int
}

// row is a poem as it is embedded.
type row struct {
	source
	lines []string
	hits  int
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: derive chinese-poetry-2.0.1.tgz quatrains.tsv.gz")
	}
	poems, ranks, err := read(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	rows := quatrains(poems, ranks)
	if err := write(os.Args[2], rows); err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(rows), "quatrains")
}

// read returns the Tang poems and their ranks, by the number in the file name.
func read(name string) (poems map[int][]source, ranks map[int][]rank, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	poems, ranks = map[int][]source{}, map[int][]rank{}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return poems, ranks, nil
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		var number int
		switch dir, file := path.Split(h.Name); dir {
		case "package/dist/quantangshi/":
			if _, err := fmt.Sscanf(file, "poet.tang.%d.json", &number); err == nil {
				var p []source
				if err := json.NewDecoder(t).Decode(&p); err != nil {
					return nil, nil, fmt.Errorf("%s: %s: %w", name, h.Name, err)
				}
				poems[number] = p
			}
		case "package/dist/rank/poet/":
			if _, err := fmt.Sscanf(file, "poet.tang.rank.%d.json", &number); err == nil {
				var r []rank
				if err := json.NewDecoder(t).Decode(&r); err != nil {
					return nil, nil, fmt.Errorf("%s: %s: %w", name, h.Name, err)
				}
				ranks[number] = r
			}
		}
	}
}

// quatrains picks the poems to embed, in the source's order, which has a poet's
// poems together and so compresses best.
func quatrains(poems map[int][]source, ranks map[int][]rank) []row {
	var numbers []int
	for n := range poems {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	seen := map[string]bool{}
	var rows []row
	for _, n := range numbers {
		for i, p := range poems[n] {
			r := row{source: p, lines: lines(p.Paragraphs)}
			key := strings.Join(r.lines, "\n")
			if !isQuatrain(r.lines) || seen[key] {
				continue
			}
			seen[key] = true
			if i < len(ranks[n]) && ranks[n][i].Title == p.Title {
				r.hits = ranks[n][i].So360
			}
			rows = append(rows, r)
		}
	}
	return rows
}

// lines splits paragraphs at their punctuation.
func lines(paragraphs []string) []string {
	return strings.FieldsFunc(strings.Join(paragraphs, "。"), func(r rune) bool {
		return strings.ContainsRune("，。！？；、：,.!?;", r)
	})
}

// isQuatrain reports whether lines are four, of five characters each or of
// seven, all Han and in the basic plane.
func isQuatrain(lines []string) bool {
	if len(lines) != 4 {
		return false
	}
	n := utf8.RuneCountInString(lines[0])
	for _, l := range lines {
		if utf8.RuneCountInString(l) != n || strings.ContainsFunc(l, isRare) {
			return false
		}
	}
	return n == 5 || n == 7
}

func isRare(r rune) bool { return r > 0xffff || !unicode.Is(unicode.Han, r) }

// write writes one poem a line: id, title, author, the four lines without a
// separator, "1" for a famous poem, hits; with tabs between. The id is the first
// 32 bits of the MD5 of the source's id, in hex: a quarter of its length, and
// still no two alike.
func write(name string, rows []row) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	z, err := gzip.NewWriterLevel(f, gzip.BestCompression)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(z)
	for _, r := range rows {
		famous := ""
		if slices.Contains(r.Tags, "唐诗三百首") {
			famous = "1"
		}
		sum := md5.Sum([]byte(r.ID))
		fmt.Fprintf(w, "%x\t%s\t%s\t%s\t%s\t%d\n", sum[:4], r.Title, r.Author, strings.Join(r.lines, ""), famous, r.hits)
	}
	return errors.Join(w.Flush(), z.Close(), f.Close())
}
