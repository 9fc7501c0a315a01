package gpu

import (
	"inkstone/gpu/kernels"
	"inkstone/tensor"
)

// MatMul works as tensor.Backend says. In the precision BF16 it rounds to bfloat16 where the device
// multiplies matrices of that (see Device.Supports) and there are more than a few rows.
func (b *Backend) MatMul(dst, x, y, bias *tensor.Tensor, alpha, beta float64) {
	if b.matmul(dst, x, y, bias, alpha, beta) {
		return
	}
	defer b.onCPU("MatMul", read(x), read(y), operand{t: bias, reads: true}, operand{t: dst, reads: beta != 0, writes: true})()
	b.CPU.MatMul(dst, x, y, bias, alpha, beta)
}

// Pack works as tensor.Backend says: products read the matrix as it lies.
func (b *Backend) Pack(p *tensor.Packed, x *tensor.Tensor) { tensor.PackPlain(b, p, x) }

// MatMulPacked works as tensor.Backend says.
func (b *Backend) MatMulPacked(dst, x *tensor.Tensor, p *tensor.Packed, bias *tensor.Tensor) {
	if p.Plain() == nil {
		panic("gpu: MatMulPacked: the matrix was packed by another backend")
	}
	b.MatMul(dst, x, p.Plain(), bias, 1, 0)
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
	p := product{M, N, K, mc, mx, my, batch, float32(alpha), float32(beta)}
	to := at(operand{t: dst, reads: beta != 0, writes: true})
	operands := []operand{to, at(read(x)), at(read(y))}
	if bias != nil {
		operands = append(operands, read(bias))
	}
	if M <= kernels.FewRows && batch == [2]int{1, 1} && mx.Col == 1 && K > 1 && b.fewRows(&p, bias != nil, operands) {
		return true
	}
	choose := b.device.tuning.MatMul
	if b.Precision() == tensor.BF16 && b.device.tuning.HasMultiplier() {
		choose = b.device.tuning.MatMulRounded
	}
	k, splits := choose(M, N, K, batch[0]*batch[1])
	if splits > 1 && bias == nil && (beta == 0 || beta == 1) && dst.IsContiguous() && b.splitProduct(k, &p, splits, dst, x, y) {
		return true
	}
	k.Bias, k.Accumulate = bias != nil, beta != 0
	k = k.Fit(M, N, K, mc, mx, my)
	return run(b, k, k.Launch(M, N, K, mc, mx, my, batch, 1, p.alpha, p.beta), p.work(), operands...)
}

// product is a batch of products of matrices.
type product struct {
	M, N, K     int
	c, a, b     kernels.Matrix
	batch       [2]int
	alpha, beta float32
}

func (p *product) work() int { return 2 * p.M * p.N * p.K * p.batch[0] * p.batch[1] }

// fewRows multiplies as decoding does, by the kernel for the direction in which b lies.
func (b *Backend) fewRows(p *product, bias bool, operands []operand) bool {
	switch {
	case p.b.Row == 1:
		k := b.device.tuning.MatVec(p.M, p.K)
		k.Bias, k.Accumulate = bias, p.beta != 0
		k = k.Fit(p.K, p.a, p.b)
		return run(b, k, k.Launch(p.N, p.K, p.c, p.a, p.b, p.alpha, p.beta), p.work(), operands...)
	case p.b.Col == 1:
		k := b.device.tuning.VecMat(p.M)
		k.Bias, k.Accumulate = bias, p.beta != 0
		return run(b, k, k.Launch(p.N, p.K, p.c, p.a, p.b, p.alpha, p.beta), p.work(), operands...)
	}
	return false
}

// splitProduct cuts the inner dimension into parts, where rows and columns are too few to keep
// the device busy, and adds up the products of the parts.
func (b *Backend) splitProduct(k kernels.MatMul, p *product, splits int, dst, x, y *tensor.Tensor) bool {
	n := dst.Len()
	parts, ok := b.scratch(splits * n)
	if !ok {
		return false
	}
	defer b.drop(parts)
	sum, layout := b.columnSum(splits, n, p.beta == 1)
	c := kernels.Matrix{Row: p.N, Col: 1, Batch: [2]int{p.batch[1] * p.M * p.N, p.M * p.N}}
	k.Split = true
	k = k.Fit(p.M, p.N, p.K, c, p.a, p.b)
	to := operand{t: dst, reads: p.beta == 1, writes: true}
	if !compiled(b, k) || !compiled(b, sum) || !b.ready(to, read(x), read(y)) {
		return false
	}
	run(b, k, k.Launch(p.M, p.N, p.K, c, p.a, p.b, p.batch, splits, p.alpha, 0), p.work(), parts.writing(0), at(read(x)), at(read(y)))
	run(b, sum, sum.Launch(&layout, 1), cheap*splits*n, to, parts.reading(0))
	return true
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
