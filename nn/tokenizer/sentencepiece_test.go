package tokenizer

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// smallSentencePiece has a vocabulary as llama2.c writes it.
func smallSentencePiece(t testing.TB) *SentencePiece {
	t.Helper()
	pieces := []string{"<unk>", "\n<s>\n", "\n</s>\n"}
	scores := []float32{0, 0, 0}
	for b := range 256 {
		pieces = append(pieces, fmt.Sprintf("<0x%02X>", b))
		scores = append(scores, 0)
	}
	for i, piece := range []string{" t", "he", "aa", " the", "in", "aaa", " a", "床前", " ", "e", "a", "t", "h", "i", "n", "床", "前", "\n"} {
		pieces = append(pieces, piece)
		scores = append(scores, -float32(i))
	}
	s, err := NewSentencePiece(pieces, scores)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// slowSentencePiece merges as run.c of llama2.c does: it looks every pair's text up in the
// vocabulary, over and over.
func slowSentencePiece(s *SentencePiece, scores []float32, text string) []int32 {
	if text == "" {
		return nil
	}
	word := s.appendCharacters(nil, " "+text)
	for {
		best, at, joined := float32(-1e10), -1, int32(0)
		for i := 0; i+1 < len(word); i++ {
			id, ok := s.ids[s.pieces[word[i]]+s.pieces[word[i+1]]] // no byte makes a piece in this vocabulary
			if ok && scores[id] > best {
				best, at, joined = scores[id], i, id
			}
		}
		if at < 0 {
			return word
		}
		word = append(word[:at], append([]int32{joined}, word[at+2:]...)...)
	}
}

// TestSentencePieceOnFewLetters meets overlapping ways to make the same piece.
func TestSentencePieceOnFewLetters(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	letters := func(n int) string {
		text := make([]byte, n)
		for i := range text {
			text[i] = "ab"[random.IntN(2)]
		}
		return string(text)
	}
	for range 300 {
		pieces := []string{"a", "b", " "}
		for b := range 256 {
			pieces = append(pieces, fmt.Sprintf("<0x%02X>", b))
		}
		for range random.IntN(12) {
			if piece := letters(2 + random.IntN(4)); !slices.Contains(pieces, piece) {
				pieces = append(pieces, piece)
			}
		}
		scores := make([]float32, len(pieces))
		for id, score := range random.Perm(len(pieces)) {
			scores[id] = float32(score)
		}
		s, err := NewSentencePiece(pieces, scores)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			text := letters(random.IntN(90))
			mustEqual(t, fmt.Sprintf("%q with %q", text, pieces[259:]), s.Encode(text), slowSentencePiece(s, scores, text))
		}
	}
}

func FuzzSentencePieceRoundTrip(f *testing.F) {
	for _, text := range append(hostile, sample, "aaaaaaaaaaa the then in the inn", "a a aa aaa") {
		f.Add(text)
	}
	s := smallSentencePiece(f)
	scores := make([]float32, s.VocabSize())
	for i := range scores {
		scores[i] = -float32(max(0, i-259))
	}
	f.Fuzz(func(t *testing.T, text string) {
		ids := s.Encode(text)
		if got := s.Decode(ids); got != text {
			t.Errorf("%q came back as %q", text, got)
		}
		if len(text) < 1000 {
			mustEqual(t, text, ids, slowSentencePiece(s, scores, text))
		}
		if got := s.Decode(EncodeSpecial(s, text)); got != text {
			t.Errorf("%q, with special tokens, came back as %q", text, got)
		}
	})
}

func TestSentencePieceBegin(t *testing.T) {
	s := smallSentencePiece(t)
	if got := s.Prefix(); !slices.Equal(got, []int32{1}) {
		t.Errorf("a text begins with %v", got)
	}
	if got := s.Specials(); len(got) != 3 || got[2] != "</s>" {
		t.Errorf("special tokens %v", got)
	}
	if id, ok := s.ID("<0x41>"); ok {
		t.Errorf("the text <0x41> is the token %d, the byte A", id)
	}
	ids := append([]int32{1}, s.Encode("the in")...)
	if got := s.Decode(ids); got != "<s>the in" {
		t.Errorf("decoded %q", got)
	}
}
