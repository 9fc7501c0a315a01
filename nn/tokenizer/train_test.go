package tokenizer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// spelledMerges returns the merges of a vocabulary as tokenizer.json has them.
func spelledMerges(b *BPE) mergeList {
	return spellMerges(b.merges, func(id int32) string { return spellBytes(b.pieces[id]) })
}

// slowTrain learns merges by counting all pairs anew before each.
func slowTrain(texts []string, vocabSize int) (merges [][2]string) {
	words := map[string]int64{}
	for _, text := range texts {
		wordCounts(words).add(text)
	}
	pieces := []string{EndOfText}
	for _, b := range bytesByPiece() {
		pieces = append(pieces, string(byteRunes[b]))
	}
	type word struct {
		tokens []int32
		count  int64
	}
	var list []word
	for text, count := range words {
		var tokens []int32
		for _, r := range spellBytes(text) {
			tokens = append(tokens, int32(slices.Index(pieces, string(r))))
		}
		list = append(list, word{tokens, count})
	}
	for len(pieces) < vocabSize {
		counts := map[[2]int32]int64{}
		for _, w := range list {
			for i := 0; i+1 < len(w.tokens); i++ {
				counts[[2]int32(w.tokens[i:])] += w.count
			}
		}
		best, most := [2]int32{}, int64(1)
		for pair, n := range counts {
			if n > most || n == most && most > 1 && slices.Compare(pair[:], best[:]) < 0 {
				best, most = pair, n
			}
		}
		if most < 2 {
			break
		}
		piece := pieces[best[0]] + pieces[best[1]]
		id := slices.Index(pieces, piece)
		if id < 0 {
			id = len(pieces)
			pieces = append(pieces, piece)
		}
		if m := [2]string{pieces[best[0]], pieces[best[1]]}; !slices.Contains(merges, m) { // a pair can come back
			merges = append(merges, m)
		}
		for k := range list {
			tokens := list[k].tokens
			for i := 0; i+1 < len(tokens); i++ {
				if tokens[i] == best[0] && tokens[i+1] == best[1] {
					tokens = slices.Replace(tokens, i, i+2, int32(id))
				}
			}
			list[k].tokens = tokens
		}
	}
	return merges
}

func TestTrainBPEAgainstTheDefinition(t *testing.T) {
	texts := []string{sample, "aaaa aaaaa aaa", strings.Repeat("abcabc bcabca ", 7), sample[100:300]}
	want := slowTrain(texts, 500)
	b, err := TrainBPE(context.Background(), slices.Values(texts), 500, TrainOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := spelledMerges(b); !slices.Equal(got, mergeList(want)) {
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] {
				t.Fatalf("merge %d is %q, want %q", i, got[i], want[i])
			}
		}
		t.Fatalf("%d merges, want %d", len(got), len(want))
	}
}

// TestTrainBPEOnFewLetters meets what is rare in language: pairs with equal counts, two ways
// to make a token, and pairs that come back after they were merged.
func TestTrainBPEOnFewLetters(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		var text strings.Builder
		for range 2 + random.IntN(40) {
			for range 1 + random.IntN(12) {
				text.WriteByte("abc"[random.IntN(2+random.IntN(2))])
			}
			text.WriteByte(' ')
		}
		size := 257 + random.IntN(60)
		b, err := TrainBPE(context.Background(), slices.Values([]string{text.String()}), size, TrainOptions{})
		if err != nil {
			t.Fatalf("%q: %v", text.String(), err)
		}
		if got, want := spelledMerges(b), mergeList(slowTrain([]string{text.String()}, size)); !slices.Equal(got, want) {
			t.Fatalf("%q: merges\n%q, want\n%q", text.String(), got, want)
		}
	}
}

func TestTrainBPEThreads(t *testing.T) {
	text := strings.Repeat(sample+"\n", 1500) // several chunks
	var want mergeList
	for _, threads := range []int{1, 2, 5} {
		b, err := TrainBPE(context.Background(), slices.Values([]string{text, sample}), 600, TrainOptions{Threads: threads})
		if err != nil {
			t.Fatal(err)
		}
		got := spelledMerges(b)
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d threads learn other merges than 1", threads)
		}
	}
}

func TestCountWordsCutsSafely(t *testing.T) {
	text := strings.Repeat("床前 \u3000\n明月  光\n\n x's\t y\u00a0 ", 20000)
	want := wordCounts{}
	want.add(text)
	got, err := countWords(context.Background(), slices.Values([]string{text}), 3)
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(got, want) {
		t.Errorf("cut in chunks, the text has other words: %v, want %v", got, want)
	}
}

func TestSafeCut(t *testing.T) {
	for _, text := range append(hostile, sample) {
		want := words(text)
		for at := 1; at < len(text); at++ {
			cut := safeCut(text, at)
			if got := append(words(text[:cut]), words(text[cut:])...); !slices.Equal(got, want) {
				t.Fatalf("cut at %d, %q has the words %q, want %q", cut, text, got, want)
			}
		}
	}
}

func TestTrainBPEErrors(t *testing.T) {
	ctx := context.Background()
	texts := slices.Values([]string{sample})
	for _, c := range []struct {
		size  int
		texts []string
		opts  TrainOptions
		want  string
	}{
		{256, []string{sample}, TrainOptions{}, "needs at least 257"},
		{300, []string{sample}, TrainOptions{Specials: []string{"<a>", "<a>"}}, `"<a>" has two ids`},
		{300, []string{sample}, TrainOptions{Specials: []string{""}}, "empty"},
		{300, []string{sample}, TrainOptions{Specials: []string{"\xff"}}, "not UTF-8"},
		{300, nil, TrainOptions{}, "no text"},
		{1 << 30, []string{sample}, TrainOptions{}, "at most"},
	} {
		_, err := TrainBPE(ctx, slices.Values(c.texts), c.size, c.opts)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("size %d, %+v: error %v, want one with %q", c.size, c.opts, err, c.want)
		}
	}
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := TrainBPE(stopped, texts, 300, TrainOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled, the error is %v", err)
	}
}

func TestTrainBPEOnOneLongWord(t *testing.T) {
	text := strings.Repeat("a", 1<<18)
	b, err := TrainBPE(context.Background(), slices.Values([]string{text}), 300, TrainOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Encode(text); len(got) != 4 || b.Decode(got) != text {
		t.Errorf("%d tokens, want 4 of the greatest length", len(got))
	}
}

func TestTrainBPEOptions(t *testing.T) {
	var calls []string
	b, err := TrainBPE(context.Background(), slices.Values([]string{"ab ab ab cd cd"}), 1000, TrainOptions{
		Specials: []string{}, MinFrequency: 3,
		Progress: func(done, total int) { calls = append(calls, fmt.Sprint(done, "/", total)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := spelledMerges(b); !slices.Equal(got, mergeList{{"a", "b"}}) {
		t.Errorf("merges %q, want that of a and b alone", got)
	}
	if !slices.Equal(calls, []string{"257/1000"}) {
		t.Errorf("progress was reported as %q", calls)
	}
}
