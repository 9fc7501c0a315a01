package train

import (
	"errors"
	"fmt"

	"inkstone/nn/tokenizer"
	"inkstone/nn/tokenizer/jinja"
)

// A Dialogue turns prompts and answers into tokens, the same way in every stage: what a
// model is fine-tuned on is what its answers are later judged and rewarded for.
//
// A tokenizer with a chat template has it write the turns. Without one they follow each
// other as they are:
//
//	[prefix] prompt answer <|endoftext|>
//
// Whatever the users of a model write, it gets no special token into a dialogue: those are
// recognised in the template's own text alone. (Added tokens that the tokenizer does not
// call special are text to it, and so they are here.)
type Dialogue struct {
	Tokenizer tokenizer.Tokenizer
	template  *tokenizer.ChatTemplate // nil for none
	closing   jinja.Text              // what the template writes after an answer to end it
	end       int32                   // closes an answer; -1 if there is no such token
	err       error                   // what is wrong with the template
}

// NewDialogue returns the dialogue of a tokenizer. A template that cannot be used is for
// the methods to report.
func NewDialogue(t tokenizer.Tokenizer) *Dialogue {
	d := &Dialogue{Tokenizer: t, end: -1}
	if t.Chat().Template == "" {
		if id, ok := endToken(t); ok {
			d.end = id
		}
		return d
	}
	if d.template, d.err = tokenizer.NewChatTemplate(t); d.err != nil {
		return d
	}
	d.err = d.learnClosing()
	return d
}

// learnClosing looks how the template ends an answer.
func (d *Dialogue) learnClosing() error {
	text, err := d.template.Render(probe, false)
	if err != nil {
		return err
	}
	_, end := span(text, len(probe))
	if end == 0 {
		return errors.New("train: the chat template leaves out the assistant's messages")
	}
	d.closing = d.template.Closing(text[end:])
	if ids := d.template.Encode(d.closing, true); len(ids) > 0 {
		d.end = ids[len(ids)-1]
	}
	return nil
}

// probe is a conversation to see how a template writes one.
var probe = []tokenizer.Message{{Role: tokenizer.User, Content: "x"}, {Role: tokenizer.Assistant, Content: "x"}}

// span returns where the characters of an origin begin and end in a text, 0 and 0 if it has
// none.
func span(text jinja.Text, origin int) (begin, end int) {
	for i, c := range text {
		if int(c.From) != origin {
			continue
		}
		if end == 0 {
			begin = i
		}
		end = i + 1
	}
	return begin, end
}

// End returns the token that closes an answer, or -1 if there is none.
func (d *Dialogue) End() int { return int(d.end) }

// Prompt returns the tokens that ask for an answer.
func (d *Dialogue) Prompt(text string) ([]int32, error) {
	var ids []int32
	if d.bare() {
		ids = append(append(ids, d.Tokenizer.Prefix()...), d.Tokenizer.Encode(text)...)
	} else {
		asked, err := d.render([]tokenizer.Message{{Role: tokenizer.User, Content: text}}, true)
		if err != nil {
			return nil, err
		}
		ids = d.template.Encode(asked, false)
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("train: the prompt has no tokens")
	}
	return ids, nil
}

// Answer returns the tokens of an answer, closed by the end token.
func (d *Dialogue) Answer(text string) ([]int32, error) {
	if d.bare() {
		ids := d.Tokenizer.Encode(text)
		if len(ids) == 0 {
			return nil, fmt.Errorf("train: the answer %q has no tokens", text)
		}
		if d.end >= 0 {
			ids = append(ids, d.end)
		}
		return ids, nil
	}
	e, err := d.Conversation([]tokenizer.Message{probe[0], {Role: tokenizer.Assistant, Content: text}})
	if err != nil {
		return nil, err
	}
	for i, w := range e.Weights {
		if w > 0 {
			return e.IDs[i:], nil
		}
	}
	return nil, fmt.Errorf("train: the answer %q has no tokens", text)
}

// Conversation returns a whole conversation, up to the end of the assistant's last turn, of
// which the assistant's turns are to be learned: what follows the template's request for an
// answer, as far as the token that ends it. Of a single question and answer the tokens are
// those of Prompt and Answer.
func (d *Dialogue) Conversation(messages []tokenizer.Message) (Example, error) {
	if d.bare() {
		return d.plain(messages)
	}
	whole, err := d.render(messages, false)
	if err != nil {
		return Example{}, err
	}
	var e Example
	at := 0
	add := func(end int, weight float32) {
		follows := len(e.IDs) > 0
		if follows {
			_, special := d.Tokenizer.Token(e.IDs[len(e.IDs)-1])
			follows = !special
		}
		e.add(d.template.Encode(whole[at:end], follows), weight)
		at = end
	}
	for k, m := range messages {
		if m.Role != tokenizer.Assistant {
			continue
		}
		asked, err := d.render(messages[:k], true)
		if err != nil {
			return Example{}, err
		}
		_, end := span(whole, k+1)
		switch {
		case end == 0:
			return Example{}, fmt.Errorf("train: nothing of message %d is left by the chat template", k+1)
		case len(asked) < at || len(asked) > end || !whole.HasPrefix(asked):
			return Example{}, fmt.Errorf("train: the chat template writes message %d elsewhere than where it asks for it", k+1)
		}
		if whole[end:].HasPrefix(d.closing) {
			end += len(d.closing)
		}
		add(len(asked), 0)
		add(end, 1)
	}
	return e, nil
}

// plain is Conversation without a template.
func (d *Dialogue) plain(messages []tokenizer.Message) (e Example, err error) {
	e.add(d.Tokenizer.Prefix(), 0)
	for _, m := range messages {
		if m.Role != tokenizer.Assistant {
			e.add(d.Tokenizer.Encode(m.Content), 0)
			continue
		}
		ids, err := d.Answer(m.Content)
		if err != nil {
			return e, err
		}
		e.add(ids, 1)
	}
	return e, nil
}

// bare reports whether no template writes the turns.
func (d *Dialogue) bare() bool { return d.template == nil && d.err == nil }

func (d *Dialogue) render(messages []tokenizer.Message, answer bool) (jinja.Text, error) {
	if d.err != nil {
		return nil, d.err
	}
	return d.template.Render(messages, answer)
}

// add appends tokens of one weight.
func (e *Example) add(ids []int32, weight float32) {
	e.IDs = append(e.IDs, ids...)
	for range ids {
		e.Weights = append(e.Weights, weight)
	}
}
