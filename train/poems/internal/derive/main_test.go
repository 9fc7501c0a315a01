package main

import (
	"archive/tar"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// pack writes a package of the npm kind.
func pack(t *testing.T, files [][2]string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "package.tgz")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	w := tar.NewWriter(z)
	for _, file := range files {
		if err := w.WriteHeader(&tar.Header{Name: file[0], Mode: 0o644, Size: int64(len(file[1]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, file[1]); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []io.Closer{w, z, f} {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return name
}

// TestDerive keeps two of six poems: the others are a poem of six lines, one with a lost
// character, one with a character beyond the basic plane, and a text that came before.
func TestDerive(t *testing.T) {
	const dist = "package/dist/"
	poems, ranks, err := read(pack(t, [][2]string{
		{dist + "quantangshi/poet.song.0.json", `not even JSON`},
		{dist + "quantangshi/poet.tang.1000.json", `[{"id":"c","title":"T","author":"A","paragraphs":["一二三四五，六七八九十。","天地人日月，山川草木心。"]}]`},
		{dist + "quantangshi/poet.tang.0.json", `[
			{"id":"six","title":"T","author":"A","paragraphs":["天天天天天，天天天天天。","天天天天天，天天天天天。","天天天天天，天天天天天。"]},
			{"id":"b","title":"靜夜思","author":"李白","tags":["唐诗三百首"],"paragraphs":["牀前看月光，疑是地上霜。","舉頭望山月，低頭思故鄉。"]},
			{"id":"lost","title":"T","author":"A","paragraphs":["天天天天□，天天天天天。","天天天天天，天天天天天。"]},
			{"id":"rare","title":"T","author":"A","paragraphs":["天天天天𤬊，天天天天天。","天天天天天，天天天天天。"]},
			{"id":"again","title":"T","author":"A","paragraphs":["牀前看月光，疑是地上霜。舉頭望山月，低頭思故鄉。"]}]`},
		{dist + "rank/poet/poet.tang.rank.0.json", `[{"title":"T","so360":1},{"title":"靜夜思","so360":7}]`},
		{dist + "rank/poet/poet.tang.rank.1000.json", `[{"title":"another","so360":9}]`},
	}))
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out.gz")
	if err := write(out, quatrains(poems, ranks)); err != nil {
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
	const want = "92eb5ffe\t靜夜思\t李白\t牀前看月光疑是地上霜舉頭望山月低頭思故鄉\t1\t7\n" +
		"4a8a08f0\tT\tA\t一二三四五六七八九十天地人日月山川草木心\t\t0\n"
	if string(got) != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestReadRefuses(t *testing.T) {
	broken := pack(t, [][2]string{{"package/dist/quantangshi/poet.tang.0.json", `[{"id":`}})
	if _, _, err := read(broken); err == nil {
		t.Error("broken JSON was accepted")
	}
	if _, _, err := read("main_test.go"); err == nil {
		t.Error("a file that is no package was accepted")
	}
}
