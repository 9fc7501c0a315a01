package nn

import (
	"inkstone/autograd"
	"inkstone/tensor"
)

// A Model is a causal language model: it turns token ids into scores for the next token.
type Model interface {
	// Config returns the model's architecture.
	Config() *Config
	// Parameters returns the learned tensors in a fixed order, each once.
	Parameters() []*autograd.Variable
	// Hidden returns the final normalised hidden states [B, T, C] for ids [B, T] (Int32).
	// With a cache, ids continue the sequences in it and their keys and values are added.
	Hidden(t *autograd.Tape, ids *tensor.Tensor, cache *Cache) *autograd.Variable
	// HiddenPacked returns the hidden states [1, N, C] of sequences that lie one after the
	// other in ids [1, N]. Each is as it would be alone: positions count from its beginning,
	// and no token sees another sequence. starts (Int32 [n]) says where each begins.
	HiddenPacked(t *autograd.Tape, ids, starts *tensor.Tensor) *autograd.Variable
	// Logits maps hidden states [..., C] to scores [..., V].
	Logits(t *autograd.Tape, hidden *autograd.Variable) *autograd.Variable
}

// New returns a model of the given architecture with freshly initialised weights. The
// configuration must be valid (see Config.Validate).
func New(c *Config, dtype tensor.DType, seed uint64) (Model, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return build(c, &builder{dtype: dtype, seed: seed}), nil
}

// build makes a model of a valid configuration.
func build(c *Config, b *builder) Model {
	if c.ModelType == LlamaType {
		return newLlama(c, b)
	}
	return newGPT2(c, b)
}

// Loss returns the mean cross-entropy, in nats a token, of predicting targets [B, T] from
// ids [B, T] (both Int32). Negative targets do not count.
func Loss(t *autograd.Tape, m Model, ids, targets *tensor.Tensor) *autograd.Variable {
	return t.CrossEntropyMean(m.Logits(t, m.Hidden(t, ids, nil)), targets)
}
