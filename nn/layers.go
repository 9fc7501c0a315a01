package nn

import (
	"strings"

	"inkstone/autograd"
	"inkstone/tensor"
)

// A Linear layer computes x·Wᵀ + bias (or x·W + bias).
type Linear struct {
	Weight *autograd.Variable // [N, K], or [K, N] if Conv1D
	Bias   *autograd.Variable // [N] or nil
	Conv1D bool               // the weight is stored [K, N], as GPT-2's checkpoints do

	adapter *adapter       // changes what the layer computes, see LoRA; or nil
	packed  *tensor.Packed // of a Frozen, in place of Weight; else nil
}

// Forward maps x [..., K] to [..., N].
func (l *Linear) Forward(t *autograd.Tape, x *autograd.Variable) *autograd.Variable {
	if l.adapter != nil {
		return l.adapter.forward(t, l, x)
	}
	return l.product(t, x, l.Bias)
}

// product computes x·Wᵀ + bias with the layer's own weight.
func (l *Linear) product(t *autograd.Tape, x, bias *autograd.Variable) *autograd.Variable {
	switch {
	case l.packed != nil:
		return t.LinearPacked(x, l.packed, bias)
	case l.Conv1D:
		return t.LinearT(x, l.Weight, bias)
	}
	return t.Linear(x, l.Weight, bias)
}

// inputs returns K.
func (l *Linear) inputs() int {
	if l.Conv1D {
		return l.Weight.Dim(0)
	}
	return l.Weight.Dim(1)
}

// outputs returns N.
func (l *Linear) outputs() int {
	if l.Conv1D {
		return l.Weight.Dim(1)
	}
	return l.Weight.Dim(0)
}

// name returns the layer's path in the model, such as "transformer.h.0.attn.c_attn".
func (l *Linear) name() string { return strings.TrimSuffix(l.Weight.Name, ".weight") }

// An Embedding is a table of vectors, one for each id.
type Embedding struct {
	Weight *autograd.Variable // [V, C]
}

// Forward looks up ids [...] (Int32) and returns [..., C].
func (e *Embedding) Forward(t *autograd.Tape, ids *tensor.Tensor) *autograd.Variable {
	return t.Embedding(e.Weight, ids)
}

// LayerNorm is layer normalisation with learned scale and shift.
type LayerNorm struct {
	Weight, Bias *autograd.Variable // [C]; Bias may be nil
	Eps          float64
}

// Forward normalises the rows of x [..., C].
func (l *LayerNorm) Forward(t *autograd.Tape, x *autograd.Variable) *autograd.Variable {
	return t.LayerNorm(x, l.Weight, l.Bias, l.Eps)
}

// RMSNorm is root-mean-square normalisation with a learned scale.
type RMSNorm struct {
	Weight *autograd.Variable // [C]
	Eps    float64
}

// Forward normalises the rows of x [..., C].
func (l *RMSNorm) Forward(t *autograd.Tape, x *autograd.Variable) *autograd.Variable {
	return t.RMSNorm(x, l.Weight, l.Eps)
}
