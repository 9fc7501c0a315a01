package train

import (
	"fmt"

	"inkstone/nn/tokenizer"
)

// A Dialogue turns prompts and answers into tokens, the same way in every stage: what a
// model is fine-tuned on is what its answers are later judged and rewarded for.
//
//	[prefix] prompt answer <|endoftext|>
type Dialogue struct {
	Tokenizer tokenizer.Tokenizer
	end       int32 // closes an answer; -1 if the tokenizer has no such token
}

// NewDialogue returns the dialogue of a tokenizer.
func NewDialogue(t tokenizer.Tokenizer) *Dialogue {
	d := &Dialogue{Tokenizer: t, end: -1}
	if id, ok := endToken(t); ok {
		d.end = id
	}
	return d
}

// End returns the token that closes an answer, or -1 if there is none.
func (d *Dialogue) End() int { return int(d.end) }

// Prompt returns the tokens that ask for an answer.
func (d *Dialogue) Prompt(text string) ([]int32, error) {
	ids := append([]int32(nil), d.Tokenizer.Prefix()...)
	if ids = append(ids, d.Tokenizer.Encode(text)...); len(ids) == 0 {
		return nil, fmt.Errorf("train: the prompt has no tokens")
	}
	return ids, nil
}

// Answer returns the tokens of an answer, closed by the end token.
func (d *Dialogue) Answer(text string) ([]int32, error) {
	ids := d.Tokenizer.Encode(text)
	if len(ids) == 0 {
		return nil, fmt.Errorf("train: the answer %q has no tokens", text)
	}
	if d.end >= 0 {
		ids = append(ids, d.end)
	}
	return ids, nil
}
