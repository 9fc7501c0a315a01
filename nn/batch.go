package nn

import (
	"fmt"

	"inkstone/autograd"
	"inkstone/tensor"
)

// A BatchGenerator continues many sequences at once: one step of the model gives each of
// them its next token, and the weights are read once for all.
type BatchGenerator struct {
	model Model
	from  *snapshot // of the model that learns, if model is a copy of it; else nil
	tape  *autograd.Tape
	cache *Cache
	ids   *tensor.Tensor // [B, 1], the tokens of a step
	drawn []*Sampler     // [B], of the rows that draw in a step; nil for others
}

// NewBatchGenerator returns a generator on a backend. A model that is not a Frozen may learn
// between two calls of Generate: each begins by freezing what the model has become, which
// takes the memory of a second set of weights and about the time of three steps of one sequence.
func NewBatchGenerator(m Model, backend tensor.Backend) *BatchGenerator {
	g := &BatchGenerator{model: m, tape: autograd.NewTape(backend)}
	if _, ok := m.(*Frozen); !ok {
		if g.from = newSnapshot(m); g.from != nil {
			g.model = g.from.model
		}
	}
	g.tape.SetGrad(false)
	return g
}

// Generate continues each prompt by up to most tokens, each drawn by its own sampler, which no
// other row may use, and returns what it added. A sequence ends early after the model's end-of-sequence token, which
// is part of it, or where stop, called with the row and what it has so far, returns true;
// stop may be nil. Prompts and continuations must fit the model's context.
//
// Prompts may differ in length: all rows start together, and a row whose prompt is longer
// than the others' is fed its own tokens for as long as they last, while the others already
// draw theirs. So every token stands at its own position and no row needs padding.
func (g *BatchGenerator) Generate(prompts [][]int32, most int, samplers []*Sampler, stop func(row int, added []int32) bool) ([][]int32, error) {
	shortest, longest, err := g.check(prompts, most)
	if err != nil || len(prompts) == 0 {
		return nil, err
	}
	if g.from != nil {
		g.from.take(g.tape.Backend())
	}
	B := len(prompts)
	g.reserve(B, longest+most)
	first := tensor.New(tensor.Int32, B, shortest)
	for i, p := range prompts {
		copy(tensor.Data[int32](first)[i*shortest:], p[:shortest])
	}
	whole, added := make([][]int32, B), make([][]int32, B)
	for i, p := range prompts {
		whole[i] = append(make([]int32, 0, len(p)+most), p...)
	}
	ended := make([]bool, B)
	live := B
	for ids, at := first, shortest; live > 0; ids, at = g.ids, at+1 {
		d := drawing{at: at, prompts: prompts, whole: whole, ended: ended, samplers: samplers, logits: g.logits(ids), next: tensor.Data[int32](g.ids)}
		g.draw(d)
		for i, p := range prompts {
			switch {
			case at < len(p):
				d.next[i] = p[at]
			case ended[i]:
				d.next[i] = 0 // nothing reads it
			default:
				whole[i] = append(whole[i], d.next[i])
				added[i] = whole[i][len(p):]
				if len(added[i]) == most || int(d.next[i]) == g.model.Config().EOS || stop != nil && stop(i, added[i]) {
					ended[i] = true
					live--
				}
			}
		}
	}
	return added, nil
}

// drawing holds what the rows of a step draw from.
type drawing struct {
	at             int // the position that is drawn
	prompts, whole [][]int32
	ended          []bool
	samplers       []*Sampler
	logits         *tensor.Tensor // [B, V]
	next           []int32        // [B], the tokens
}

// drawn reports whether row i needs a token: it has not ended, and its prompt has.
func (d *drawing) drawn(i int) bool { return d.at >= len(d.prompts[i]) && !d.ended[i] }

// draw draws a token for each row that goes on: on a device, or on all threads of the backend, as
// rows have samplers of their own.
func (g *BatchGenerator) draw(d drawing) {
	for i := range d.next {
		if g.drawn[i] = nil; d.drawn(i) {
			g.drawn[i] = d.samplers[i]
		}
	}
	if drawn := drawOnDevice(g.tape, d.logits, g.drawn...); drawn != nil {
		copy(d.next, drawn)
		return
	}
	if cpu, ok := g.tape.Backend().(interface{ Pool() *tensor.Pool }); ok {
		tensor.For(cpu.Pool(), len(d.next), 1, d, drawRows)
		return
	}
	drawRows(&d, 0, len(d.next))
}

// drawRows draws for rows [lo, hi).
func drawRows(d *drawing, lo, hi int) {
	V := d.logits.Dim(1)
	for i := lo; i < hi; i++ {
		if d.drawn(i) {
			d.next[i] = d.samplers[i].Next(tensor.Data[float32](d.logits)[i*V:][:V], d.whole[i])
		}
	}
}

// check reports prompts that cannot be continued.
func (g *BatchGenerator) check(prompts [][]int32, most int) (shortest, longest int, err error) {
	c := g.model.Config()
	for i, p := range prompts {
		if len(p) == 0 {
			return 0, 0, fmt.Errorf("nn: prompt %d is empty", i)
		}
		if len(p)+most > c.Context {
			return 0, 0, fmt.Errorf("nn: prompt %d has %d tokens, with %d more it is longer than the model's context of %d", i, len(p), most, c.Context)
		}
		for _, id := range p {
			if id < 0 || int(id) >= c.Vocab {
				return 0, 0, fmt.Errorf("nn: prompt %d: token %d is outside the model's vocabulary of %d", i, id, c.Vocab)
			}
		}
		if i == 0 {
			shortest = len(p)
		}
		shortest, longest = min(shortest, len(p)), max(longest, len(p))
	}
	if most < 1 {
		return 0, 0, fmt.Errorf("nn: %d tokens to generate, want at least 1", most)
	}
	return shortest, longest, nil
}

// reserve makes room for B sequences of a length and forgets the ones before.
func (g *BatchGenerator) reserve(B, length int) {
	if g.ids != nil && g.ids.Dim(0) == B && g.cache.Cap() >= length {
		g.cache.Truncate(0)
		return
	}
	g.cache = NewCache(g.model.Config(), dtypeOf(g.model), B, length)
	g.ids = tensor.New(tensor.Int32, B, 1)
	g.drawn = make([]*Sampler, B)
}

// logits returns the scores [B, V] for the tokens that follow ids [B, T].
func (g *BatchGenerator) logits(ids *tensor.Tensor) *tensor.Tensor {
	g.tape.Reset()
	hidden := g.model.Hidden(g.tape, ids, g.cache) // [B, T, C]
	T := hidden.Dim(1)
	last := g.tape.Reshape(g.tape.Contiguous(g.tape.Slice(hidden, 1, T-1, T)), hidden.Dim(0), hidden.Dim(2)) // [B, C]
	return g.model.Logits(g.tape, last).Value
}
