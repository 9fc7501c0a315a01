package train

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inkstone/nn/tokenizer"
)

func writeData(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestReadExamples: the ways in which data may be written.
func TestReadExamples(t *testing.T) {
	tok := readable(t, "</s>")
	tok = tok.WithChat(tokenizer.DefaultChat(tok))
	path := writeData(t, "data.jsonl", `{"prompt": "a", "response": "b"}

{"prompt": "a", "completion": "b", "id": 7}
{"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
{"text": "abcdefgh"}
`)
	plain := writeData(t, "data.txt", "xy\nz")
	examples, err := ReadExamples([]string{path, plain}, NewDialogue(tok), tok.VocabSize(), 25)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"User: a\nAssistant:⟦ b[</s>]⟧", "User: a\nAssistant:⟦ b[</s>]⟧", "S\n\nUser: a\nAssistant:⟦ b[</s>]⟧",
		"⟦abcdefgh[</s>]⟧", "⟦xy\nz[</s>]⟧",
	}
	for i, e := range examples {
		if i >= len(want) || spelled(tok, e) != want[i] {
			t.Errorf("example %d: %q", i, spelled(tok, e))
		}
	}
	if len(examples) != len(want) {
		t.Errorf("%d examples, want %d", len(examples), len(want))
	}
	pieces, err := ReadExamples([]string{plain}, NewDialogue(tok), tok.VocabSize(), 2)
	if err != nil || len(pieces) != 2 || spelled(tok, pieces[0]) != "⟦xy\n⟧" || spelled(tok, pieces[1]) != "⟦\nz[</s>]⟧" {
		t.Errorf("pieces %v, error %v", pieces, err)
	}
}

// TestRecordRefusals: each line that cannot be learned from is refused in one line that names
// the place.
func TestRecordRefusals(t *testing.T) {
	tok := readable(t, "</s>")
	plain := tok.WithChat(tokenizer.DefaultChat(tok))
	raising := tok.WithChat(tokenizer.Chat{Template: "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system please') }}{% endif %}{{ m.content }}{% endfor %}"})
	for line, want := range map[string]string{
		`{"prompt": "a", "response": "b"`:                  "unexpected end",
		`["a"]`:                                            "want a JSON object",
		`{"prompt": "a", "response": ""}`:                  "the response is empty",
		`{"prompt": "a", "response": " \n"}`:               "the response is empty",
		`{"prompt": "a"}`:                                  `a "prompt" without a "response"`,
		`{"response": "a"}`:                                `a "response" without a "prompt"`,
		`{"question": "a"}`:                                `want "messages"`,
		`{"text": "a", "prompt": "b", "response": "c"}`:    "want only one of",
		`{"text": 5}`:                                      "cannot unmarshal number",
		`{"messages": []}`:                                 "no messages",
		`{"messages": [{"role": "user", "content": "a"}]}`: "the last message is the user's",
		`{"messages": [{"role": "user", "content": "a"}, {"role": "bot", "content": "a"}]}`:         `message 2 has the unknown role "bot"`,
		`{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": ""}]}`:    "message 2, the assistant's, is empty",
		`{"messages": [{"role": "user"}, {"role": "assistant", "content": "a"}]}`:                   `message 1 has no "content"`,
		`{"messages": [{"role": "system", "content": "a"}, {"role": "assistant", "content": "b"}]}`: "no system please",
		`{"prompt": "` + strings.Repeat("a", 60) + `", "response": "b"}`:                            "which leaves no place for an answer in a context of 60",
		`{"prompt": "a", "response": "` + strings.Repeat("b", 60) + `"}`:                            "the context is 60",
	} {
		use := plain
		if strings.Contains(line, "system") {
			use = raising
		}
		path := writeData(t, "data.jsonl", `{"prompt": "a", "response": "b"}`+"\n"+line+"\n")
		_, err := ReadExamples([]string{path}, NewDialogue(use), tok.VocabSize(), 60)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path+":2: ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want %q of line 2", line, err, want)
		}
	}
}

func FuzzParseRecord(f *testing.F) {
	for _, s := range []string{`{"prompt":"a","response":"b"}`, `{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}`, `{"text":"a"}`, `{"messages":[null]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, messages, err := parseRecord(data)
		if err != nil || messages == nil {
			return
		}
		if last := messages[len(messages)-1]; last.Role != tokenizer.Assistant || strings.TrimSpace(last.Content) == "" {
			t.Errorf("%q is accepted, and ends with %+v", data, last)
		}
	})
}
