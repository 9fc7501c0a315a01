package tokenizer

import (
	"encoding/json"
	"os"
	"testing"
)

// checkGolden holds ids against those that other programs computed: see testdata/README.md.
func checkGolden(t *testing.T, tok Tokenizer, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Text string  `json:"text"`
		IDs  []int32 `json:"ids"`
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 10 {
		t.Errorf("%s has only %d cases", path, len(cases))
	}
	for _, c := range cases {
		mustEqual(t, c.Text, tok.Encode(c.Text), c.IDs)
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
	checkGolden(t, tok, "testdata/gpt2.json")
	checkGolden(t, mustLoad(t, tok), "testdata/gpt2.json")
}

// TestHuggingFace loads a tokenizer that was trained and saved here, and whose ids Hugging
// Face's own library computed from the same file.
func TestHuggingFace(t *testing.T) {
	tok, err := Load("testdata/trained.json")
	if err != nil {
		t.Fatal(err)
	}
	checkGolden(t, tok, "testdata/trained_ids.json")
}
