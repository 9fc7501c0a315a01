package tokenizer

import (
	"encoding/json"
	"fmt"
	"strings"
)

// LoadGPT2 reads the pair of files that GPT-2's vocabulary was published in: a JSON object
// of pieces and ids (encoder.json or vocab.json), and the merges, one a line (vocab.bpe or
// merges.txt).
func LoadGPT2(vocabFile, mergesFile string) (*BPE, error) {
	var f file
	data, err := readFile(vocabFile)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, &f.Model.Vocabulary); err != nil {
		return nil, fmt.Errorf("tokenizer: %s: %w", vocabFile, describe(err, data))
	}
	if data, err = readFile(mergesFile); err != nil {
		return nil, err
	}
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if line == "" || i == 0 && strings.HasPrefix(line, "#version") {
			continue
		}
		left, right, ok := strings.Cut(line, " ")
		if !ok || left == "" || right == "" || strings.Contains(right, " ") {
			return nil, fmt.Errorf("tokenizer: %s: line %d, %q, is not two pieces with a space between", mergesFile, i+1, line)
		}
		f.Model.Merges = append(f.Model.Merges, [2]string{left, right})
	}
	for _, p := range f.Model.Vocabulary {
		if p.piece == EndOfText {
			f.AddedTokens = append(f.AddedTokens, added{ID: p.id, Content: p.piece, Special: true})
		}
	}
	f.PreTokenizer = &step{Type: "ByteLevel"}
	b, err := f.byteLevel()
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %s and %s: %w", vocabFile, mergesFile, err)
	}
	return b, nil
}
