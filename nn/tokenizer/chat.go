package tokenizer

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"

	"inkstone/nn/tokenizer/jinja"
)

// A Chat is how a tokenizer writes conversations.
type Chat struct {
	Template   string // in Jinja; "" for none
	Begin, End string // tokens that templates call bos_token and eos_token; "" for none
}

// A Message is a turn of a conversation.
type Message struct {
	Role    string `json:"role"` // one of the roles below
	Content string `json:"content"`
}

// The roles of a conversation.
const (
	System    = "system"
	User      = "user"
	Assistant = "assistant"
)

// chatML is the template of models that have its two tokens (OpenAI 2023, Qwen and others).
const chatML = `{% for message in messages %}{{ '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}{% endfor %}` +
	`{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}`

// plainChat marks the roles by words, for tokenizers without tokens for that.
const plainChat = `{{ bos_token }}{% for message in messages %}` +
	`{% if message.role == 'system' %}{{ message.content + '\n\n' }}` +
	`{% elif message.role == 'user' %}{{ 'User: ' + message.content + '\n' }}` +
	`{% else %}{{ 'Assistant: ' + message.content + eos_token + '\n' }}{% endif %}{% endfor %}` +
	`{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}`

// DefaultChat returns how to write conversations with a tokenizer whose files do not say:
// with ChatML's tokens where it has them, else with the words User and Assistant.
func DefaultChat(t Tokenizer) Chat {
	c := t.Chat()
	c.Template = plainChat
	names := t.Specials()
	has := func(name string) bool { id, ok := t.ID(name); return ok && names[id] == name }
	if has("<|im_start|>") && has("<|im_end|>") {
		c.Template, c.End = chatML, "<|im_end|>"
	}
	return c
}

// Chat returns how the tokenizer writes conversations.
func (v *vocabulary) Chat() Chat {
	c := v.chat
	if c.Begin == "" && len(v.prefix) > 0 {
		c.Begin = v.pieces[v.prefix[0]]
	}
	for _, name := range []string{EndOfText, "</s>", "<|end_of_text|>"} {
		if _, ok := v.names[name]; ok && c.End == "" {
			c.End = name
		}
	}
	return c
}

func (v *vocabulary) withChat(c Chat) *vocabulary {
	own := *v
	own.chat = c
	return &own
}

// WithChat returns the tokenizer with another way to write conversations.
func (b *BPE) WithChat(c Chat) Tokenizer {
	own := *b
	own.vocabulary = b.withChat(c)
	return &own
}

// WithChat returns the tokenizer with another way to write conversations.
func (s *SentencePiece) WithChat(c Chat) Tokenizer {
	own := *s
	own.vocabulary = s.withChat(c)
	return &own
}

// WithChat returns the tokenizer with another way to write conversations.
func (c *Characters) WithChat(chat Chat) Tokenizer {
	own := *c
	own.vocabulary = c.withChat(chat)
	return &own
}

// chatFile has the template where it is not in tokenizer_config.json.
const chatFile = "chat_template.jinja"

// loadChat reads what the files beside tokenizer.json say of conversations; none has to be
// there.
func loadChat(dir string) (c Chat, err error) {
	path := filepath.Join(dir, ConfigFile)
	if exists(path) {
		data, err := readFile(path)
		if err != nil {
			return c, err
		}
		if c, err = parseChat(data); err != nil {
			return c, fmt.Errorf("tokenizer: %s: %w", path, err)
		}
	}
	if path := filepath.Join(dir, chatFile); exists(path) {
		data, err := readFile(path)
		if err != nil {
			return c, err
		}
		c.Template = string(data)
	}
	return c, nil
}

// parseChat reads tokenizer_config.json. The template is a string, or one of a list with
// names, of which "default" is taken; a token is a string, or an object with its "content".
func parseChat(data []byte) (c Chat, err error) {
	var f struct {
		Begin    tokenName       `json:"bos_token"`
		End      tokenName       `json:"eos_token"`
		Template json.RawMessage `json:"chat_template"`
	}
	if err := json.Unmarshal(data, &f); err != nil {
		return c, describe(err, data)
	}
	c.Begin, c.End = string(f.Begin), string(f.End)
	var named []struct{ Name, Template string }
	switch {
	case len(f.Template) == 0 || json.Unmarshal(f.Template, &c.Template) == nil:
	case json.Unmarshal(f.Template, &named) == nil:
		for _, n := range named {
			if n.Name == "default" {
				c.Template = n.Template
			}
		}
		if c.Template == "" {
			return c, fmt.Errorf("none of the %d chat templates is called default", len(named))
		}
	default:
		return c, fmt.Errorf("chat_template is neither a string nor a list of templates with names")
	}
	return c, nil
}

// A tokenName is read from "<s>" or {"content": "<s>", …}.
type tokenName string

// UnmarshalJSON reads both spellings.
func (n *tokenName) UnmarshalJSON(data []byte) error {
	var object struct{ Content string }
	if json.Unmarshal(data, (*string)(n)) == nil {
		return nil
	}
	if err := json.Unmarshal(data, &object); err != nil {
		return fmt.Errorf("a token is %.40s, want its name or an object with its content", data)
	}
	*n = tokenName(object.Content)
	return nil
}

// A ChatTemplate writes conversations for one tokenizer.
type ChatTemplate struct {
	tokenizer Tokenizer
	chat      Chat
	template  *jinja.Template
	specials  *nameFinder
}

// NewChatTemplate reads a tokenizer's template.
func NewChatTemplate(t Tokenizer) (*ChatTemplate, error) {
	c := t.Chat()
	template, err := jinja.Parse(c.Template)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: the chat template: %w", err)
	}
	return &ChatTemplate{t, c, template, newNameFinder(t.Specials())}, nil
}

// Render writes a conversation, followed, if answer, by what asks the model for the next
// turn. What is from message i has the origin i+1 in the text, what the template says has 0.
func (c *ChatTemplate) Render(messages []Message, answer bool) (jinja.Text, error) {
	list := make([]any, len(messages))
	for i, m := range messages {
		list[i] = map[string]any{"role": m.Role, "content": jinja.NewText(m.Content, int32(i+1))}
	}
	text, err := c.template.Render(map[string]any{
		"messages": list, "add_generation_prompt": answer, "bos_token": c.chat.Begin, "eos_token": c.chat.End,
	})
	if err != nil {
		return nil, fmt.Errorf("tokenizer: the chat template: %w", err)
	}
	return text, nil
}

// Encode returns the ids of a rendered text. Special tokens are recognised where the
// template itself wrote their names, all of it; the same letters in a message are letters.
// What stands between two of them is encoded as one text. follows tells that the text goes
// on from another that does not end with a special token.
func (c *ChatTemplate) Encode(text jinja.Text, follows bool) []int32 {
	s, from := text.Spell()
	var ids []int32
	begin := 0
	flush := func(end int) {
		if begin < end {
			ids = append(ids, encodePart(c.tokenizer, s[begin:end], follows)...)
		}
		follows = false
	}
	for at := 0; at < len(s); {
		skip, token := c.specials.next(s[at:])
		at += skip
		end := at + len(token.name)
		if at == len(s) {
			break
		}
		if slices.ContainsFunc(from[at:end], func(origin int32) bool { return origin != 0 }) {
			at++
			continue
		}
		flush(at)
		ids = append(ids, token.id)
		begin, at = end, end
	}
	flush(len(s))
	return ids
}

// Closing returns the beginning of a text that the template wrote up to the end of its
// first special token; nothing if there is none.
func (c *ChatTemplate) Closing(text jinja.Text) jinja.Text {
	own := 0
	for own < len(text) && text[own].From == 0 {
		own++
	}
	s := text[:own].String()
	at, token := c.specials.next(s)
	if at == len(s) {
		return nil
	}
	return jinja.NewText(s[:at+len(token.name)], 0)
}

// encodePart encodes a text, or, if it follows another, without the space that SentencePiece
// puts before a text.
func encodePart(t Tokenizer, text string, follows bool) []int32 {
	if s, ok := t.(*SentencePiece); ok && follows {
		return s.encode("", text)
	}
	return t.Encode(text)
}
