package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"unicode/utf8"
)

// maxFile bounds the bytes of a tokenizer's file; the largest in use have a third of it.
const maxFile = 128 << 20

// Load reads a tokenizer from a tokenizer.json, or from a model directory that has one, or
// that has GPT-2's vocab.json and merges.txt (also by their first names, encoder.json and
// vocab.bpe). In a directory tokenizer_config.json says how conversations are written. An
// error names the file and says what is wrong with it.
func Load(path string) (Tokenizer, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	if !info.IsDir() {
		return loadFile(path)
	}
	t, err := loadDir(path)
	if err != nil {
		return nil, err
	}
	chat, err := loadChat(path)
	if err != nil {
		return nil, err
	}
	return t.WithChat(chat), nil
}

func loadDir(path string) (Tokenizer, error) {
	name := filepath.Join(path, File)
	if exists(name) {
		return loadFile(name)
	}
	for _, pair := range [][2]string{{"vocab.json", "merges.txt"}, {"encoder.json", "vocab.bpe"}} {
		vocabFile, mergesFile := filepath.Join(path, pair[0]), filepath.Join(path, pair[1])
		if exists(vocabFile) && exists(mergesFile) {
			return LoadGPT2(vocabFile, mergesFile)
		}
	}
	return nil, fmt.Errorf("tokenizer: %s has no "+File+", and no vocab.json with merges.txt", path)
}

// exists tells whether there is a file; one that cannot be read is for the reader to report.
func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

func loadFile(path string) (Tokenizer, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	t, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %s: %w", path, err)
	}
	return t, nil
}

// readFile reads a text file of bearable size.
func readFile(path string) ([]byte, error) {
	data, err := readBinary(path)
	if err == nil && !utf8.Valid(data) {
		err = fmt.Errorf("tokenizer: %s is not UTF-8", path)
	}
	return data, err
}

// readBinary reads a file of bearable size.
func readBinary(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("tokenizer: %w", err)
	case len(data) > maxFile:
		return nil, fmt.Errorf("tokenizer: %s is larger than %d MiB, which no vocabulary needs", path, maxFile>>20)
	case len(data) == 0:
		return nil, fmt.Errorf("tokenizer: %s is empty", path)
	}
	return data, nil
}

// parse makes a tokenizer from the contents of a tokenizer.json.
func parse(data []byte) (Tokenizer, error) {
	var f file
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, describe(err, data)
	}
	switch f.Model.Type {
	case "BPE", "": // the first files had no type
		if f.Model.ByteFallback {
			return f.sentencePiece()
		}
		return f.byteLevel()
	case "WordLevel":
		return f.characters()
	}
	return nil, fmt.Errorf("model.type is %q; BPE and WordLevel can be read", f.Model.Type)
}

// describe adds the line to an error of encoding/json.
func describe(err error, data []byte) error {
	var offset int64
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		offset = syntax.Offset
	} else if kind := (*json.UnmarshalTypeError)(nil); errors.As(err, &kind) {
		offset = kind.Offset
	} else {
		return err
	}
	line := 1
	for _, b := range data[:min(offset, int64(len(data)))] {
		if b == '\n' {
			line++
		}
	}
	return fmt.Errorf("line %d: %w", line, err)
}
