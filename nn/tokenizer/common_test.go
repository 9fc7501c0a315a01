package tokenizer

import (
	"context"
	"slices"
	"strings"
	"testing"
)

// sample is text with everything that cutting and merging tell apart.
const sample = `The quick brown fox doesn't jump over the lazy dog; the dog's lazy, isn't it?
We've 12 foxes,  34 dogs and   567 hens.	Tabs	too.

They'll say "the foxes' den's theirs" -- I'd say it's the dogs'.
床前明月光，疑是地上霜。舉頭望山月，低頭思故鄉。 Ünïcödé naïve café Ελληνικά 🦊🐕
the the the then there these those them they thee thus`

// trained returns a small vocabulary learned from sample.
func trained(t testing.TB, size int) *BPE {
	t.Helper()
	b, err := TrainBPE(context.Background(), slices.Values([]string{sample, strings.ToLower(sample)}), size, TrainOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// hostile are texts that are hard to give back as they were.
var hostile = []string{
	"", " ", "\n", "  \n\t ", "a", " a", "a ", "\x00", "\xff", "\xc3", "a\xffb\xfe\xfd", "\xe5\xba", "床\xe5前",
	"\ufffd", "\ufeff", "\u0085\u00a0\u3000x", "'", "''s", "'sx", "'ll'", " 's", "it's", "<|endoftext|>", "<unk>", "<s>▁</s>",
	"▁", "Ġ", "Ċ", "<0x0A>", strings.Repeat("a", 300), strings.Repeat(" ", 300), strings.Repeat("ab\n ", 100),
	"👩‍👩‍👧‍👦 e\u0301", "\r\n\r\n x", "1234 5", "½²", "\xed\xa0\x80",
}

// mustEqual fails the test if ids differ.
func mustEqual(t *testing.T, what string, got, want []int32) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: ids\n%v, want\n%v", what, got, want)
	}
}
