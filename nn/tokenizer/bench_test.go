package tokenizer

import (
	"context"
	"slices"
	"strings"
	"testing"
)

// benchText is about 1 MB.
func benchText(b *testing.B) string { return strings.Repeat(readTestdata(b, "corpus.txt"), 75) }

func BenchmarkEncode(b *testing.B) {
	text := benchText(b)
	for _, name := range []string{"bpe", "characters", "sentencepiece"} {
		tok, err := Load("testdata/" + name + ".json")
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				tok.Encode(text)
			}
		})
	}
	b.Run("bpe/unseen", func(b *testing.B) { // without words from an earlier text
		b.SetBytes(int64(len(text) / 75))
		for b.Loop() {
			tok, err := Load("testdata/bpe.json")
			if err != nil {
				b.Fatal(err)
			}
			tok.Encode(text[:len(text)/75])
		}
	})
}

// BenchmarkEncodeLongWord has no places to cut at, the worst case of merging.
func BenchmarkEncodeLongWord(b *testing.B) {
	tok, err := Load("testdata/bpe.json")
	if err != nil {
		b.Fatal(err)
	}
	text := strings.Repeat("thehereandthere", 1<<16)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		tok.Encode(text)
	}
}

func BenchmarkDecode(b *testing.B) {
	tok, err := Load("testdata/bpe.json")
	if err != nil {
		b.Fatal(err)
	}
	text := benchText(b)
	ids := tok.Encode(text)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		tok.Decode(ids)
	}
}

func BenchmarkTrainBPE(b *testing.B) {
	text := benchText(b)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := TrainBPE(context.Background(), slices.Values([]string{text}), 1000, TrainOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
