package train

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"

	"inkstone/nn/tokenizer"
)

// documents reads text files, each one document in pieces, and JSONL files, in which each
// line is a document. end tells that a document is complete.
func documents(paths []string, each func(text string) error, end func() error) error {
	for _, path := range paths {
		var err error
		if isJSONL(path) {
			err = ReadTexts(path, func(text string) error {
				if err := each(text); err != nil {
					return err
				}
				return end()
			})
		} else {
			err = ReadText(path, func(piece []byte) error { return each(string(piece)) })
			if err == nil {
				err = end()
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func isJSONL(path string) bool {
	return strings.HasSuffix(path, ".jsonl") || strings.HasSuffix(path, ".ndjson")
}

// LearnTokenizer learns a tokenizer from text and JSONL files: "bpe", byte-level BPE with a
// vocabulary of that size, or "chars", a token for each character.
func LearnTokenizer(ctx context.Context, paths []string, kind string, vocab int, progress func(done, total int)) (tokenizer.Tokenizer, error) {
	var failed error
	var texts iter.Seq[string] = func(yield func(string) bool) {
		stop := fmt.Errorf("enough")
		err := documents(paths, func(text string) error {
			if !yield(text) {
				return stop
			}
			return ctx.Err()
		}, func() error { return nil })
		if err != nil && err != stop {
			failed = err
		}
	}
	var t tokenizer.Tokenizer
	var err error
	if kind == "chars" {
		t = tokenizer.NewCharacters(texts, 1)
	} else {
		t, err = tokenizer.TrainBPE(ctx, texts, vocab, tokenizer.TrainOptions{Progress: progress})
	}
	if failed != nil {
		return nil, failed
	}
	return t, err
}

// WriteTokens encodes text and JSONL files as a shard, with an end-of-text token after each
// document.
func WriteTokens(ctx context.Context, path string, t tokenizer.Tokenizer, paths []string) error {
	last, ok := endToken(t)
	return WriteShard(path, t.VocabSize(), func(add func(ids []int32) error) error {
		return documents(paths, func(text string) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return add(t.Encode(text))
		}, func() error {
			if !ok {
				return nil
			}
			return add([]int32{last})
		})
	})
}

// endToken returns the special token that ends a text.
func endToken(t tokenizer.Tokenizer) (id int32, ok bool) {
	if id, ok = t.ID(tokenizer.EndOfText); ok {
		return id, true
	}
	for id, name := range t.Specials() {
		if name == "</s>" {
			return id, true
		}
	}
	return 0, false
}

// HashFiles returns the SHA-256 of each file's contents, by path.
func HashFiles(paths []string) (map[string]string, error) {
	sums := map[string]string{}
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		h := sha256.New()
		_, err = io.Copy(h, f)
		f.Close()
		if err != nil {
			return nil, err
		}
		sums[path] = hex.EncodeToString(h.Sum(nil))
	}
	return sums, nil
}
