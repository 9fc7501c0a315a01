package main

import (
	"inkstone/nn"
	"inkstone/nn/tokenizer"
)

type convertCmd struct {
	File      string `arg:"" help:"Checkpoint of llama2.c (.bin)." type:"existingfile"`
	Tokenizer string `help:"The checkpoint's tokenizer (.bin)." required:"" type:"existingfile" placeholder:"FILE"`
	Out       string `help:"Model directory to write." required:"" type:"path" placeholder:"DIR"`
}

// Help teaches the verb.
func (convertCmd) Help() string {
	return `Reads a checkpoint of llama2.c and writes a Hugging Face model directory.

  inkstone convert stories260K.bin --tokenizer tok512.bin --out stories
  inkstone generate --model stories --temperature 0 "Once upon a time"`
}

// Run converts the files.
func (c *convertCmd) Run(u *ui) error {
	m, err := nn.ReadLlama2C(c.File)
	if err != nil {
		return err
	}
	t, err := tokenizer.ReadLlama2C(c.Tokenizer, m.Config().Vocab)
	if err != nil {
		return err
	}
	if err := nn.Save(m, c.Out); err != nil {
		return err
	}
	if err := t.Save(c.Out); err != nil {
		return err
	}
	n := m.Config().NumParameters()
	u.say("%s parameters in %s", count(float64(n)), c.Out)
	u.event("result", struct {
		Parameters int64  `json:"parameters"`
		Out        string `json:"out"`
	}{n, c.Out})
	return nil
}
