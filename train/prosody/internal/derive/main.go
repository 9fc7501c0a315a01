// Command derive makes rhymes.tsv.gz, the dictionary package prosody embeds, from a table of
// characters with their tones and rhymes, a tab between and readings apart by spaces
// ("看⇥去翰 平寒"):
//
//	go run ./train/prosody/internal/derive rhyme_pingshui_from_unihan.tsv train/prosody/rhymes.tsv.gz
//
// The table comes from Unihan's field kSBGY, the character's places in the rhyme dictionary
// Guangyun of 1008, whose 206 rhymes are merged to the 106 of Pingshui; variants take the
// readings of their standard form. The characters of package poems are kept, and those that
// the table lacks but the poems use often are added.
package main

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"inkstone/train/poems"
)

// added has the readings of the characters that the table lacks and the poems use at least
// forty times. The rest of what it lacks is 0.3 % of the text.
var added = map[string]string{
	"笑": "去嘯", "世": "去霽", "魂": "平元", "乘": "平蒸 去徑", "疎": "平魚",
	"劒": "去豔", "劍": "去豔", "澗": "去諫", "既": "去未", "瀟": "平蕭",
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: derive rhyme_pingshui_from_unihan.tsv rhymes.tsv.gz")
	}
	f, err := os.Open(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	readings, err := read(f)
	if err != nil {
		log.Fatalf("%s: %v", os.Args[1], err)
	}
	rows := keep(readings, poems.Load())
	if err := write(os.Args[2], rows); err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(rows), "characters")
}

// read returns the readings of each character. Lines that begin with # are comments.
func read(r io.Reader) (map[string]string, error) {
	readings := map[string]string{}
	s := bufio.NewScanner(r)
	for n := 1; s.Scan(); n++ {
		if strings.HasPrefix(s.Text(), "#") {
			continue
		}
		char, text, ok := strings.Cut(s.Text(), "\t")
		if !ok || utf8.RuneCountInString(char) != 1 || text == "" {
			return nil, fmt.Errorf("line %d: %q is not a character, a tab and its readings", n, s.Text())
		}
		readings[char] = text
	}
	return readings, s.Err()
}

// keep returns the rows of the characters that occur in poems, in the order of their code
// points.
func keep(readings map[string]string, all []poems.Poem) []string {
	used := map[string]bool{}
	for _, p := range all {
		for _, char := range strings.Split(strings.Join(p.Lines[:], ""), "") {
			used[char] = true
		}
	}
	var rows []string
	for _, char := range slices.Sorted(maps.Keys(used)) {
		text, ok := readings[char]
		if !ok {
			text, ok = added[char]
		}
		if ok {
			rows = append(rows, char+"\t"+text)
		}
	}
	return rows
}

// write compresses the rows, one a line.
func write(name string, rows []string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	z, err := gzip.NewWriterLevel(f, gzip.BestCompression)
	if err != nil {
		return err
	}
	_, err = io.WriteString(z, strings.Join(rows, "\n")+"\n")
	return errors.Join(err, z.Close(), f.Close())
}
