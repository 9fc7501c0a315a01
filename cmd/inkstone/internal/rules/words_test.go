package rules

import (
	"bytes"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"testing"
	"unicode/utf8"
)

// TestWords: a text says what is, not what is missing, and knows no machine but the reader's.
func TestWords(t *testing.T) {
	unfinished := regexp.MustCompile(`\b(TODO|FIXME|XXX|HACK|WIP)\b|(?i)\b(?:placeholder\b(?:[^:=]|$)|for now\b|not (?:yet )?implemented\b)`)
	somewhere := regexp.MustCompile(`(?:^|[\s"'(=:])(?:/home/|/root/|/Users/|/work/|/tmp/\w)|[A-Z]:\\Users`)
	for _, p := range files(t) {
		if p == "cmd/inkstone/internal/rules/words_test.go" || p == "go.sum" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(root, p))
		if err != nil {
			t.Fatal(err)
		}
		if isBinary(p, data) {
			continue
		}
		for i, line := range bytes.Split(data, []byte("\n")) {
			if m := unfinished.Find(line); m != nil {
				t.Errorf("%s:%d: %q: finish it or leave it out", p, i+1, m)
			}
			if m := somewhere.Find(line); m != nil {
				t.Errorf("%s:%d: %q: a path of one machine", p, i+1, m)
			}
		}
	}
}

// isBinary reports whether a file is not for reading. What has a text's name must be text.
func isBinary(p string, data []byte) bool {
	switch path.Ext(p) {
	case ".go", ".md", ".s", ".h", ".py", ".json", ".mod":
		return false
	}
	return !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0
}
