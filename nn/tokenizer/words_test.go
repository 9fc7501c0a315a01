package tokenizer

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/dlclark/regexp2"
)

// words cuts text by wordEnd.
func words(text string) (list []string) {
	for at := 0; at < len(text); {
		end := wordEnd(text, at)
		list = append(list, text[at:end])
		at = end
	}
	return list
}

// patternWords cuts text by GPT-2's pattern itself.
func patternWords(t *testing.T, text string) (list []string) {
	pattern := regexp2.MustCompile(gpt2Pattern, regexp2.None)
	m, err := pattern.FindStringMatch(text)
	for ; m != nil && err == nil; m, err = pattern.FindNextMatch(m) {
		list = append(list, m.String())
	}
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func FuzzWords(f *testing.F) {
	for _, text := range append(hostile, sample) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got := strings.Join(words(text), ""); got != text {
			t.Errorf("the words of %q make %q", text, got)
		}
		text = strings.ToValidUTF8(text, "\ufffd") // what broken bytes count as
		if got, want := words(text), patternWords(t, text); !slices.Equal(got, want) {
			t.Errorf("%q: words %q, want %q", text, got, want)
		}
	})
}

// TestWordsOfAllCharacters meets every character of every class next to some others.
func TestWordsOfAllCharacters(t *testing.T) {
	var text strings.Builder
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if classOf(r) == space || r < 0x3000 || r%97 == 0 {
			text.WriteRune(r)
			text.WriteString([]string{"a", " ", "  ", "1", ".", " b", "'s"}[r%7])
		}
	}
	got, want := words(text.String()), patternWords(t, text.String())
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("word %d is %q, want %q", i, got[i], want[i])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d words, want %d", len(got), len(want))
	}
}
