package main

import (
	"fmt"
	"strings"

	"inkstone/nn"
)

// size is a named model size.
type size struct {
	name                                    string
	vocab, context, channels, layers, heads int
	llamaHidden                             int // F of a Llama-type model; 0 for GPT-2's type
}

// sizes are the models that --size names. tiny to medium are for training on a CPU; their
// vocabulary is the tokenizer's. poet is the demo's. llama-124m is GPT-2's smallest with the layers of
// Llama. The others have their published shapes (Radford et al. 2019, table 2; Brown et al. 2020,
// table 2.1).
var sizes = []size{
	{"tiny", 0, 128, 64, 2, 2, 0},
	{"small", 0, 256, 192, 4, 4, 0},
	{"medium", 0, 256, 384, 6, 6, 0},
	{"poet", 4352, 35, 192, 4, 4, 0},
	{"gpt2", 50257, 1024, 768, 12, 12, 0},
	{"gpt2-medium", 50257, 1024, 1024, 24, 16, 0},
	{"gpt2-large", 50257, 1024, 1280, 36, 20, 0},
	{"gpt2-xl", 50257, 1024, 1600, 48, 25, 0},
	{"gpt3", 50257, 2048, 12288, 96, 96, 0},
	{"llama-124m", 50257, 1024, 768, 12, 12, 2048},
}

// defaultVocab stands in for the tokenizer's vocabulary where there is no tokenizer yet.
const defaultVocab = 8192

func sizeNames() string {
	var names []string
	for _, s := range sizes {
		names = append(names, s.name)
	}
	return strings.Join(names, ", ")
}

// sizeNamed returns the configuration of a named size.
func sizeNamed(name string) (*nn.Config, error) {
	for _, s := range sizes {
		if s.name == name {
			return s.config(), nil
		}
	}
	return nil, usagef("no size %q; there are %s", name, sizeNames())
}

func (s size) config() *nn.Config {
	c := &nn.Config{
		ModelType: nn.GPT2Type, Vocab: s.vocab, Context: s.context, Channels: s.channels, Layers: s.layers,
		Heads: s.heads, KVHeads: s.heads, HeadSize: s.channels / s.heads, Hidden: 4 * s.channels,
		Activation: "gelu_new", NormEps: 1e-5, TiedHead: true, InitStd: 0.02, BOS: -1, EOS: -1,
	}
	if s.llamaHidden > 0 {
		c.ModelType, c.Activation, c.Hidden, c.RopeTheta = nn.LlamaType, "silu", s.llamaHidden, 10000
	}
	if c.Vocab == 0 {
		c.Vocab = defaultVocab
	}
	if err := c.Validate(); err != nil {
		panic(fmt.Sprintf("inkstone: size %s: %v", s.name, err))
	}
	return c
}
