package tokenizer

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestByteAlphabet(t *testing.T) {
	seen := map[rune]bool{}
	for b, r := range byteRunes {
		if seen[r] || runeBytes[r] != int16(b) {
			t.Errorf("byte %d: the character %q is not its own", b, r)
		}
		seen[r] = true
	}
	for raw, want := range map[string]string{" ": "Ġ", "\n": "Ċ", "a": "a", "é": "Ã©", "\x00": "Ā", "\xad": "Ń", "\x7f": "ġ"} {
		if got := spellBytes(raw); got != want {
			t.Errorf("%q is spelled %q, want %q", raw, got, want)
		}
		if got, err := readSpelling(want); got != raw || err != nil {
			t.Errorf("%q reads %q (%v), want %q", want, got, err, raw)
		}
	}
	if _, err := readSpelling("a b"); err == nil {
		t.Error("a space was taken for the spelling of a byte")
	}
}

func TestBPERoundTrip(t *testing.T) {
	b := trained(t, 400)
	for _, text := range append(hostile, sample) {
		if got := b.Decode(b.Encode(text)); got != text {
			t.Errorf("%q came back as %q", text, got)
		}
		if got := b.Decode(EncodeSpecial(b, text)); got != text {
			t.Errorf("%q, with special tokens, came back as %q", text, got)
		}
	}
}

// slowEncode applies merges in the order they were learned, each to the whole word.
func slowEncode(b *BPE, text string) (ids []int32) {
	for at := 0; at < len(text); {
		end := wordEnd(text, at)
		var word []int32
		for _, c := range []byte(text[at:end]) {
			word = append(word, b.bytes[c])
		}
		for _, m := range b.merges {
			for i := 0; i+1 < len(word); i++ {
				if word[i] == m.left && word[i+1] == m.right {
					word = slices.Replace(word, i, i+2, m.joined)
				}
			}
		}
		ids = append(ids, word...)
		at = end
	}
	return ids
}

func TestBPEEncodeAgainstTheDefinition(t *testing.T) {
	b := trained(t, 450)
	for _, text := range append(hostile, sample) {
		mustEqual(t, fmt.Sprintf("%.40q", text), b.Encode(text), slowEncode(b, text))
	}
}

// TestMergeScanAndHeap compares the two ways to merge on random words, with merges in no
// sensible order.
func TestMergeScanAndHeap(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 300 {
		var merges []merge
		for i := range 1 + random.IntN(60) {
			tokens := int32(4 + i)
			merges = append(merges, merge{random.Int32N(tokens), random.Int32N(tokens), random.Int32N(tokens + 1)})
		}
		table := newMergeTable(merges)
		word := make([]int32, random.IntN(200))
		for i := range word {
			word[i] = random.Int32N(4)
		}
		scan := table.applyScan(slices.Clone(word), &mergeScratch{})
		heap := table.applyHeap(slices.Clone(word), &mergeScratch{})
		if !slices.Equal(scan, heap) {
			t.Fatalf("round %d: word %v, merges %v: scan gives %v, heap %v", round, word, merges, scan, heap)
		}
	}
}

func TestSpecialTokens(t *testing.T) {
	b, err := TrainBPE(context.Background(), slices.Values([]string{sample}), 300,
		TrainOptions{Specials: []string{"<|end|>", "<|end|>|", "€"}})
	if err != nil {
		t.Fatal(err)
	}
	ids := EncodeSpecial(b, "a<|end|>|€<|end|>b<|end|")
	want := slices.Concat(b.Encode("a"), []int32{1, 2, 0}, b.Encode("b<|end|"))
	mustEqual(t, "the longest special token", ids, want)
	mustEqual(t, "no special token", EncodeSpecial(b, "a<|b"), b.Encode("a<|b"))
	for _, id := range b.Encode("a<|end|>b") {
		if _, special := b.Token(id); special {
			t.Error("Encode gave a special token to text")
		}
	}
	if id, ok := trained(t, 257).ID(EndOfText); !ok || id != 0 {
		t.Errorf("the end of text is %d, %v", id, ok)
	}
	if got := b.Decode([]int32{-1, 0, 1 << 20}); got != "<|end|>" {
		t.Errorf("ids out of range decode to %q", got)
	}
}

func TestEncodeConcurrently(t *testing.T) {
	b := trained(t, 400)
	want := b.Encode(sample)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 20 {
				if !slices.Equal(b.Encode(sample), want) {
					t.Error("ids differ between goroutines")
				}
			}
		})
	}
	group.Wait()
}

func TestEncodeAllocatesItsResultOnly(t *testing.T) {
	b := trained(t, 400)
	long := strings.Repeat("abcabcabd", 40)
	b.Encode(sample + long)
	if n := testing.AllocsPerRun(20, func() { b.Encode(sample + long) }); n > 4 {
		t.Errorf("%v allocations a text, want at most 4, for a result that grows", n)
	}
}

func FuzzBPERoundTrip(f *testing.F) {
	for _, text := range append(hostile, sample) {
		f.Add(text)
	}
	b := trained(f, 400)
	f.Fuzz(func(t *testing.T, text string) {
		ids := b.Encode(text)
		if got := b.Decode(ids); got != text {
			t.Errorf("%q came back as %q", text, got)
		}
		if len(text) < 1000 {
			mustEqual(t, text, ids, slowEncode(b, text))
		}
		if got := b.Decode(EncodeSpecial(b, text)); got != text {
			t.Errorf("%q, with special tokens, came back as %q", text, got)
		}
	})
}
