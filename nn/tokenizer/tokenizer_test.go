package tokenizer

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dlclark/regexp2"
)

const sample = `The quick brown fox doesn't jump over the lazy dog; it's 1234 times too lazy.
  "We'll see," said the dog.	They've seen.   The fox, the quick fox, the brown fox!

床前看月光，疑是地上霜。舉頭望山月，低頭思故鄉。床前明月光。 naïve café ½ ١٢٣ 🙂🙂`

func trained(t testing.TB, vocab int) *BPE {
	t.Helper()
	b, err := TrainBPE(context.Background(), slices.Values([]string{sample, sample[10:], strings.Repeat("the fox and the dog ", 20)}), vocab, TrainOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// hard are texts that go wrong first.
var hard = []string{
	"", " ", "  ", "\n", " \n x", "a  b", "don't DON'T 'sup '", "'re're", "\x00\xff\xfe", "caf\xc3", "\xe2\x82", "🙂", "�", "<|endoftext|>",
	"\u00a0x\u2003y", strings.Repeat("ab", 100), strings.Repeat(" ", 70) + "x", "１２３", "x\u0301\u0302", "<0x0A>\n", "▁a ▁",
}

func TestRoundTrip(t *testing.T) {
	b := trained(t, 400)
	for _, text := range append(hard, sample) {
		if got := b.Decode(b.Encode(text)); got != text {
			t.Errorf("%q came back as %q", text, got)
		}
	}
	if a, z := len(b.Encode(sample)), len(sample); a > z/2 {
		t.Errorf("%d tokens for %d bytes: the merges do not work", a, z)
	}
}

func FuzzRoundTrip(f *testing.F) {
	for _, s := range hard {
		f.Add(s)
	}
	b := trained(f, 400)
	fresh := trained(f, 400)
	f.Fuzz(func(t *testing.T, text string) {
		ids := b.Encode(text)
		if got := b.Decode(ids); got != text {
			t.Errorf("%q came back as %q", text, got)
		}
		fresh.cache = nil // a word must not depend on what was seen before
		if !slices.Equal(ids, fresh.Encode(text)) {
			t.Errorf("%q: the cache changes the ids", text)
		}
	})
}

// FuzzWords holds nextWord against GPT-2's own pattern.
func FuzzWords(f *testing.F) {
	for _, s := range append(hard, sample) {
		f.Add(s)
	}
	pattern := regexp2.MustCompile(`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`, regexp2.None)
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "?")
		var got, want []string
		for rest := text; rest != ""; {
			n := nextWord(rest)
			got, rest = append(got, rest[:n]), rest[n:]
		}
		m, err := pattern.FindStringMatch(text)
		for ; m != nil && err == nil; m, err = pattern.FindNextMatch(m) {
			want = append(want, m.String())
		}
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: words %q, want %q", text, got, want)
		}
	})
}

// TestLongWords: the heap and the plain search merge alike.
func TestLongWords(t *testing.T) {
	b := trained(t, 500)
	for _, text := range []string{sample, strings.Repeat("thefoxandthedog", 9), strings.Repeat("a", 99), strings.Repeat("the", 40)} {
		start := make([]int32, len(text))
		for i := range len(text) {
			start[i] = b.ofByte[text[i]]
		}
		plain := slices.Clone(start)
		for len(plain) > 1 { // as join does for short words
			best, at := merge{rank: 1 << 30}, -1
			for i := 1; i < len(plain); i++ {
				if m, ok := b.merges[pair{plain[i-1], plain[i]}]; ok && m.rank < best.rank {
					best, at = m, i
				}
			}
			if at < 0 {
				break
			}
			plain[at-1] = best.id
			plain = slices.Delete(plain, at, at+1)
		}
		if got := b.joinLong(start); !slices.Equal(got, plain) {
			t.Errorf("%.20q: %v, want %v", text, got, plain)
		}
	}
}

func TestTrainBPE(t *testing.T) {
	a, b := trained(t, 400), trained(t, 400)
	if !slices.Equal(a.pieces, b.pieces) {
		t.Error("the same texts give different tokenizers")
	}
	if a.VocabSize() != 400 {
		t.Errorf("%d tokens, want 400", a.VocabSize())
	}
	if first := a.pieces[257]; first != "he" && first != "th" && first != " t" {
		t.Errorf("the first merge made %q", first)
	}
	if _, err := TrainBPE(context.Background(), slices.Values([]string{"x"}), 256, TrainOptions{}); err == nil || !strings.Contains(err.Error(), "257") {
		t.Errorf("a vocabulary of 256: error %v, want one that names the least", err)
	}
	small, err := TrainBPE(context.Background(), slices.Values([]string{"abab abab"}), 5000, TrainOptions{})
	if err != nil || small.VocabSize() > 262 {
		t.Errorf("two words gave %d tokens, error %v", small.VocabSize(), err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := TrainBPE(ctx, slices.Values([]string{sample}), 300, TrainOptions{}); err == nil {
		t.Error("training was not interrupted")
	}
}

// TestTrainByDefinition counts all pairs anew for each merge, as the definition says.
func TestTrainByDefinition(t *testing.T) {
	b := trained(t, 330)
	words := countWords(context.Background(), slices.Values([]string{sample, sample[10:], strings.Repeat("the fox and the dog ", 20)}))
	split := map[string][]int32{}
	for w := range words {
		for i := range len(w) {
			split[w] = append(split[w], b.ofByte[w[i]])
		}
	}
	for id := int32(257); int(id) < b.VocabSize(); id++ {
		counts := map[pair]int{}
		for w, ids := range split {
			for k := 1; k < len(ids); k++ {
				counts[pair{ids[k-1], ids[k]}] += words[w]
			}
		}
		var best pair
		for p, n := range counts {
			if m := counts[best]; n > m || n == m && (p[0] < best[0] || p[0] == best[0] && p[1] < best[1]) {
				best = p
			}
		}
		if got := b.merges[best]; got.id != id {
			t.Fatalf("token %d is %q; the most frequent pair makes %q", id, b.pieces[id], b.pieces[best[0]]+b.pieces[best[1]])
		}
		for w, ids := range split {
			var next []int32
			for k := 0; k < len(ids); k++ {
				if k+1 < len(ids) && ids[k] == best[0] && ids[k+1] == best[1] {
					next = append(next, id)
					k++
				} else {
					next = append(next, ids[k])
				}
			}
			split[w] = next
		}
	}
}

func sentencePiece(t testing.TB) *BPE {
	t.Helper()
	pieces := []string{"<unk>", "<s>", "</s>"}
	scores := []float32{0, 0, 0}
	for b := range 256 {
		pieces, scores = append(pieces, "<0x"+strings.ToUpper(hex(b))+">"), append(scores, 0)
	}
	for i, p := range []string{" t", "he", " the", "in", " a", "er", "th", " ", "e", "t", "h", "i", "n", "a", "r", "月"} {
		pieces, scores = append(pieces, p), append(scores, -float32(i))
	}
	b, err := NewSentencePiece(pieces, scores)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func hex(b int) string { return string("0123456789abcdef"[b>>4]) + string("0123456789abcdef"[b&15]) }

func TestSentencePiece(t *testing.T) {
	b := sentencePiece(t)
	if got := b.Encode("the the"); !slices.Equal(got, []int32{261, 261}) {
		t.Errorf("ids %v, want twice that of %q", got, " the")
	}
	for _, text := range append(hard, sample) {
		if got := b.Decode(b.Encode(text)); got != text {
			t.Errorf("%q came back as %q", text, got)
		}
	}
}

func TestCharacters(t *testing.T) {
	c := NewCharacters(slices.Values([]string{"舉頭望山月", "低頭思故鄉ab"}), 1)
	if text, _ := c.Token(2); text != "頭" {
		t.Errorf("the most frequent character is %q", text)
	}
	if got := c.Decode(c.Encode("舉頭望山月")); got != "舉頭望山月" {
		t.Errorf("came back as %q", got)
	}
	if got := c.Decode(c.Encode("舉x\xff")); got != "舉<unk><unk>" {
		t.Errorf("unknown characters came back as %q", got)
	}
	for name, tokens := range map[string][]string{"twice": {Unknown, "a", "a"}, "long": {Unknown, "ab"}, "no unk": {"a"}} {
		if _, err := NewCharactersOf(tokens, Unknown); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestSpecials(t *testing.T) {
	b := trained(t, 300)
	end, ok := b.ID(EndOfText)
	if !ok {
		t.Fatal("no end of text")
	}
	text := "a" + EndOfText + EndOfText + "b"
	if slices.Contains(b.Encode(text), end) {
		t.Error("Encode made a special token of plain text")
	}
	ids := EncodeSpecial(b, text)
	if n := len(ids); n != 4 || ids[1] != end || ids[2] != end {
		t.Errorf("ids %v", ids)
	}
	if got := b.Decode(ids); got != text {
		t.Errorf("came back as %q", got)
	}
}

func TestSaveLoad(t *testing.T) {
	for name, a := range map[string]Tokenizer{
		"bpe": trained(t, 400), "sentencepiece": sentencePiece(t), "characters": NewCharacters(slices.Values([]string{sample}), 1),
	} {
		dir := t.TempDir()
		if err := a.Save(dir); err != nil {
			t.Fatal(err)
		}
		b, err := Load(dir)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, text := range append(hard, sample) {
			if x, y := a.Encode(text), b.Encode(text); !slices.Equal(x, y) {
				t.Errorf("%s: %q is %v, after Save and Load %v", name, text, x, y)
			}
		}
		if !slices.Equal(a.Prefix(), b.Prefix()) || len(a.Specials()) != len(b.Specials()) {
			t.Errorf("%s: prefix %v and %v, specials %v and %v", name, a.Prefix(), b.Prefix(), a.Specials(), b.Specials())
		}
		first, err := os.ReadFile(filepath.Join(dir, File))
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Save(dir); err != nil {
			t.Fatal(err)
		}
		if second, err := os.ReadFile(filepath.Join(dir, File)); err != nil || string(first) != string(second) {
			t.Errorf("%s: saved again it differs (%v)", name, err)
		}
	}
}

func TestBadFiles(t *testing.T) {
	for what, text := range map[string]string{
		"not JSON":          `{`,
		"no model":          `{}`,
		"other model":       `{"model":{"type":"Unigram","vocab":{"a":0}}}`,
		"gap in the ids":    `{"model":{"type":"WordLevel","vocab":{"<unk>":0,"a":2}}}`,
		"gigantic id":       `{"model":{"type":"WordLevel","vocab":{"<unk>":0,"a":2147483647}}}`,
		"negative id":       `{"model":{"type":"WordLevel","vocab":{"<unk>":0,"a":-1}}}`,
		"two ids":           `{"added_tokens":[{"id":1,"content":"a"}],"model":{"type":"WordLevel","vocab":{"a":0}}}`,
		"unknown merge":     `{"pre_tokenizer":{"type":"ByteLevel"},"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}}`,
		"merge of one":      `{"pre_tokenizer":{"type":"ByteLevel"},"model":{"type":"BPE","vocab":{"a":0},"merges":["ab"]}}`,
		"missing bytes":     `{"pre_tokenizer":{"type":"ByteLevel"},"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}`,
		"not a byte's name": `{"pre_tokenizer":{"type":"ByteLevel"},"model":{"type":"BPE","vocab":{"月":0},"merges":[]}}`,
	} {
		path := filepath.Join(t.TempDir(), File)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one line that names the file", what, err)
		}
	}
	if _, err := Load(t.TempDir()); err == nil {
		t.Error("an empty directory is accepted")
	}
}

func FuzzParse(f *testing.F) {
	for _, t := range []Tokenizer{trained(f, 260), sentencePiece(f), NewCharacters(slices.Values([]string{"ab"}), 1)} {
		dir := f.TempDir()
		if err := t.Save(dir); err != nil {
			f.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(dir, File))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		tok, err := parse(data)
		if err != nil {
			return
		}
		tok.Decode(tok.Encode(sample))
		EncodeSpecial(tok, sample)
	})
}

func FuzzLlama2C(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 'a', 0, 0, 0, 0, 255, 255, 255, 255}, 3)
	f.Fuzz(func(t *testing.T, data []byte, vocab int) {
		if tok, err := parseLlama2C(data, vocab); err == nil && tok.VocabSize() != vocab {
			t.Errorf("%d tokens, want %d", tok.VocabSize(), vocab)
		}
	})
}

// TestGPT2 holds ids against those of GPT-2's own vocabulary, computed by an independent
// encoder: see testdata/README.md.
func TestGPT2(t *testing.T) {
	dir := os.Getenv("INKSTONE_GPT2_VOCAB")
	if dir == "" {
		t.Skip("INKSTONE_GPT2_VOCAB does not name a folder with GPT-2's vocabulary files")
	}
	tok, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	checkOracle(t, tok, "testdata/gpt2.json")
}

// TestOracle holds ids of a tokenizer trained here against those that Hugging Face's own
// library computes from the tokenizer.json written here.
func TestOracle(t *testing.T) {
	tok, err := Load("testdata/trained.json")
	if err != nil {
		t.Fatal(err)
	}
	checkOracle(t, tok, "testdata/trained_ids.json")
}

func checkOracle(t *testing.T, tok Tokenizer, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Text string  `json:"text"`
		IDs  []int32 `json:"ids"`
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 10 {
		t.Errorf("%s has only %d cases", path, len(cases))
	}
	for _, c := range cases {
		if got := tok.Encode(c.Text); !slices.Equal(got, c.IDs) {
			t.Errorf("%q: ids %v, want %v", c.Text, got, c.IDs)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	tok := trained(b, 500)
	text := strings.Repeat(sample, 200)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		tok.Encode(text)
	}
}

func BenchmarkTrainBPE(b *testing.B) {
	b.SetBytes(int64(200 * len(sample)))
	for b.Loop() {
		if _, err := TrainBPE(context.Background(), slices.Values([]string{strings.Repeat(sample, 200)}), 500, TrainOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
