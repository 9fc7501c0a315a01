package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"inkstone/nn/tokenizer"
)

// ReadExamples reads what a model is to be fine-tuned on. A line of a JSONL file is one of
//
//	{"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]}
//	{"prompt": "…", "response": "…"}
//	{"text": "…"}
//
// where "completion" may stand for "response". Other keys are ignored. Of a conversation the
// assistant's turns are learned; of a text, which may be long and is cut into pieces that fit
// the context, everything. A file that is not JSONL is one text. A line that cannot be learned
// from is an error "file:line: what".
func ReadExamples(paths []string, d *Dialogue, vocab, context int) ([]Example, error) {
	var all []Example
	for _, path := range paths {
		if isJSONL(path) {
			err := ReadJSONL(path, func(_ int, object []byte) error {
				some, err := d.examples(object, vocab, context)
				all = append(all, some...)
				return err
			})
			if err != nil {
				return nil, err
			}
			continue
		}
		ids := d.Tokenizer.Prefix()
		if err := ReadText(path, func(piece []byte) error {
			ids = append(ids, d.Tokenizer.Encode(string(piece))...)
			return nil
		}); err != nil {
			return nil, err
		}
		some, err := d.pieces(ids, vocab, context)
		if err != nil {
			return nil, fmt.Errorf("train: %s: %w", path, err)
		}
		all = append(all, some...)
	}
	return all, nil
}

// examples returns what is to be learned from a line.
func (d *Dialogue) examples(object []byte, vocab, context int) ([]Example, error) {
	text, messages, err := parseRecord(object)
	if err != nil {
		return nil, err
	}
	if messages == nil {
		return d.pieces(append(d.Tokenizer.Prefix(), d.Tokenizer.Encode(text)...), vocab, context)
	}
	e, err := d.Conversation(messages)
	if err != nil {
		return nil, err
	}
	return []Example{e}, e.fits(vocab, context)
}

// fits reports why a conversation cannot be learned by a model of that vocabulary and context.
func (e Example) fits(vocab, context int) error {
	answer := len(e.IDs) // where the last one begins
	for answer > 0 && e.Weights[answer-1] > 0 {
		answer--
	}
	switch n := len(e.IDs) - 1; {
	case answer >= context:
		return fmt.Errorf("the prompt has %d tokens, which leaves no place for an answer in a context of %d; shorten it or leave it out", answer, context)
	case n > context:
		return fmt.Errorf("the conversation has %d tokens, the context is %d; shorten it or leave it out", n, context)
	case n < 1:
		return errors.New("a single token, which nothing can be learned from")
	}
	return checkTokens(e.IDs, vocab)
}

// checkTokens reports a token that a model does not know.
func checkTokens(ids []int32, vocab int) error {
	for _, id := range ids {
		if id < 0 || int(id) >= vocab {
			return fmt.Errorf("token %d is outside the model's vocabulary of %d", id, vocab)
		}
	}
	return nil
}

// pieces cuts a text, closed by the end token, into examples in which every token is predicted
// once: each piece begins with the last token of the one before.
func (d *Dialogue) pieces(ids []int32, vocab, context int) (all []Example, err error) {
	if err := checkTokens(ids, vocab); err != nil {
		return nil, err
	}
	if id, ok := endToken(d.Tokenizer); ok {
		ids = append(ids, id)
	}
	if len(ids) < 2 {
		return nil, errors.New("a text of less than two tokens, which nothing can be learned from")
	}
	for ; len(ids) > 1; ids = ids[min(context, len(ids)-1):] {
		var e Example
		e.add(ids[:min(context+1, len(ids))], 1)
		all = append(all, e)
	}
	return all, nil
}

// parseRecord returns a line's messages, or its text.
func parseRecord(object []byte) (text string, messages []tokenizer.Message, err error) {
	var line struct {
		Messages []struct {
			Role    string  `json:"role"`
			Content *string `json:"content"`
		} `json:"messages"`
		Prompt     *string `json:"prompt"`
		Response   *string `json:"response"`
		Completion *string `json:"completion"`
		Text       *string `json:"text"`
	}
	if err := json.Unmarshal(object, &line); err != nil {
		return "", nil, err
	}
	if line.Response == nil {
		line.Response = line.Completion
	}
	pair := line.Prompt != nil || line.Response != nil
	switch {
	case line.Messages != nil && !pair && line.Text == nil:
		for i, m := range line.Messages {
			if m.Content == nil {
				return "", nil, fmt.Errorf(`message %d has no "content"`, i+1)
			}
			messages = append(messages, tokenizer.Message{Role: m.Role, Content: *m.Content})
		}
		return "", messages, checkMessages(messages)
	case pair && line.Messages == nil && line.Text == nil:
		switch {
		case line.Prompt == nil:
			return "", nil, errors.New(`a "response" without a "prompt"`)
		case line.Response == nil:
			return "", nil, errors.New(`a "prompt" without a "response"`)
		case strings.TrimSpace(*line.Response) == "":
			return "", nil, errors.New("the response is empty")
		}
		return "", []tokenizer.Message{{Role: tokenizer.User, Content: *line.Prompt}, {Role: tokenizer.Assistant, Content: *line.Response}}, nil
	case line.Text != nil && line.Messages == nil && !pair:
		return *line.Text, nil, nil
	case line.Messages == nil && !pair && line.Text == nil:
		return "", nil, errors.New(`want "messages", "prompt" and "response", or "text"`)
	}
	return "", nil, errors.New(`want only one of "messages", "prompt" and "response", and "text"`)
}

// checkMessages reports why there is nothing to learn from a conversation.
func checkMessages(messages []tokenizer.Message) error {
	if len(messages) == 0 {
		return errors.New("no messages")
	}
	for i, m := range messages {
		switch m.Role {
		case tokenizer.System, tokenizer.User:
		case tokenizer.Assistant:
			if strings.TrimSpace(m.Content) == "" {
				return fmt.Errorf("message %d, the assistant's, is empty", i+1)
			}
		default:
			return fmt.Errorf("message %d has the unknown role %.20q, want system, user or assistant", i+1, m.Role)
		}
	}
	if last := messages[len(messages)-1]; last.Role != tokenizer.Assistant {
		return fmt.Errorf("the last message is the %s's, want the assistant's, which is what is learned", last.Role)
	}
	return nil
}
