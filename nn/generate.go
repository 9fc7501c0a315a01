package nn

import (
	"fmt"

	"inkstone/autograd"
	"inkstone/tensor"
)

// A Generator continues a token sequence, one token at a time, with a key-value cache.
type Generator struct {
	model Model
	tape  *autograd.Tape
	cache *Cache
	ids   *tensor.Tensor // [1, capacity]
	n     int            // ids[:n] are the sequence; the cache holds all but the last
}

// NewGenerator returns a generator for sequences of up to the model's context.
func NewGenerator(m Model, backend tensor.Backend) *Generator {
	c := m.Config()
	tape := autograd.NewTape(backend)
	tape.SetGrad(false)
	return &Generator{
		model: m, tape: tape,
		cache: NewCache(c, dtypeOf(m), 1, c.Context),
		ids:   tensor.New(tensor.Int32, 1, c.Context),
	}
}

// Start begins a new sequence with a prompt of at least one token. Positions that the new
// prompt shares with the old sequence are not computed again.
func (g *Generator) Start(prompt []int32) error {
	if len(prompt) == 0 {
		return fmt.Errorf("nn: empty prompt")
	}
	if len(prompt) > g.model.Config().Context {
		return fmt.Errorf("nn: the prompt has %d tokens, the model's context is %d", len(prompt), g.model.Config().Context)
	}
	ids := tensor.Data[int32](g.ids)
	for _, id := range prompt {
		if id < 0 || int(id) >= g.model.Config().Vocab {
			return fmt.Errorf("nn: token %d is outside the model's vocabulary of %d", id, g.model.Config().Vocab)
		}
	}
	same := 0
	for same < min(g.cache.Len(), len(prompt)-1) && ids[same] == prompt[same] {
		same++
	}
	g.cache.Truncate(same)
	g.n = copy(ids, prompt)
	return nil
}

// Sequence returns the prompt and what has been appended so far.
func (g *Generator) Sequence() []int32 { return tensor.Data[int32](g.ids)[:g.n] }

// Full reports whether the context is used up.
func (g *Generator) Full() bool { return g.n == g.model.Config().Context }

// Logits returns the scores [V] for the token that follows the sequence. They are valid
// until the next call.
func (g *Generator) Logits() []float32 { return tensor.Data[float32](g.logits()) }

func (g *Generator) logits() *tensor.Tensor {
	g.tape.Reset()
	if g.cache.Len() == g.n { // asked twice
		g.cache.Truncate(g.n - 1)
	}
	ids := g.tape.Arena().Slice(g.ids, 1, g.cache.Len(), g.n)
	hidden := g.model.Hidden(g.tape, ids, g.cache) // [1, T, C]
	last := g.tape.Slice(hidden, 1, hidden.Dim(1)-1, hidden.Dim(1))
	return g.model.Logits(g.tape, last).Value // [1, 1, V]
}

// Draw returns the token that follows the sequence, drawn by a sampler, without appending it.
func (g *Generator) Draw(s *Sampler) int32 {
	logits := g.logits()
	if drawn := drawOnDevice(g.tape, logits, s); drawn != nil {
		return drawn[0]
	}
	return s.Next(tensor.Data[float32](logits), g.Sequence())
}

// Append adds a token to the sequence.
func (g *Generator) Append(id int32) {
	if g.Full() {
		panic("nn: Append to a full context")
	}
	tensor.Data[int32](g.ids)[g.n] = id
	g.n++
}

// Generate appends up to n tokens drawn by a sampler and calls emit with each; it stops
// early when emit returns false, after the end-of-sequence token, or when the context is full.
func (g *Generator) Generate(n int, s *Sampler, emit func(id int32) bool) {
	for range n {
		if g.Full() {
			return
		}
		id := g.Draw(s)
		g.Append(id)
		if !emit(id) || int(id) == g.model.Config().EOS {
			return
		}
	}
}
