package tensor

import (
	"fmt"

	"inkstone/kernels"
)

// A matrix is a view of [rows, cols] numbers with any strides.
type matrix[T kernels.Float] struct {
	data       []T
	rows, cols int
	row, col   int // strides
}

// MatMul works as Backend says.
func (c *CPU) MatMul(dst, a, b, bias *Tensor, alpha, beta float64) {
	if dst.ndim < 2 || a.ndim < 2 || b.ndim < 2 {
		panic(fmt.Sprintf("tensor: MatMul: %v = %v·%v: want at least two dimensions", dst.Shape(), a.Shape(), b.Shape()))
	}
	if a.Dim(-1) != b.Dim(-2) {
		panic(fmt.Sprintf("tensor: MatMul: a %v, b %v: inner dimensions %d and %d differ", a.Shape(), b.Shape(), a.Dim(-1), b.Dim(-2)))
	}
	if dst.Dim(-2) != a.Dim(-2) || dst.Dim(-1) != b.Dim(-1) || a.dtype != dst.dtype || b.dtype != dst.dtype {
		panic(fmt.Sprintf("tensor: MatMul: dst %v %v, a %v %v, b %v %v", dst.dtype, dst.Shape(), a.dtype, a.Shape(), b.dtype, b.Shape()))
	}
	if dst.strides[dst.ndim-1] != 1 && dst.Dim(-1) > 1 {
		panic(fmt.Sprintf("tensor: MatMul: dst %v, strides %v: the last dimension must be contiguous", dst.Shape(), dst.Strides()))
	}
	vector("MatMul", "bias", dst.dtype, dst.Dim(-1), bias)
	if dst.Len() == 0 {
		return
	}
	switch dst.dtype {
	case Float32:
		batch(c, newBatch[float32](dst, a, b, bias, alpha, beta), gemmSteps[float32]{packChunk[float32], gemmChunk[float32], dotChunk[float32], axpyChunk[float32], batchChunk[float32]})
	case Float64:
		batch(c, newBatch[float64](dst, a, b, bias, alpha, beta), gemmSteps[float64]{packChunk[float64], gemmChunk[float64], dotChunk[float64], axpyChunk[float64], batchChunk[float64]})
	default:
		panic(badType("MatMul", dst))
	}
}

// gemmBatch holds the arguments of a batch of products for its tasks.
type gemmBatch[T kernels.Float] struct {
	cpu         *CPU
	c, a, b     Tensor // copies: their caller's need not be on the heap
	bias        []T
	alpha, beta T
	count, work int // products, and multiplications of one
	do          gemmSteps[T]
}

func newBatch[T kernels.Float](dst, a, b, bias *Tensor, alpha, beta float64) gemmBatch[T] {
	size := dst.Dim(-1) * dst.Dim(-2)
	return gemmBatch[T]{
		c: *dst, a: *a, b: *b, bias: optional[T](bias), alpha: T(alpha), beta: T(beta),
		count: dst.Len() / size, work: size * max(a.Dim(-1), 1),
	}
}

// smallProduct is the number of multiplications up to which the products of a batch are
// tasks themselves, each computed by one thread. Larger ones come one after another, each
// cut into tasks; their parts are the same either way.
const smallProduct = 1 << 23

// batch computes the products of a batch.
func batch[T kernels.Float](c *CPU, s gemmBatch[T], do gemmSteps[T]) {
	s.cpu, s.do = c, do
	if s.count > 1 && s.work <= smallProduct {
		For(c.pool, s.count, max(1, chunk/s.work), s, do.batch)
		return
	}
	for i := range s.count {
		multiply(c, s.product(i), do)
	}
}

// batchChunk computes products [lo, hi) of a batch. A loop inside a loop stays on its
// thread.
func batchChunk[T kernels.Float](s *gemmBatch[T], lo, hi int) {
	for i := lo; i < hi; i++ {
		multiply(s.cpu, s.product(i), s.do)
	}
}

// product returns the arguments of product number i.
func (s *gemmBatch[T]) product(i int) gemmArgs[T] {
	return gemmArgs[T]{
		c: matrixOf[T](&s.c, &s.c, i), a: matrixOf[T](&s.a, &s.c, i), b: matrixOf[T](&s.b, &s.c, i),
		bias: s.bias, alpha: s.alpha, beta: s.beta, bf16: s.cpu.precision == BF16 && s.c.dtype == Float32,
		threads: s.cpu.pool.threads,
	}
}

// gemmSteps are the bodies of multiply's loops: an instantiated function made where its
// type is known is not allocated.
type gemmSteps[T kernels.Float] struct {
	pack, gemm, dot, axpy func(j *gemmArgs[T], lo, hi int)
	batch                 func(s *gemmBatch[T], lo, hi int)
}

// matrixOf returns the matrix of t that belongs to number i of the batch of dst.
func matrixOf[T kernels.Float](t, dst *Tensor, i int) matrix[T] {
	at, lead := 0, int(dst.ndim-t.ndim)
	for d := int(dst.ndim) - 3; d >= 0; d-- {
		index := i % dst.shape[d]
		i /= dst.shape[d]
		if d < lead || t.shape[d-lead] == 1 {
			continue // broadcast
		}
		if t.shape[d-lead] != dst.shape[d] {
			panic("tensor: MatMul: batch dimensions " + shapeText(t) + " in " + shapeText(dst))
		}
		at += index * t.strides[d-lead]
	}
	if lead < 0 {
		panic("tensor: MatMul: batch dimensions " + shapeText(t) + " in " + shapeText(dst))
	}
	n := t.ndim
	return matrix[T]{storage[T](t)[at:], t.shape[n-2], t.shape[n-1], t.strides[n-2], t.strides[n-1]}
}
