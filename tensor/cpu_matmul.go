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
//
// The product of two large matrices runs in five loops (Goto and van de Geijn 2008,
// "Anatomy of high-performance matrix multiplication"): rows of A are packed by all threads
// together; then each task takes a strip of columns and a block of rows of C, packs its
// strip of B a depth at a time, and multiplies panels. Where the blocks end depends on the
// shapes alone, and each element of C is summed up by one task in one order.
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
	for i, batch := 0, dst.Len()/(dst.Dim(-1)*dst.Dim(-2)); i < batch; i++ {
		switch dst.dtype {
		case Float32:
			multiply(c, gemmOf[float32](i, dst, a, b, bias, alpha, beta), gemmSteps[float32]{packChunk[float32], gemmChunk[float32], dotChunk[float32], axpyChunk[float32]})
		case Float64:
			multiply(c, gemmOf[float64](i, dst, a, b, bias, alpha, beta), gemmSteps[float64]{packChunk[float64], gemmChunk[float64], dotChunk[float64], axpyChunk[float64]})
		default:
			panic(badType("MatMul", dst))
		}
	}
}

// gemmSteps are the bodies of multiply's loops: an instantiated function made where its
// type is known is not allocated.
type gemmSteps[T kernels.Float] struct {
	pack, gemm, dot, axpy func(j *gemmArgs[T], lo, hi int)
}

// gemmOf returns the arguments of matrix number i of a batch.
func gemmOf[T kernels.Float](i int, dst, a, b, bias *Tensor, alpha, beta float64) gemmArgs[T] {
	return gemmArgs[T]{
		c: matrixOf[T](dst, dst, i), a: matrixOf[T](a, dst, i), b: matrixOf[T](b, dst, i),
		bias: optional[T](bias), alpha: T(alpha), beta: T(beta),
	}
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
