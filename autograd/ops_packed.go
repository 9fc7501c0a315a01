package autograd

import (
	"fmt"

	"inkstone/tensor"
)

// LinearPacked returns x·W + bias for x [..., K], a packed W [K, N] and bias [N] or nil: Linear
// for code that only infers, with a weight that does not change. Packed weights have no
// gradient, and to pass one on to x they would have to be packed a second time, transposed:
// it panics where the tape records and x or the bias needs a gradient.
func (t *Tape) LinearPacked(x *Variable, weight *tensor.Packed, bias *Variable) *Variable {
	if t.noGrad == 0 && (x.needsGrad || bias != nil && bias.needsGrad) {
		panic("autograd: LinearPacked: packed weights cannot learn: train the model that they were packed from, or turn recording off")
	}
	k, n := weight.Shape()
	if x.Dim(-1) != k {
		panic(fmt.Sprintf("autograd: LinearPacked: x %v, weight [%d %d]: inner dimensions %d and %d differ", x.Shape(), k, n, x.Dim(-1), k))
	}
	x = t.Contiguous(x)
	var dims [tensor.MaxDims]int
	shape := dims[:copy(dims[:], x.Shape())]
	shape[len(shape)-1] = n
	y := t.new(x.Value.DType(), shape...) // [..., N]
	if bias == nil {
		t.backend.MatMulPacked(t.rows(y.Value), t.rows(x.Value), weight, nil)
	} else {
		t.backend.MatMulPacked(t.rows(y.Value), t.rows(x.Value), weight, bias.Value)
	}
	t.record("LinearPacked", y, nil, x)
	return y
}
