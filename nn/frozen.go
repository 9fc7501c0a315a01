package nn

import (
	"fmt"

	"inkstone/autograd"
	"inkstone/tensor"
)

// A Frozen is a copy of a model that only infers. Its matrices are packed once, in the precision of
// the backend at that time, so that no product has to pack them again: a token costs reading
// them, of BF16 half the bytes. Adapters are folded in; the projections to queries, keys and
// values are one matrix.
//
// It shares no weight with the model it was made of, which may go on learning, or be dropped,
// and its memory with it. It cannot learn itself: it has no Parameters, a tape that records
// panics in its first product, and Save and AddLoRA refuse it. Beside the packed matrices it
// keeps the table of embeddings as rows, even where the output head is the same numbers.
type Frozen struct {
	Model // never learns
	dtype tensor.DType
}

// Freeze returns a Frozen copy of a model, for backends that multiply as this one does. It
// takes any model of New or Load, with or without adapters.
func Freeze(m Model, backend tensor.Backend) (*Frozen, error) {
	if f, ok := m.(*Frozen); ok {
		return f, nil
	}
	s := newSnapshot(m)
	if s == nil {
		return nil, fmt.Errorf("nn: a %T cannot be frozen", m)
	}
	s.take(backend)
	return s.model, nil
}

// Parameters returns none: nothing in a Frozen learns.
func (f *Frozen) Parameters() []*autograd.Variable { return nil }

// dtypeOf returns the type of a model's numbers.
func dtypeOf(m Model) tensor.DType {
	if f, ok := m.(*Frozen); ok {
		return f.dtype
	}
	return m.Parameters()[0].Value.DType()
}

// A snapshot is a Frozen and where its weights come from, so that it can follow a model that
// learns: its numbers are those that the model had when take was last called.
type snapshot struct {
	model  *Frozen
	copies []copiedWeight
	packs  []packedWeight
	arena  *tensor.Arena // of what take needs for a while
	part   Linear        // a layer as its adapter is folded in
}

// copiedWeight is a tensor that is used as it is.
type copiedWeight struct {
	to   *tensor.Tensor
	from *autograd.Variable
}

// packedWeight is a matrix made of layers with the same inputs, side by side.
type packedWeight struct {
	to   *tensor.Packed
	from []*Linear
}

// freezer is what models implement that can be frozen: freeze returns a model of the same
// kind whose weights are those of the snapshot.
type freezer interface{ freeze(s *snapshot) Model }

// newSnapshot prepares a snapshot, which has no numbers before take. It returns nil for a model
// that cannot be frozen.
func newSnapshot(m Model) *snapshot {
	if l, ok := m.(*LoRA); ok {
		m = l.Model
	}
	f, ok := m.(freezer)
	if !ok {
		return nil
	}
	s := &snapshot{arena: tensor.NewArena(), part: Linear{Weight: autograd.Constant(nil)}}
	s.model = &Frozen{dtype: dtypeOf(m)}
	s.model.Model = f.freeze(s)
	return s
}

// take makes the weights those that the model has now. From the second time on it takes no
// memory, unless the model has DoRA adapters.
func (s *snapshot) take(backend tensor.Backend) {
	for _, c := range s.copies {
		backend.Copy(c.to, c.from.Value)
	}
	for _, p := range s.packs {
		backend.Pack(p.to, s.arena.Transpose(s.matrix(backend, p.from), 0, 1))
		s.arena.Reset()
	}
}

// matrix returns the weights of layers below one another, [ΣN, K], with their adapters folded
// in.
func (s *snapshot) matrix(backend tensor.Backend, layers []*Linear) *tensor.Tensor {
	if l := layers[0]; len(layers) == 1 && l.adapter == nil {
		return s.rows(l)
	}
	outputs, at := 0, 0
	for _, l := range layers {
		outputs += l.outputs()
	}
	all := s.arena.New(s.model.dtype, outputs, layers[0].inputs())
	for _, l := range layers {
		part := s.arena.Slice(all, 0, at, at+l.outputs())
		at += l.outputs()
		backend.Copy(part, s.rows(l))
		if l.adapter != nil {
			s.part.Weight.Value = part
			l.adapter.fold(backend, &s.part)
		}
	}
	return all
}

// rows views a layer's weight as [N, K].
func (s *snapshot) rows(l *Linear) *tensor.Tensor {
	if l.Conv1D {
		return s.arena.Transpose(l.Weight.Value, 0, 1)
	}
	return l.Weight.Value
}

// parameter returns a parameter that follows p, or nil for nil. That it wants a gradient is what
// makes a tape that records panic.
func (s *snapshot) parameter(p *autograd.Variable) *autograd.Variable {
	if p == nil {
		return nil
	}
	to := tensor.New(p.Value.DType(), p.Shape()...)
	s.copies = append(s.copies, copiedWeight{to, p})
	return autograd.NewParameter(p.Name, to)
}

// linear returns a layer that computes what layers with the same inputs compute, side by side.
func (s *snapshot) linear(layers ...*Linear) *Linear {
	l := &Linear{packed: new(tensor.Packed), Bias: s.biases(layers)}
	s.packs = append(s.packs, packedWeight{l.packed, layers})
	return l
}

// biases returns the biases of layers one after the other, or nil if they have none.
func (s *snapshot) biases(layers []*Linear) *autograd.Variable {
	if layers[0].Bias == nil {
		return nil
	}
	n, at := 0, 0
	for _, l := range layers {
		n += l.Bias.Dim(0)
	}
	all := tensor.New(s.model.dtype, n)
	for _, l := range layers {
		s.copies = append(s.copies, copiedWeight{all.Slice(0, at, at+l.Bias.Dim(0)), l.Bias})
		at += l.Bias.Dim(0)
	}
	return autograd.NewParameter(layers[0].Bias.Name, all)
}

func (s *snapshot) embedding(e *Embedding) *Embedding { return &Embedding{s.parameter(e.Weight)} }

func (s *snapshot) layerNorm(l *LayerNorm) *LayerNorm {
	return &LayerNorm{Weight: s.parameter(l.Weight), Bias: s.parameter(l.Bias), Eps: l.Eps}
}

func (s *snapshot) rmsNorm(l *RMSNorm) *RMSNorm {
	return &RMSNorm{Weight: s.parameter(l.Weight), Eps: l.Eps}
}
