package nn

import (
	"fmt"

	"inkstone/autograd"
	"inkstone/tensor"
)

// An adapter changes what one Linear computes, with a weight W of N rows and K columns.
//
//	LoRA  y = x·Wᵀ + bias + scale·dropout(x)·Aᵀ·Bᵀ
//	DoRA  y = (x·Wᵀ + scale·dropout(x)·Aᵀ·Bᵀ) ∘ magnitude/‖W + scale·B·A‖ + bias
//
// where ‖·‖ is the length of each row. To the backward that length is a constant (Liu et
// al. 2024, section 4.3), which saves the gradient of a whole matrix.
//
// W itself is only ever multiplied by Linear.product and measured here.
type adapter struct {
	a         *autograd.Variable // A [R, K]
	b         *autograd.Variable // B [N, R]
	magnitude *autograd.Variable // [N] with DoRA, else nil
	scale     float64
	dropout   float64
}

// forward maps x [..., K] to [..., N].
func (a *adapter) forward(t *autograd.Tape, l *Linear, x *autograd.Variable) *autograd.Variable {
	low := t.Linear(t.Dropout(x, a.dropout), a.a, nil) // [..., R]
	if a.magnitude == nil {
		return t.AddLinear(l.product(t, x, l.Bias), low, a.b, a.scale)
	}
	sum := t.AddLinear(l.product(t, x, nil), low, a.b, a.scale) // [..., N]
	length := t.Input(a.lengths(t.Backend(), t.Arena(), l))     // [N]
	y := t.Mul(sum, t.Div(a.magnitude, length))
	if l.Bias == nil {
		return y
	}
	return t.Add(y, l.Bias)
}

// lengths returns the length of each row of W + scale·B·A, [N].
func (a *adapter) lengths(backend tensor.Backend, arena *tensor.Arena, l *Linear) *tensor.Tensor {
	w := l.Weight.Value
	sum := arena.New(w.DType(), w.Shape()...)
	backend.Copy(sum, w)
	a.addTo(sum, backend, arena, l)
	backend.Binary(tensor.Mul, sum, sum, sum)
	n := l.outputs()
	length := arena.New(w.DType(), n)
	backend.SumTo(rowVector(arena, length, l), sum, false)
	backend.Unary(tensor.Sqrt, length, length)
	arena.Release(sum)
	return length
}

// addTo adds scale·B·A to w, which lies as l's weight does.
func (a *adapter) addTo(w *tensor.Tensor, backend tensor.Backend, arena *tensor.Arena, l *Linear) {
	if l.Conv1D {
		backend.MatMul(w, arena.Transpose(a.a.Value, 0, 1), arena.Transpose(a.b.Value, 0, 1), nil, a.scale, 1) // Aᵀ·Bᵀ [K, N]
	} else {
		backend.MatMul(w, a.b.Value, a.a.Value, nil, a.scale, 1) // B·A [N, K]
	}
}

// rowVector views v [N], a number for each row of W, so that it broadcasts over W as it is
// stored: [N, 1], or [1, N] where W is [K, N].
func rowVector(arena *tensor.Arena, v *tensor.Tensor, l *Linear) *tensor.Tensor {
	if l.Conv1D {
		return arena.Reshape(v, 1, v.Len())
	}
	return arena.Reshape(v, v.Len(), 1)
}

// measure sets the magnitudes to the lengths of the weights' rows, from where DoRA learns
// them.
func measure(adapters []*adapter, layers []*Linear) error {
	cpu := tensor.NewCPU(0)
	defer cpu.Close()
	for i, a := range adapters {
		length := a.lengths(cpu, nil, layers[i])
		for n := range length.Len() {
			if !(length.At(n) > 0) {
				return fmt.Errorf("nn: DoRA: output %d of %s has no weights but 0 and so no direction; use LoRA without it", n, layers[i].name())
			}
		}
		cpu.Copy(a.magnitude.Value, length)
	}
	return nil
}

// fold makes W what the layer computes with: W + scale·B·A, with DoRA each row of the
// length that the magnitude says.
func (a *adapter) fold(backend tensor.Backend, l *Linear) {
	w := l.Weight.Value
	if a.magnitude == nil {
		a.addTo(w, backend, nil, l)
		return
	}
	factor := a.lengths(backend, nil, l)
	backend.Binary(tensor.Div, factor, a.magnitude.Value, factor)
	a.addTo(w, backend, nil, l)
	backend.Binary(tensor.Mul, w, w, rowVector(nil, factor, l).Broadcast(w.Shape()...))
}
