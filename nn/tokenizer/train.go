package tokenizer

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"slices"
)

// TrainOptions says how TrainBPE learns. The zero value is a good choice.
type TrainOptions struct {
	Specials     []string              // special tokens, first in the vocabulary; nil: <|endoftext|>
	MinFrequency int                   // the least occurrences of a pair worth merging; 0: 2
	Threads      int                   // 0: one per CPU; the vocabulary does not depend on it
	Progress     func(done, total int) // called with the size that the vocabulary has and will have; may be nil
}

// TrainBPE learns a byte-level vocabulary from texts: it begins with the special tokens and
// the 256 bytes, and joins the most frequent pair of neighbouring tokens to a new one until
// there are vocabSize, or no pair is frequent enough (Sennrich, Haddow and Birch 2016,
// algorithm 1, on bytes as in Radford et al. 2019, section 2.2).
//
// Of equally frequent pairs the one with the lowest ids is taken, which is the order of
// Hugging Face's BpeTrainer too. Training stops with ctx.Err() when ctx is done.
func TrainBPE(ctx context.Context, texts iter.Seq[string], vocabSize int, opts TrainOptions) (*BPE, error) {
	if opts.Specials == nil {
		opts.Specials = []string{EndOfText}
	}
	if opts.MinFrequency <= 0 {
		opts.MinFrequency = 2
	}
	if opts.Threads <= 0 {
		opts.Threads = runtime.GOMAXPROCS(0)
	}
	pieces := slices.Clone(opts.Specials)
	for _, b := range bytesByPiece() {
		pieces = append(pieces, string([]byte{b}))
	}
	if vocabSize < len(pieces) || vocabSize > maxVocabulary {
		return nil, fmt.Errorf("tokenizer: a vocabulary of %d tokens is out of range: it needs at least %d (256 bytes, %d special tokens) and at most %d",
			vocabSize, len(pieces), len(opts.Specials), maxVocabulary)
	}
	if _, err := newVocabulary(pieces, firstIDs(len(opts.Specials))); err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	counts, err := countWords(ctx, texts, opts.Threads)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: training stopped: %w", err)
	}
	if len(counts) == 0 {
		return nil, fmt.Errorf("tokenizer: there is no text to learn a vocabulary from")
	}
	t := newTrainer(pieces, len(opts.Specials), counts)
	merges, err := t.learn(ctx, vocabSize, opts)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: training stopped: %w", err)
	}
	b, err := newBPE(t.pieces, firstIDs(len(opts.Specials)), merges)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	return b, nil
}

// bytesByPiece returns the bytes in the order of their pieces: the printable ones first.
func bytesByPiece() []byte {
	order := make([]byte, 0, 256)
	for _, b := range runeBytes {
		if b >= 0 {
			order = append(order, byte(b))
		}
	}
	return order
}
