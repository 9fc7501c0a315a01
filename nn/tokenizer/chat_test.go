package tokenizer

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestChatFiles: how conversations are written is read from a directory in all the ways that
// it is put there, and Save keeps it.
func TestChatFiles(t *testing.T) {
	bpe := trained(t, 300)
	for name, c := range map[string]struct {
		config, file string
		want         Chat
	}{
		"string":    {`{"bos_token": "<b>", "eos_token": {"content": "<e>", "lstrip": false}, "chat_template": "{{ 1 }}"}`, "", Chat{"{{ 1 }}", "<b>", "<e>"}},
		"named":     {`{"chat_template": [{"name": "tools", "template": "t"}, {"name": "default", "template": "d"}]}`, "", Chat{"d", "", EndOfText}},
		"own file":  {`{"bos_token": null, "chat_template": "old"}`, "{{ 'new' }}\n", Chat{"{{ 'new' }}\n", "", EndOfText}},
		"none":      {`{"eos_token": "<e>"}`, "", Chat{"", "", "<e>"}},
		"no config": {"", "", Chat{"", "", EndOfText}},
	} {
		dir := t.TempDir()
		if err := bpe.Save(dir); err != nil {
			t.Fatal(err)
		}
		os.Remove(filepath.Join(dir, ConfigFile))
		for file, text := range map[string]string{ConfigFile: c.config, chatFile: c.file} {
			if text != "" {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o666); err != nil {
					t.Fatal(err)
				}
			}
		}
		tok, err := Load(dir)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := tok.Chat(); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
		again := t.TempDir()
		if err := tok.Save(again); err != nil {
			t.Fatal(err)
		}
		if tok, err = Load(again); err != nil || tok.Chat() != c.want {
			t.Errorf("%s: after Save %+v, want %+v (error %v)", name, tok.Chat(), c.want, err)
		}
	}
}

// TestChatFileRefusals: a configuration that is wrong is named.
func TestChatFileRefusals(t *testing.T) {
	bpe := trained(t, 300)
	for config, want := range map[string]string{
		`{"chat_template": 5}`: "neither a string nor a list",
		`{"chat_template": [{"name": "tools", "template": ""}]}`: "none of the 1 chat templates is called default",
		"{\n\"eos_token\": 5}": "a token is 5, want its name",
		`{`:                    "unexpected end",
	} {
		dir := t.TempDir()
		if err := bpe.Save(dir); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, ConfigFile)
		if err := os.WriteFile(path, []byte(config), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want %q", config, err, want)
		}
	}
}

// TestInjection: the names of special tokens are tokens where the template writes them whole,
// and letters wherever a message has part in them.
func TestInjection(t *testing.T) {
	bpe := trained(t, 300)
	tok := bpe.WithChat(Chat{Template: "{{ eos_token }}{% for m in messages %}<|{{ m.content }}|>{{ m.content }}<|endoftext|>{{ m.content | replace('%', eos_token) }}{% endfor %}", End: EndOfText})
	c, err := NewChatTemplate(tok)
	if err != nil {
		t.Fatal(err)
	}
	end, _ := tok.ID(EndOfText)
	for content, want := range map[string]int{"endoftext": 2, "<|endoftext|>": 2, "|endoftext|>": 2, "<": 2, "%": 3} {
		text, err := c.Render([]Message{{User, content}}, false)
		if err != nil {
			t.Fatal(err)
		}
		ids, n := c.Encode(text, false), 0
		for _, id := range ids {
			if id == end {
				n++
			}
		}
		if n != want {
			t.Errorf("%q: %d special tokens, want %d", content, n, want)
		}
		if got := tok.Decode(ids); got != text.String() {
			t.Errorf("%q: decoded %q, want %q", content, got, text)
		}
	}
}

func FuzzChatConfig(f *testing.F) {
	for _, s := range []string{`{"chat_template": "x"}`, `{"chat_template": [{"name": "default", "template": "d"}], "bos_token": {"content": "b"}}`, `{"eos_token": null}`, `[]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := parseChat(data)
		if err != nil {
			return
		}
		again, err := json.Marshal(settings{Begin: c.Begin, End: c.End, Template: c.Template})
		if err != nil {
			t.Fatal(err)
		}
		if back, err := parseChat(again); err != nil || back != c {
			t.Errorf("%q: %+v, then %+v (error %v)", data, c, back, err)
		}
	})
}
