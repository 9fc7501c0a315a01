package tokenizer

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writeGPT2 writes a tokenizer in the files that GPT-2 was published with.
func writeGPT2(t *testing.T, b *BPE, vocabFile, mergesFile string) {
	t.Helper()
	vocab := map[string]int{}
	for id, piece := range b.pieces {
		vocab[spellBytes(piece)] = id
	}
	vocab[EndOfText] = 0
	data, err := json.Marshal(vocab)
	if err != nil {
		t.Fatal(err)
	}
	merges := "#version: 0.2\r\n"
	for _, m := range spelledMerges(b) {
		merges += m[0] + " " + m[1] + "\r\n"
	}
	write(t, vocabFile, string(data))
	write(t, mergesFile, merges)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestLoadGPT2(t *testing.T) {
	b := trained(t, 400)
	for _, names := range [][2]string{{"vocab.json", "merges.txt"}, {"encoder.json", "vocab.bpe"}} {
		dir := t.TempDir()
		vocabFile, mergesFile := filepath.Join(dir, names[0]), filepath.Join(dir, names[1])
		writeGPT2(t, b, vocabFile, mergesFile)
		loaded, err := Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range append(hostile, sample) {
			mustEqual(t, text, EncodeSpecial(loaded, text), EncodeSpecial(b, text))
		}
		write(t, mergesFile, "#version: 0.2\nĠ t\nĠ\n")
		if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), mergesFile+": line 3") {
			t.Errorf("a broken merge: error %v, want one that names the file and the line", err)
		}
		write(t, mergesFile, "#version: 0.2\nĠ Ġ月\n")
		if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), mergesFile) {
			t.Errorf("an unknown piece: error %v, want one that names the file", err)
		}
		write(t, vocabFile, "{\"a\":0,\n\"b\":\"c\"}")
		if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), vocabFile) {
			t.Errorf("an id that is a text: error %v, want one that names the file", err)
		}
	}
}
