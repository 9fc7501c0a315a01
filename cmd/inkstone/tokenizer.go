package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"inkstone/nn/tokenizer"
	"inkstone/train"
)

type tokenizerCmd struct {
	Train  tokenizerTrainCmd  `cmd:"" help:"Learn a tokenizer from text."`
	Encode tokenizerEncodeCmd `cmd:"" help:"Turn text into token ids."`
	Decode tokenizerDecodeCmd `cmd:"" help:"Turn token ids into text."`
}

type tokenizerTrainCmd struct {
	Data  []string `help:"Text files, or JSONL files of {\"text\": …}." required:"" type:"existingfile" placeholder:"FILE"`
	Out   string   `help:"Directory for tokenizer.json." required:"" type:"path" placeholder:"DIR"`
	Vocab int      `help:"Tokens in the vocabulary, at least 257." default:"4096"`
	Kind  string   `help:"bpe (byte-level, writes any text) or chars (a token a character)." default:"bpe" enum:"bpe,chars"`
}

// Help teaches the verb.
func (tokenizerTrainCmd) Help() string {
	return `The result is a Hugging Face tokenizer.json, which other tools read.

  inkstone tokenizer train --data book.txt --vocab 4096 --out tok
  inkstone tokenizer encode --tokenizer tok "To be, or not to be"`
}

// Run learns a tokenizer.
func (c *tokenizerTrainCmd) Run(ctx context.Context, u *ui) error {
	t, err := train.LearnTokenizer(ctx, c.Data, c.Kind, c.Vocab, func(done, total int) { u.progress(done, total, "merging pairs") })
	if err != nil {
		return err
	}
	if err := t.Save(c.Out); err != nil {
		return err
	}
	u.say("%d tokens in %s", t.VocabSize(), c.Out)
	u.event("result", struct {
		Vocab int    `json:"vocab"`
		Out   string `json:"out"`
	}{t.VocabSize(), c.Out})
	return nil
}

type tokenizerEncodeCmd struct {
	Text      string `arg:"" help:"Text; - reads standard input."`
	Tokenizer string `help:"Model directory, or a tokenizer.json." required:"" type:"path" placeholder:"PATH"`
	Special   bool   `help:"Read special tokens, such as <|endoftext|>, in the text."`
}

// Run prints the ids of a text.
func (c *tokenizerEncodeCmd) Run(u *ui) error {
	t, err := tokenizer.Load(c.Tokenizer)
	if err != nil {
		return err
	}
	text, err := argument(c.Text)
	if err != nil {
		return err
	}
	ids := t.Encode(text)
	if c.Special {
		ids = tokenizer.EncodeSpecial(t, text)
	}
	pieces := make([]string, len(ids))
	for i, id := range ids {
		pieces[i], _ = t.Token(id)
	}
	if u.events == nil {
		fmt.Println(strings.Trim(fmt.Sprint(ids), "[]"))
	}
	u.event("result", struct {
		IDs    []int32  `json:"ids"`
		Tokens []string `json:"tokens"`
	}{ids, pieces})
	return nil
}

type tokenizerDecodeCmd struct {
	IDs       []string `arg:"" name:"ids" help:"Token ids; - reads them from standard input."`
	Tokenizer string   `help:"Model directory, or a tokenizer.json." required:"" type:"path" placeholder:"PATH"`
}

// Run prints the text of ids.
func (c *tokenizerDecodeCmd) Run(u *ui) error {
	t, err := tokenizer.Load(c.Tokenizer)
	if err != nil {
		return err
	}
	text, err := argument(strings.Join(c.IDs, " "))
	if err != nil {
		return err
	}
	var ids []int32
	for _, field := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,[]\n\t\r", r) }) {
		id, err := strconv.ParseInt(field, 10, 32)
		if err != nil || id < 0 || int(id) >= t.VocabSize() {
			return usagef("tokenizer decode: %q is no token id; there are 0 to %d", field, t.VocabSize()-1)
		}
		ids = append(ids, int32(id))
	}
	decoded := t.Decode(ids)
	if u.events == nil {
		fmt.Println(decoded)
	}
	u.event("result", struct {
		Text string `json:"text"`
	}{decoded})
	return nil
}

// argument returns a text from the command line, or standard input for "-".
func argument(text string) (string, error) {
	if text != "-" {
		return text, nil
	}
	data, err := io.ReadAll(io.LimitReader(os.Stdin, 1<<28))
	return string(data), err
}
