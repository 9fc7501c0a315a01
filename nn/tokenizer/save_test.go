package tokenizer

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// mustLoad saves a tokenizer and loads it again.
func mustLoad(t *testing.T, saved Tokenizer) Tokenizer {
	t.Helper()
	dir := t.TempDir()
	if err := saved.Save(dir); err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != 2 {
		t.Errorf("Save left %v", entries)
	}
	again, err := Load(filepath.Join(dir, "tokenizer.json"))
	if err != nil || again.VocabSize() != loaded.VocabSize() {
		t.Errorf("by the file's name: %v", err)
	}
	return loaded
}

func TestSaveAndLoad(t *testing.T) {
	for _, saved := range []Tokenizer{trained(t, 400), trained(t, 257), NewCharacters(slices.Values([]string{sample}), 1), smallSentencePiece(t)} {
		loaded := mustLoad(t, saved)
		if reflect.TypeOf(loaded) != reflect.TypeOf(saved) {
			t.Fatalf("%T was loaded as %T", saved, loaded)
		}
		if loaded.VocabSize() != saved.VocabSize() {
			t.Fatalf("%T: %d tokens became %d", saved, saved.VocabSize(), loaded.VocabSize())
		}
		if !slices.Equal(loaded.Prefix(), saved.Prefix()) || !maps.Equal(loaded.Specials(), saved.Specials()) {
			t.Errorf("%T: prefix %v, special tokens %v; were %v, %v", saved, loaded.Prefix(), loaded.Specials(), saved.Prefix(), saved.Specials())
		}
		for id := range int32(saved.VocabSize()) {
			wantPiece, wantSpecial := saved.Token(id)
			if piece, special := loaded.Token(id); piece != wantPiece || special != wantSpecial {
				t.Errorf("%T: token %d is %q, %v; was %q, %v", saved, id, piece, special, wantPiece, wantSpecial)
			}
		}
		for _, text := range append(hostile, sample) {
			mustEqual(t, text, loaded.Encode(text), saved.Encode(text))
			mustEqual(t, text, EncodeSpecial(loaded, text), EncodeSpecial(saved, text))
			if got, want := loaded.Decode(loaded.Encode(text)), saved.Decode(saved.Encode(text)); got != want {
				t.Errorf("%T: %q decodes to %q, did to %q", saved, text, got, want)
			}
		}
	}
}

func TestCharacters(t *testing.T) {
	c := NewCharacters(slices.Values([]string{"床前明月光", "明月 \n明\xff"}), 2)
	for id, want := range []string{"<unk>", "<|endoftext|>", "明", "月"} {
		if got, special := c.Token(int32(id)); got != want || special != (id < 2) {
			t.Errorf("token %d is %q, %v; want %q", id, got, special, want)
		}
	}
	if c.VocabSize() != 4 {
		t.Errorf("%d tokens, want 4", c.VocabSize())
	}
	mustEqual(t, "text", c.Encode("明月床\xff<unk>")[:4], []int32{2, 3, 0, 0})
	mustEqual(t, "special", EncodeSpecial(c, "明<|endoftext|>月"), []int32{2, 1, 3})
	if got := c.Decode([]int32{2, 0, 3, 9}); got != "明<unk>月" {
		t.Errorf("decoded %q", got)
	}
	all := NewCharacters(slices.Values([]string{sample}), 1)
	if got := all.Decode(all.Encode(sample)); got != sample {
		t.Errorf("the sample came back as %q", got)
	}
}

func TestSaveFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := trained(t, 257).Save(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("Save into a file: error %v, want one that names it", err)
	}
}
