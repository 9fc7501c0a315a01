// Package tokenizer turns text into token ids and back: characters, byte-level BPE as GPT-2
// has it (trained here or read), and the SentencePiece kind of BPE that Llama models use. They
// are read from and written as Hugging Face's tokenizer.json.
package tokenizer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A Tokenizer maps text to token ids, which count from 0, and ids to text. It may be used by
// several goroutines at once.
type Tokenizer interface {
	// Encode returns the ids of a text. Special tokens are never made, whatever the text
	// says: see EncodeSpecial.
	Encode(text string) []int32
	// Decode returns the text of ids. Ids outside of the vocabulary are left out.
	Decode(ids []int32) string
	// VocabSize returns the number of tokens.
	VocabSize() int
	// Token returns the text of a token and whether it is special.
	Token(id int32) (text string, special bool)
	// ID returns the id of a special token, or of the token that stands for exactly this text.
	ID(text string) (id int32, ok bool)
	// Specials returns the special tokens by id.
	Specials() map[int32]string
	// Prefix returns the tokens that every text begins with, such as Llama's <s>.
	Prefix() []int32
	// Save writes tokenizer.json and tokenizer_config.json into a directory.
	Save(dir string) error
}

// EndOfText is the special token between documents.
const EndOfText = "<|endoftext|>"

// Unknown is the special token for characters outside of a vocabulary of characters.
const Unknown = "<unk>"

// The files of a model directory.
const (
	File       = "tokenizer.json"
	ConfigFile = "tokenizer_config.json"
)

// Load reads a tokenizer: a tokenizer.json, a directory with one, or a directory with the
// files GPT-2 was published with, vocab.json (or encoder.json) and merges.txt (or vocab.bpe).
func Load(path string) (Tokenizer, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return loadJSON(path)
	}
	t, err := loadJSON(filepath.Join(path, File))
	if !errors.Is(err, fs.ErrNotExist) {
		return t, err
	}
	for _, names := range [][2]string{{"vocab.json", "merges.txt"}, {"encoder.json", "vocab.bpe"}} {
		vocab, merges := filepath.Join(path, names[0]), filepath.Join(path, names[1])
		if _, err := os.Stat(vocab); err == nil {
			return LoadGPT2(vocab, merges)
		}
	}
	return nil, fmt.Errorf("%s: no %s, and no vocab.json with merges.txt", path, File)
}
