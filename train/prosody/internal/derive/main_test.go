package main

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inkstone/train/poems"
)

// TestDerive: of the table's four characters the two in the poem stay, sorted, and 笑, which
// the table lacks, is added.
func TestDerive(t *testing.T) {
	readings, err := read(strings.NewReader("# char\treadings\n看\t去翰 平寒\n光\t平陽 去漾\n醉\t去寘\n一\t入質\n"))
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out.gz")
	poem := poems.Poem{Lines: [4]string{"看看看看看", "光光光光光", "笑笑笑笑笑", "鷥鷥鷥鷥鷥"}}
	if err := write(out, keep(readings, []poems.Poem{poem})); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if want := "光\t平陽 去漾\n看\t去翰 平寒\n笑\t去嘯\n"; string(got) != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestReadRefuses(t *testing.T) {
	for _, text := range []string{"一", "一二\t入質", "一\t", "\t入質", "一\t入質\n\n二\t去寘"} {
		if r, err := read(strings.NewReader(text)); err == nil {
			t.Errorf("read(%q) = %v, want an error", text, r)
		}
	}
}

// TestAdded: what is added is what poems use often, and no more.
func TestAdded(t *testing.T) {
	counts := map[string]int{}
	for _, p := range poems.Load() {
		for _, char := range strings.Split(strings.Join(p.Lines[:], ""), "") {
			counts[char]++
		}
	}
	for char := range added {
		if counts[char] < 40 {
			t.Errorf("%s occurs %d times", char, counts[char])
		}
	}
}
