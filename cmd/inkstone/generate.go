package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"inkstone/nn"
	"inkstone/nn/tokenizer"
	"inkstone/tensor"
	"inkstone/train"
)

type generateCmd struct {
	Prompt      string   `arg:"" optional:"" help:"Text to continue; - reads it from standard input."`
	Model       string   `help:"Model directory." required:"" type:"path" placeholder:"DIR"`
	Adapter     string   `help:"Directory of a LoRA adapter for the model." type:"path" placeholder:"DIR"`
	Tokens      int      `help:"Tokens to write at most." default:"128"`
	Temperature float64  `help:"Randomness: 0 always takes the most likely token." default:"0.8"`
	TopK        int      `help:"Choose among the k most likely tokens; 0 means all." default:"0" placeholder:"K"`
	TopP        float64  `help:"Choose among the likeliest tokens that together have this probability; 1 means all." default:"0.95" placeholder:"P"`
	MinP        float64  `help:"Leave out tokens less likely than this share of the likeliest." default:"0" placeholder:"P"`
	Repetition  float64  `help:"Penalty for tokens already there; 1 means none." default:"1" placeholder:"X"`
	Stop        []string `help:"Stop before this text; may be given more than once." placeholder:"TEXT" sep:"none"`
	Chat        bool     `help:"Answer the text as a message, in the way the model's chat template says."`
	Special     bool     `help:"Read special tokens, such as <|endoftext|>, in the prompt."`
}

// Help teaches the verb.
func (generateCmd) Help() string {
	return `Continues a text, printing it as it is written.

  inkstone generate --model inkstone-demo/model --temperature 0 --tokens 6 "舉頭望山月，"
  inkstone generate --model run/model --temperature 0.9 --top-p 0.9 --stop "." "Once upon a time"`
}

// Run continues the prompt.
func (c *generateCmd) Run(ctx context.Context, u *ui, g *globals) error {
	sampling := nn.Sampling{Temperature: c.Temperature, TopK: c.TopK, TopP: c.TopP, MinP: c.MinP, Repetition: c.Repetition}
	if err := sampling.Validate(); err != nil {
		return usageError{err}
	}
	if c.Tokens < 0 {
		return usagef("generate: --tokens %d, want 0 or more", c.Tokens)
	}
	if c.Prompt == "-" {
		data, err := io.ReadAll(io.LimitReader(os.Stdin, 1<<24))
		if err != nil {
			return err
		}
		c.Prompt = string(data)
	}
	dev, err := g.backend(u)
	if err != nil {
		return err
	}
	defer dev.Close()
	tok, err := tokenizer.Load(c.Model)
	if err != nil {
		return err
	}
	m, err := c.load(dev)
	if err != nil {
		return err
	}
	if err := checkVocab(c.Model, tok, m.Config()); err != nil {
		return err
	}
	prompt := promptIDs(tok, m.Config(), c.Prompt, c.Special)
	if c.Chat {
		if prompt, err = train.NewDialogue(tok).Prompt(c.Prompt); err != nil {
			return err
		}
	}
	writer := nn.NewGenerator(m, dev)
	if err := writer.Start(prompt); err != nil {
		return err
	}
	start, written := time.Now(), 0
	out := newTextWriter(tok, prompt, c.Stop)
	if u.events == nil && !c.Chat {
		fmt.Print(c.Prompt)
	}
	writer.Generate(c.Tokens, nn.NewSampler(sampling, tensor.NewStream(g.Seed, "generate", 0)), func(id int32) bool {
		written++
		if int(id) == m.Config().EOS {
			return false
		}
		piece, more := out.add(id)
		if u.events == nil {
			fmt.Print(piece)
		}
		return more && ctx.Err() == nil
	})
	rest := out.flush()
	if u.events == nil {
		fmt.Println(rest)
	}
	if err := dev.Err(); err != nil {
		return err
	}
	u.event("result", struct {
		Prompt string  `json:"prompt"`
		Text   string  `json:"text"`
		Tokens int     `json:"tokens"`
		Speed  float64 `json:"tokens_per_second"`
	}{c.Prompt, out.text(), written, float64(written) / max(time.Since(start).Seconds(), 1e-9)})
	return nil
}

// load loads the model to write with, its weights packed once and the adapter folded in if there
// is one: a token then costs no more than the base model's.
func (c *generateCmd) load(backend tensor.Backend) (nn.Model, error) {
	var m nn.Model
	var err error
	if c.Adapter == "" {
		m, err = nn.Load(c.Model, tensor.Float32, backend)
	} else {
		m, _, err = loadMerged(c.Model, c.Adapter, backend)
	}
	if err != nil {
		return nil, err
	}
	return nn.Freeze(m, backend)
}

// checkVocab reports a tokenizer that writes ids its model does not know.
func checkVocab(dir string, tok tokenizer.Tokenizer, c *nn.Config) error {
	if n := tok.VocabSize(); n > c.Vocab {
		return fmt.Errorf("%s: the tokenizer has %d tokens, the model %d: they do not belong together", dir, n, c.Vocab)
	}
	return nil
}

// promptIDs encodes a prompt. A model must be given at least one token: where the tokenizer
// has no prefix of its own, an empty prompt becomes the end-of-text token.
func promptIDs(tok tokenizer.Tokenizer, c *nn.Config, prompt string, special bool) []int32 {
	ids := append([]int32(nil), tok.Prefix()...)
	if special {
		ids = append(ids, tokenizer.EncodeSpecial(tok, prompt)...)
	} else {
		ids = append(ids, tok.Encode(prompt)...)
	}
	if len(ids) == 0 {
		if id, ok := tok.ID(tokenizer.EndOfText); ok {
			return []int32{id}
		}
		return []int32{int32(max(c.BOS, 0))}
	}
	return ids
}

// A textWriter turns tokens into text piece by piece. It holds back what might still
// change: half a character, and what may be the beginning of a stop text.
type textWriter struct {
	tok   tokenizer.Tokenizer
	ids   []int32
	skip  int // bytes of the prompt's text
	stop  []string
	shown int    // bytes of the continuation given out
	all   string // the continuation so far
	ended bool
}

func newTextWriter(tok tokenizer.Tokenizer, prompt []int32, stop []string) *textWriter {
	return &textWriter{tok: tok, ids: append([]int32(nil), prompt...), skip: len(tok.Decode(prompt)), stop: stop}
}

// add takes a token and returns the text that is certain now, and whether to go on.
func (w *textWriter) add(id int32) (piece string, more bool) {
	w.ids = append(w.ids, id)
	text := w.tok.Decode(w.ids)
	w.all = text[min(w.skip, len(text)):]
	for _, s := range w.stop {
		if at := strings.Index(w.all, s); s != "" && at >= 0 {
			w.all, w.ended = w.all[:at], true
		}
	}
	if w.ended {
		return w.flush(), false
	}
	certain := len(w.all) - w.unfinished()
	piece = w.all[w.shown:max(certain, w.shown)]
	w.shown += len(piece)
	return piece, true
}

// unfinished returns how many bytes at the end may still become something else.
func (w *textWriter) unfinished() int {
	hold := 0
	for n := 1; n <= min(utf8.UTFMax-1, len(w.all)); n++ {
		if end := w.all[len(w.all)-n:]; utf8.RuneStart(end[0]) {
			if !utf8.FullRuneInString(end) {
				hold = n
			}
			break
		}
	}
	for _, s := range w.stop {
		for n := min(len(s)-1, len(w.all)); n > hold; n-- {
			if strings.HasSuffix(w.all, s[:n]) {
				hold = n
			}
		}
	}
	return hold
}

// flush returns what was held back.
func (w *textWriter) flush() string {
	rest := w.all[min(w.shown, len(w.all)):]
	w.shown = len(w.all)
	return rest
}

// text returns the whole continuation.
func (w *textWriter) text() string { return w.all }
