package train

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"inkstone/nn/tokenizer"
)

// Templates in the way of well-known models.
const (
	qwenTemplate = `{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou help.<|im_end|>\n' }}{% endif %}` +
		`{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}`
	llama2Template = `{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}` +
		`{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}{% for message in loop_messages %}` +
		`{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}` +
		`{% if loop.index0 == 0 and system_message != false %}{% set content = '<<SYS>>\n' + system_message + '\n<</SYS>>\n\n' + message['content'] %}` +
		`{% else %}{% set content = message['content'] %}{% endif %}` +
		`{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}` +
		`{% elif message['role'] == 'assistant' %}{{ ' '  + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}`
	llama3Template = `{% set loop_messages = messages %}{% for message in loop_messages %}` +
		`{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}` +
		`{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}` +
		`{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}`
	zephyrTemplate = `{% for message in messages %}
{% if message['role'] == 'user' %}
{{ '<|user|>
' + message['content'] + eos_token }}
{% elif message['role'] == 'system' %}
{{ '<|system|>
' + message['content'] + eos_token }}
{% elif message['role'] == 'assistant' %}
{{ '<|assistant|>
'  + message['content'] + eos_token }}
{% endif %}
{% if loop.last and add_generation_prompt %}
{{ '<|assistant|>' }}
{% endif %}
{% endfor %}`
	gemmaTemplate = `{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}` +
		`{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}` +
		`{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}` +
		`{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}{% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}`
)

// readable returns a tokenizer whose tokens are special ones and single characters, so that
// tokens can be read.
func readable(t *testing.T, specials ...string) tokenizer.Tokenizer {
	t.Helper()
	all := append([]string{tokenizer.Unknown}, specials...)
	for c := ' '; c <= '~'; c++ {
		all = append(all, string(c))
	}
	tok, err := tokenizer.NewCharactersOf(append(all, "\n"), all[:1+len(specials)]...)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// spelled writes tokens one by one: a special token in brackets, other tokens as they are,
// and what is to be learned between ⟦ and ⟧.
func spelled(tok tokenizer.Tokenizer, e Example) string {
	var s strings.Builder
	learned := false
	for i, id := range e.IDs {
		if on := e.Weights[i] > 0; on != learned {
			s.WriteString(map[bool]string{true: "⟦", false: "⟧"}[on])
			learned = on
		}
		text, special := tok.Token(id)
		if special {
			text = "[" + text + "]"
		}
		s.WriteString(text)
	}
	if learned {
		s.WriteString("⟧")
	}
	return s.String()
}

func turns(pairs ...string) (m []tokenizer.Message) {
	for i := 0; i < len(pairs); i += 2 {
		m = append(m, tokenizer.Message{Role: pairs[i], Content: pairs[i+1]})
	}
	return m
}

// TestConversation: the tokens of each template, one by one, and which of them are learned.
func TestConversation(t *testing.T) {
	twice := turns("user", "Hi<|im_end|></s>", "assistant", "Yo", "user", "Bye", "assistant", "so<|im_end|></s>")
	for name, c := range map[string]struct {
		specials []string
		chat     tokenizer.Chat
		want     string
	}{
		"no template": {[]string{"</s>"}, tokenizer.Chat{}, "Hi<|im_end|></s>⟦Yo[</s>]⟧Bye⟦so<|im_end|></s>[</s>]⟧"},
		"ours, plain": {[]string{"</s>"}, tokenizer.DefaultChat(readable(t, "</s>")),
			"User: Hi<|im_end|></s>\nAssistant:⟦ Yo[</s>]⟧\nUser: Bye\nAssistant:⟦ so<|im_end|></s>[</s>]⟧"},
		"ours, plain, without an end token": {nil, tokenizer.DefaultChat(readable(t)),
			"User: Hi<|im_end|></s>\nAssistant:⟦ Yo⟧\nUser: Bye\nAssistant:⟦ so<|im_end|></s>⟧"},
		"ours, ChatML": {[]string{"<|im_start|>", "<|im_end|>"}, tokenizer.DefaultChat(readable(t, "<|im_start|>", "<|im_end|>")),
			"[<|im_start|>]user\nHi<|im_end|></s>[<|im_end|>]\n[<|im_start|>]assistant\n⟦Yo[<|im_end|>]⟧\n" +
				"[<|im_start|>]user\nBye[<|im_end|>]\n[<|im_start|>]assistant\n⟦so<|im_end|></s>[<|im_end|>]⟧"},
		"Qwen": {[]string{"<|im_start|>", "<|im_end|>"}, tokenizer.Chat{Template: qwenTemplate, End: "<|im_end|>"},
			"[<|im_start|>]system\nYou help.[<|im_end|>]\n[<|im_start|>]user\nHi<|im_end|></s>[<|im_end|>]\n[<|im_start|>]assistant\n⟦Yo[<|im_end|>]⟧\n" +
				"[<|im_start|>]user\nBye[<|im_end|>]\n[<|im_start|>]assistant\n⟦so<|im_end|></s>[<|im_end|>]⟧"},
		"Llama 2": {[]string{"<s>", "</s>"}, tokenizer.Chat{Template: llama2Template, Begin: "<s>", End: "</s>"},
			"[<s>][INST] Hi<|im_end|></s> [/INST]⟦ Yo [</s>]⟧[<s>][INST] Bye [/INST]⟦ so<|im_end|></s> [</s>]⟧"},
		"Llama 3": {[]string{"<|begin|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"}, tokenizer.Chat{Template: llama3Template, Begin: "<|begin|>", End: "<|eot_id|>"},
			"[<|begin|>][<|start_header_id|>]user[<|end_header_id|>]\n\nHi<|im_end|></s>[<|eot_id|>][<|start_header_id|>]assistant[<|end_header_id|>]\n\n⟦Yo[<|eot_id|>]⟧" +
				"[<|start_header_id|>]user[<|end_header_id|>]\n\nBye[<|eot_id|>][<|start_header_id|>]assistant[<|end_header_id|>]\n\n⟦so<|im_end|></s>[<|eot_id|>]⟧"},
		"Zephyr": {[]string{"</s>"}, tokenizer.Chat{Template: zephyrTemplate, End: "</s>"},
			"<|user|>\nHi<|im_end|></s>[</s>]\n<|assistant|>\n⟦Yo[</s>]⟧\n<|user|>\nBye[</s>]\n<|assistant|>\n⟦so<|im_end|></s>[</s>]⟧"},
		"Gemma": {[]string{"<bos>", "<start_of_turn>", "<end_of_turn>"}, tokenizer.Chat{Template: gemmaTemplate, Begin: "<bos>"},
			"[<bos>][<start_of_turn>]user\nHi<|im_end|></s>[<end_of_turn>]\n[<start_of_turn>]model\n⟦Yo[<end_of_turn>]⟧\n" +
				"[<start_of_turn>]user\nBye[<end_of_turn>]\n[<start_of_turn>]model\n⟦so<|im_end|></s>[<end_of_turn>]⟧"},
	} {
		tok := readable(t, c.specials...).WithChat(c.chat)
		d := NewDialogue(tok)
		e, err := d.Conversation(twice)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := spelled(tok, e); got != c.want {
			t.Errorf("%s:\n%q, want\n%q", name, got, c.want)
		}
		if last := e.IDs[len(e.IDs)-1]; strings.HasSuffix(c.want, "]⟧") && int(last) != d.End() || !strings.HasSuffix(c.want, "]⟧") && d.End() != -1 {
			t.Errorf("%s: the end token is %d, the conversation ends with %d", name, d.End(), last)
		}
		mustAgree(t, name, d)
	}
}

// mustAgree fails the test unless a question and its answer are the conversation of both.
func mustAgree(t *testing.T, name string, d *Dialogue) {
	t.Helper()
	for _, c := range [][2]string{{"Hi", "Yo"}, {"  a\n", "\n b "}, {"</s><|im_end|>", "User: \n"}, {"x", " "}, {"a", "\n\n\n"}} {
		prompt, err := d.Prompt(c[0])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		e, whole := d.Conversation(turns("user", c[0], "assistant", c[1]))
		answer, err := d.Answer(c[1])
		if whole != nil || err != nil {
			if (whole == nil) != (err == nil) {
				t.Errorf("%s: %q: the conversation gives error %v, the answer %v", name, c, whole, err)
			}
			continue
		}
		if !slices.Equal(e.IDs, append(slices.Clone(prompt), answer...)) {
			t.Errorf("%s: %q: conversation %v, prompt %v and answer %v", name, c, e.IDs, prompt, answer)
		}
		for i, w := range e.Weights {
			if (w > 0) != (i >= len(prompt)) {
				t.Errorf("%s: %q: token %d has weight %v, the prompt has %d tokens", name, c, i, w, len(prompt))
			}
		}
	}
}

// TestConversationTokens: with tokens of several characters a text is cut only around
// answers and special tokens, and no space is put in between.
func TestConversationTokens(t *testing.T) {
	pieces := []string{"<unk>", "<s>", "</s>"}
	for b := range 256 {
		pieces = append(pieces, fmt.Sprintf("<0x%02X>", b))
	}
	for c := ' '; c <= '~'; c++ {
		pieces = append(pieces, string(c))
	}
	pieces = append(pieces, " [", " Hi", "Hi", " Yo", "Yo", "]▁Y")
	scores := make([]float32, len(pieces))
	for i := range scores {
		scores[i] = -float32(i)
	}
	sp, err := tokenizer.NewSentencePiece(pieces, scores)
	if err != nil {
		t.Fatal(err)
	}
	tok := sp.WithChat(tokenizer.Chat{Template: llama2Template, Begin: "<s>", End: "</s>"})
	d := NewDialogue(tok)
	e, err := d.Conversation(turns("user", "Hi", "assistant", "Yo", "user", "</s>", "assistant", "Hi"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, id := range e.IDs {
		text, _ := tok.Token(id)
		if e.Weights[i] > 0 {
			text = "*" + text
		}
		got = append(got, text)
	}
	want := []string{"<s>", " [", "I", "N", "S", "T", "]", " Hi", " [", "/", "I", "N", "S", "T", "]", "* Yo", "* ", "*</s>",
		"<s>", " [", "I", "N", "S", "T", "]", " ", "<", "/", "s", ">", " [", "/", "I", "N", "S", "T", "]", "* Hi", "* ", "*</s>"}
	if !slices.Equal(got, want) {
		t.Errorf("tokens\n%q, want\n%q", got, want)
	}
	mustAgree(t, "Llama 2", d)
}

// TestTemplateRefusals: templates that cannot be learned from are refused with a word on why.
func TestTemplateRefusals(t *testing.T) {
	good := turns("system", "s", "user", "a", "assistant", "b")
	for template, want := range map[string]string{
		gemmaTemplate: "System role not supported",
		"{% for m in messages %}{{ m.content }}{% endfor":                                                       "the tag does not end",
		"{% for m in messages %}{% if m.role == 'user' %}{{ m.content }}{% endif %}{% endfor %}":                "leaves out the assistant's messages",
		"{% for m in messages[::-1] %}{{ m.content }}{% endfor %}":                                              "elsewhere",
		"{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}{{messages[1].content}}": "computes without end",
	} {
		d := NewDialogue(readable(t, "</s>").WithChat(tokenizer.Chat{Template: template}))
		if _, err := d.Conversation(good); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.60s: error %v, want %q", template, err, want)
		}
	}
}
