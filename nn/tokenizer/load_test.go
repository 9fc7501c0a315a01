package tokenizer

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// bytePieces returns the vocabulary of the 256 bytes as members of a JSON object.
func bytePieces() string {
	var text strings.Builder
	for id, b := range bytesByPiece() {
		piece, _ := json.Marshal(string(byteRunes[b]))
		fmt.Fprintf(&text, "%s:%d,", piece, id)
	}
	return strings.TrimSuffix(text.String(), ",")
}

// badFiles are files that must be refused, by what their error says.
func badFiles() map[string]string {
	characters := func(rest string) string {
		return `{"pre_tokenizer":{"type":"Split","pattern":{"Regex":"[\\s\\S]"}},` + rest + `}`
	}
	bpe := func(rest string) string { return `{"pre_tokenizer":{"type":"ByteLevel"},` + rest + `}` }
	return map[string]string{
		`line 2: unexpected end of JSON input`:  "{\n",
		`line 3: json: cannot unmarshal`:        "{\n\"version\":\n7}",
		`model.type is "Unigram"`:               `{"model":{"type":"Unigram","vocab":{}}}`,
		`BPE can be read only with`:             `{}`,
		`the vocabulary is empty`:               characters(`"model":{"type":"WordLevel","vocab":{}}`),
		`no token has the id 1`:                 characters(`"model":{"type":"WordLevel","vocab":{"<unk>":0,"a":2147483647}}`),
		`cannot unmarshal number 2147483648`:    characters(`"model":{"type":"WordLevel","vocab":{"<unk>":0,"a":2147483648}}`),
		`has the id -1`:                         characters(`"model":{"type":"WordLevel","vocab":{"<unk>":0,"a":-1}}`),
		`"a" and "b" have the same id 1`:        characters(`"model":{"type":"WordLevel","vocab":{"<unk>":0,"a":1,"b":1}}`),
		`"a" comes twice`:                       characters(`"model":{"type":"WordLevel","vocab":{"<unk>":0,"a":1,"a":2}}`),
		`"ab" is not one character`:             characters(`"model":{"type":"WordLevel","vocab":{"ab":0}}`),
		`there is no special token <unk>`:       characters(`"model":{"type":"WordLevel","vocab":{"a":0}}`),
		`every character is a word`:             `{"model":{"type":"WordLevel","vocab":{"a":0}}}`,
		`the id 1, but 0 in the vocabulary`:     characters(`"added_tokens":[{"id":1,"content":"a"}],"model":{"type":"WordLevel","vocab":{"a":0}}`),
		`"<unk>" is there twice`:                characters(`"added_tokens":[{"id":0,"content":"<unk>","special":true},{"id":0,"content":"<unk>"}],"model":{"type":"WordLevel","vocab":{"a":1}}`),
		`is empty`:                              characters(`"added_tokens":[{"id":1,"content":""}],"model":{"type":"WordLevel","vocab":{"a":0}}`),
		`no token for the byte`:                 bpe(`"model":{"type":"BPE","vocab":{"a":0},"merges":[]}`),
		`stands for no byte`:                    bpe(`"model":{"type":"BPE","vocab":{` + bytePieces() + `,"月":256},"merges":[]}`),
		`there is no token "ab"`:                bpe(`"model":{"type":"BPE","vocab":{` + bytePieces() + `},"merges":["a b"]}`),
		`there is no token "xy"`:                bpe(`"model":{"type":"BPE","vocab":{` + bytePieces() + `},"merges":[["xy","b"]]}`),
		`merge 1, of "a" and "b", is there`:     bpe(`"model":{"type":"BPE","vocab":{` + bytePieces() + `,"ab":256},"merges":["a b","a b"]}`),
		`is not two pieces`:                     bpe(`"model":{"type":"BPE","vocab":{` + bytePieces() + `},"merges":["ab"]}`),
		`merge 0 has 3 pieces`:                  bpe(`"model":{"type":"BPE","vocab":{` + bytePieces() + `},"merges":[["a","b","c"]]}`),
		`merges is neither`:                     bpe(`"model":{"type":"BPE","vocab":{` + bytePieces() + `},"merges":7}`),
		`asks for lstrip`:                       bpe(`"added_tokens":[{"id":256,"content":"<mask>","lstrip":true}],"model":{"type":"BPE","vocab":{` + bytePieces() + `},"merges":[]}`),
		`ignore_merges`:                         bpe(`"model":{"type":"BPE","ignore_merges":true}`),
		`the normalizer "NFC"`:                  bpe(`"normalizer":{"type":"NFC"},"model":{"type":"BPE"}`),
		`without add_prefix_space`:              `{"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":true},"model":{"type":"BPE"}}`,
		`there is no token <0x00>`:              `{"normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]},"model":{"type":"BPE","byte_fallback":true,"vocab":{"a":0},"merges":[]}}`,
		`can be read only with the normalizers`: `{"normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"_"}]},"model":{"type":"BPE","byte_fallback":true}}`,
		`normalizers Prepend and Replace`:       `{"model":{"type":"BPE","byte_fallback":true,"vocab":{"a":0},"merges":[]}}`,
		`puts "<s>" before a text`:              bpe(`"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}}]},"model":{"type":"BPE","vocab":{` + bytePieces() + `},"merges":[]}`),
		`is not UTF-8`:                          "\"\xff\"",
		File + ` is empty`:                      "",
		`cannot unmarshal array into Go struct`: `{"model":{"type":"BPE","unk_token":[]}}`,
	}
}

func TestLoadRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), File)
	for want, text := range badFiles() {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := Load(path)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want one line that names the file and says %q", err, want)
		}
	}
	empty := t.TempDir()
	for _, path := range []string{empty, filepath.Join(empty, "missing")} {
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("error %v, want one that names %s", err, path)
		}
	}
}

func TestLoadBothSpellingsOfMerges(t *testing.T) {
	for _, merges := range []string{`["a b"]`, `[["a","b"]]`} {
		tok, err := parse([]byte(`{"pre_tokenizer":{"type":"ByteLevel"},"model":{"type":"BPE","vocab":{` + bytePieces() + `,"ab":256},"merges":` + merges + `}}`))
		if err != nil {
			t.Fatal(err)
		}
		mustEqual(t, merges, tok.Encode("ab"), []int32{256})
	}
}

func FuzzLoad(f *testing.F) {
	for _, text := range badFiles() {
		f.Add([]byte(text))
	}
	for _, tok := range []Tokenizer{trained(f, 270), smallSentencePiece(f), NewCharacters(slices.Values([]string{"ab"}), 1)} {
		dir := f.TempDir()
		if err := tok.Save(dir); err != nil {
			f.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(dir, File))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(data[:len(data)/2])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		tok, err := parse(data)
		if err != nil {
			return
		}
		for _, id := range append(EncodeSpecial(tok, sample), tok.Prefix()...) {
			if id < 0 || int(id) >= tok.VocabSize() {
				t.Errorf("id %d of %d", id, tok.VocabSize())
			}
		}
		if _, ok := tok.(*Characters); !ok && tok.Decode(tok.Encode(sample)) != sample {
			t.Errorf("the sample came back as %q", tok.Decode(tok.Encode(sample)))
		}
	})
}

func FuzzLlama2C(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 'a', 0, 0, 0, 0, 255, 255, 255, 255}, 3)
	f.Add([]byte{0, 0, 0}, 1)
	f.Fuzz(func(t *testing.T, data []byte, vocab int) {
		if tok, err := parseLlama2C(data, vocab); err == nil && tok.VocabSize() != vocab {
			t.Errorf("%d tokens, want %d", tok.VocabSize(), vocab)
		}
	})
}

// TestAddedTokens: those that are not special are found in any text, the longest first, and
// may be spelled like a learned one.
func TestAddedTokens(t *testing.T) {
	tok, err := parse([]byte(`{"added_tokens":[{"id":257,"content":"  "},{"id":258,"content":"   "},{"id":259,"content":"<x>","special":true}],
		"pre_tokenizer":{"type":"ByteLevel"},"model":{"type":"BPE","vocab":{` + bytePieces() + `,"ĠĠ":256},"merges":["Ġ Ġ"]}}`))
	if err != nil {
		t.Fatal(err)
	}
	a, b := tok.Encode("a")[0], tok.Encode("b")[0]
	for _, tok := range []Tokenizer{tok, mustLoad(t, tok)} {
		mustEqual(t, "spaces", tok.Encode("a     b  "), []int32{a, 258, 257, b, 257})
		mustEqual(t, "special too", EncodeSpecial(tok, "a<x>  b"), []int32{a, 259, 257, b})
		if text := tok.Decode([]int32{256, 257, 258}); text != "       " {
			t.Errorf("decoded %q", text)
		}
		if _, special := tok.Token(257); special || len(tok.Specials()) != 1 {
			t.Errorf("special tokens %v", tok.Specials())
		}
	}
}
