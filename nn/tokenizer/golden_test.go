package tokenizer

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "write the files of testdata that Save makes")

// golden holds what other programs computed: see testdata/README.md.
type golden struct {
	Texts         []string
	GPT2          [][]int32
	BPE           [][]int32
	Characters    [][]int32
	SentencePiece [][]int32
	Merges        []string
}

func readGolden(t *testing.T) (g golden) {
	t.Helper()
	if err := json.Unmarshal([]byte(readTestdata(t, "golden.json")), &g); err != nil {
		t.Fatal(err)
	}
	if len(g.Texts) < 20 || len(g.Merges) < 1000 {
		t.Fatalf("%d texts and %d merges are too few", len(g.Texts), len(g.Merges))
	}
	return g
}

func readTestdata(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// check holds ids, and the texts they give back, against another program's.
func (g golden) check(t *testing.T, tok Tokenizer, ids [][]int32) {
	t.Helper()
	for i, text := range g.Texts {
		mustEqual(t, text, tok.Encode(text), ids[i])
		if _, lossy := tok.(*Characters); !lossy && tok.Decode(ids[i]) != text {
			t.Errorf("%q came back as %q", text, tok.Decode(ids[i]))
		}
	}
}

// madeHere makes a tokenizer of each kind from corpus.txt.
func madeHere(t *testing.T) map[string]Tokenizer {
	corpus := slices.Values(strings.SplitAfter(readTestdata(t, "corpus.txt"), "\n"))
	b, err := TrainBPE(context.Background(), corpus, 600, TrainOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c := NewCharacters(corpus, 1)
	pieces := []string{"<unk>", "\n<s>\n", "\n</s>\n"}
	for b := range 256 {
		pieces = append(pieces, fmt.Sprintf("<0x%02X>", b))
	}
	for _, piece := range b.pieces[257:] {
		if utf8.ValidString(piece) && utf8.RuneCountInString(piece) > 1 {
			pieces = append(pieces, piece)
		}
	}
	pieces = append(pieces, c.pieces[2:]...)
	scores := make([]float32, len(pieces))
	for id := range scores {
		scores[id] = -float32(id)
	}
	s, err := NewSentencePiece(pieces, scores)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]Tokenizer{"bpe.json": b, "characters.json": c, "sentencepiece.json": s}
}

func TestSavedFiles(t *testing.T) {
	for name, tok := range madeHere(t) {
		dir := t.TempDir()
		if err := tok.Save(dir); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(dir, File))
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(filepath.Join("testdata", name), data, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if string(data) != readTestdata(t, name) {
			t.Errorf("Save writes another %s than the one that other programs have read", name)
		}
	}
}

// TestHuggingFace loads files that were saved here, and whose ids Hugging Face's own library
// computed.
func TestHuggingFace(t *testing.T) {
	g := readGolden(t)
	for name, ids := range map[string][][]int32{"bpe.json": g.BPE, "characters.json": g.Characters, "sentencepiece.json": g.SentencePiece} {
		tok, err := Load(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		g.check(t, tok, ids)
	}
}

// TestHuggingFaceTrainer learns what Hugging Face's trainer learned from the same lines.
func TestHuggingFaceTrainer(t *testing.T) {
	g := readGolden(t)
	corpus := slices.Values(strings.SplitAfter(readTestdata(t, "corpus.txt"), "\n"))
	b, err := TrainBPE(context.Background(), corpus, 256+len(g.Merges), TrainOptions{Specials: []string{}, MinFrequency: 1})
	if err != nil {
		t.Fatal(err)
	}
	got := spelledMerges(b)
	for i, want := range g.Merges {
		if i >= len(got) || got[i][0]+" "+got[i][1] != want {
			t.Fatalf("merge %d of %d is %q, want %q", i, len(got), got[min(i, len(got)-1)], want)
		}
	}
}

// TestGPT2 loads GPT-2's own vocabulary.
func TestGPT2(t *testing.T) {
	dir := os.Getenv("INKSTONE_GPT2_VOCAB")
	if dir == "" {
		t.Skip("INKSTONE_GPT2_VOCAB does not name a folder with GPT-2's vocabulary files")
	}
	tok, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if tok.VocabSize() != 50257 {
		t.Errorf("%d tokens, want 50257", tok.VocabSize())
	}
	g := readGolden(t)
	g.check(t, tok, g.GPT2)
	g.check(t, mustLoad(t, tok), g.GPT2)
}
