package main

import (
	"fmt"
	"io"
	"os"

	"inkstone/nn"
	"inkstone/nn/tokenizer"
	"inkstone/tensor"
	"inkstone/train"
)

type mergeCmd struct {
	Model   string `help:"Directory of the base model." required:"" type:"path" placeholder:"DIR"`
	Adapter string `help:"Directory of the LoRA adapter, with adapter_config.json." required:"" type:"path" placeholder:"DIR"`
	Out     string `help:"Model directory to write; new or empty." required:"" type:"path" placeholder:"DIR"`
}

// Help teaches the verb.
func (mergeCmd) Help() string {
	return `Folds a LoRA adapter, in PEFT's format, into the model it was trained on. The result is a model like any other:

  inkstone merge --model base --adapter run/adapter --out merged
  inkstone generate --model merged "Once upon a time"

To try an adapter without writing a model:

  inkstone generate --model base --adapter run/adapter "Once upon a time"`
}

// Run merges the files.
func (c *mergeCmd) Run(u *ui, g *globals) error {
	if err := checkVacant(c.Out); err != nil {
		return err
	}
	cpu := tensor.NewCPU(g.Threads)
	defer cpu.Close()
	tok, err := tokenizer.Load(c.Model)
	if err != nil {
		return err
	}
	m, learned, err := loadMerged(c.Model, c.Adapter, cpu)
	if err != nil {
		return err
	}
	if err := checkVocab(c.Model, tok, m.Config()); err != nil {
		return err
	}
	if err := train.WriteDirAtomic(c.Out, func(dir string) error {
		if err := nn.Save(m, dir); err != nil {
			return err
		}
		return tok.Save(dir)
	}); err != nil {
		return err
	}
	u.say("adapter     %s", learned)
	u.say("The merged model is in %s.", c.Out)
	u.event("result", struct {
		Model     string `json:"model"`
		Trainable int64  `json:"trainable"`
		Total     int64  `json:"total"`
	}{c.Out, learned.Trainable, learned.Total})
	return nil
}

// loadMerged loads a model and folds an adapter into it. It also returns how many numbers
// the adapter learned, of all there were.
func loadMerged(model, adapter string, backend tensor.Backend) (nn.Model, nn.ParameterCount, error) {
	m, err := nn.Load(model, tensor.Float32, backend)
	if err != nil {
		return nil, nn.ParameterCount{}, err
	}
	l, err := nn.LoadLoRA(m, adapter, backend)
	if err != nil {
		return nil, nn.ParameterCount{}, err
	}
	learned := l.Count()
	l.Merge(backend)
	return m, learned, nil
}

// checkVacant reports a path that is taken by anything but an empty directory.
func checkVacant(path string) error {
	d, err := os.Open(path)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	defer d.Close()
	if _, err := d.Readdirnames(1); err == io.EOF {
		return nil
	} else if err != nil {
		return err
	}
	return fmt.Errorf("%s is not empty; choose another directory", path)
}
