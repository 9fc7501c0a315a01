package gpu

import (
	"inkstone/gpu/kernels"
	"inkstone/tensor"
)

// MatMul works as tensor.Backend says. It multiplies in float32 whatever the precision: rounding
// to bfloat16 first would gain nothing here.
func (b *Backend) MatMul(dst, x, y, bias *tensor.Tensor, alpha, beta float64) {
	if b.matmul(dst, x, y, bias, alpha, beta) {
		return
	}
	defer b.onCPU("MatMul", read(x), read(y), operand{t: bias, reads: true}, operand{t: dst, reads: beta != 0, writes: true})()
	b.CPU.MatMul(dst, x, y, bias, alpha, beta)
}

func (b *Backend) matmul(dst, x, y, bias *tensor.Tensor, alpha, beta float64) bool {
	if dst.NDim() < 2 || x.NDim() < 2 || y.NDim() < 2 || !floats(dst, x, y, bias) {
		return false
	}
	M, N, K := dst.Dim(-2), dst.Dim(-1), x.Dim(-1)
	if x.Dim(-2) != M || y.Dim(-2) != K || y.Dim(-1) != N || dst.Strides()[dst.NDim()-1] != 1 && N > 1 || !vector(bias, tensor.Float32, N) {
		return false
	}
	batch, ok := batchOf(dst, x, y)
	if !ok || batch[0]*batch[1] > 65535 {
		return false
	}
	mc, okC := b.matrix(dst, dst, batch)
	mx, okX := b.matrix(x, dst, batch)
	my, okY := b.matrix(y, dst, batch)
	if !okC || !okX || !okY {
		return false
	}
	mc.Col = 1
	k := b.device.matmul(M, N)
	k.Bias, k.Accumulate = bias != nil, beta != 0
	k = k.Fit(M, N, K, mc, mx, my)
	operands := []operand{at(operand{t: dst, reads: beta != 0, writes: true}), at(read(x)), at(read(y))}
	if bias != nil {
		operands = append(operands, read(bias))
	}
	work := 2 * M * N * K * batch[0] * batch[1]
	return b.run(k, k.Launch(M, N, K, mc, mx, my, batch, 1, float32(alpha), float32(beta)), work, operands...)
}

// batchOf returns the two sizes of a batch of products. The dimensions of dst before the last
// two are joined where they can be; more than two that are left have no kernel.
func batchOf(dst, x, y *tensor.Tensor) (batch [2]int, ok bool) {
	batch = [2]int{1, 1}
	for i, size := range dst.Shape()[:dst.NDim()-2] {
		for _, t := range []*tensor.Tensor{x, y} {
			if d := i - (dst.NDim() - t.NDim()); d >= 0 && t.Dim(d) != 1 && t.Dim(d) != size || t.NDim() > dst.NDim() {
				return batch, false
			}
		}
		if size == 1 {
			continue
		}
		switch {
		case batch[1] == 1:
			batch[1] = size
		case batch[0] == 1:
			batch[0], batch[1] = batch[1], size
		default:
			return batch, false
		}
	}
	return batch, true
}

// matrix returns where the matrices of t lie that belong to a batch of dst's.
func (b *Backend) matrix(t, dst *tensor.Tensor, batch [2]int) (m kernels.Matrix, ok bool) {
	n, s := t.NDim(), t.Strides()
	m = kernels.Matrix{Offset: b.rest(t), Row: s[n-2], Col: s[n-1]}
	at := 1
	for i := dst.NDim() - 3; i >= 0; i-- {
		if dst.Dim(i) == 1 {
			continue
		}
		if d := i - (dst.NDim() - n); d >= 0 && t.Dim(d) != 1 {
			m.Batch[at] = s[d]
		}
		at--
	}
	return m, true
}
