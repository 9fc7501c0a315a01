package tensor

import (
	"fmt"

	"inkstone/kernels"
)

// Block sizes of MatMul, in numbers. One block of B, gemmDepth × gemmStrip, lies in the
// second-level cache of the thread that packed it; the panels of A that all threads share
// lie in the third.
const (
	gemmDepth  = 384     // of the inner dimension in one block
	gemmStrip  = 192     // columns of C that one task takes; a multiple of every tile's width
	gemmRows   = 512     // rows of C that one task takes
	gemmPacked = 1 << 20 // of A packed at a time
)

// skinny is the most rows of A for which packing B would not pay.
const skinny = 3

// A matrix is a view of [rows, cols] numbers with any strides.
type matrix[T kernels.Float] struct {
	data       []T
	rows, cols int
	row, col   int // strides
}

type gemmArgs[T kernels.Float] struct {
	c, a, b     matrix[T]
	bias        []T
	alpha, beta T
	packed      []T // panels of rows [first, last) of A, a depth at a time
	first, last int
	strips      int // of columns of C
	strip       int // columns of one
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

// multiply computes one product.
func multiply[T kernels.Float](c *CPU, j gemmArgs[T], do gemmSteps[T]) {
	m, n, k := j.c.rows, j.c.cols, j.a.cols
	if m <= skinny && j.a.col == 1 {
		switch grain := max(16, chunk/max(k, 1)); {
		case j.b.row == 1 || k <= 1:
			For(c.pool, n, grain, j, do.dot)
			return
		case j.b.col == 1:
			For(c.pool, n, 256, j, do.axpy)
			return
		}
	}
	j.strip = gemmStrip
	if n <= 4*gemmStrip {
		j.strip /= 2 // enough tasks for several threads
	}
	j.strips = (n + j.strip - 1) / j.strip
	rows := max(gemmPacked/max(k, 1)/gemmRows, 1) * gemmRows
	scratch := takeScratch[T](kernels.GemmPanels(min(rows, m), kernels.GemmRows, k))
	for j.first = 0; j.first < m; j.first = j.last {
		j.last = min(j.first+rows, m)
		j.packed = (*scratch)[:kernels.GemmPanels(j.last-j.first, kernels.GemmRows, k)]
		panels := (j.last - j.first + kernels.GemmRows - 1) / kernels.GemmRows
		For(c.pool, panels, max(1, chunk/(kernels.GemmRows*max(k, 1))), j, do.pack)
		For(c.pool, j.strips*((j.last-j.first+gemmRows-1)/gemmRows), 1, j, do.gemm)
	}
	putScratch(scratch)
}

// packChunk packs panels [lo, hi) of the rows of A. Panels of one depth of all rows lie
// together, as the tasks read them.
func packChunk[T kernels.Float](j *gemmArgs[T], lo, hi int) {
	rows, k := j.last-j.first, j.a.cols
	wide := kernels.GemmPanels(rows, kernels.GemmRows, 1) // rows, rounded up
	from, to := lo*kernels.GemmRows, min(hi*kernels.GemmRows, rows)
	for p := 0; p < k; p += gemmDepth {
		depth := min(gemmDepth, k-p)
		kernels.PackPanels(j.packed[wide*p+from*depth:][:kernels.GemmPanels(to-from, kernels.GemmRows, depth)],
			j.a.data[(j.first+from)*j.a.row+p*j.a.col:], j.a.row, j.a.col, to-from, kernels.GemmRows, depth)
	}
}

// gemmChunk computes tasks [lo, hi): a strip of columns of a block of rows each.
func gemmChunk[T kernels.Float](j *gemmArgs[T], lo, hi int) {
	rows, n, k := j.last-j.first, j.c.cols, j.a.cols
	wide, cols := kernels.GemmPanels(rows, kernels.GemmRows, 1), kernels.GemmCols[T]()
	scratch := takeScratch[T](gemmDepth * gemmStrip)
	for task := lo; task < hi; task++ {
		top, left := task/j.strips*gemmRows, task%j.strips*j.strip
		height, width := min(gemmRows, rows-top), min(j.strip, n-left)
		c := j.c.data[(j.first+top)*j.c.row+left:]
		beta := j.beta
		for p := 0; p < k || p == 0; p += gemmDepth {
			depth := min(gemmDepth, k-p)
			strip := (*scratch)[:kernels.GemmPanels(width, cols, depth)]
			kernels.PackPanels(strip, j.b.data[min(p*j.b.row+left*j.b.col, len(j.b.data)):], j.b.col, j.b.row, width, cols, depth)
			kernels.Gemm(c, j.c.row, j.packed[wide*p+top*depth:][:kernels.GemmPanels(height, kernels.GemmRows, depth)], strip,
				height, width, depth, j.alpha, beta)
			beta = 1
		}
		j.addBias(c, left, height, width)
	}
	putScratch(scratch)
}

// addBias adds the bias to a block of c while it is in the cache.
func (j *gemmArgs[T]) addBias(c []T, left, height, width int) {
	if j.bias == nil {
		return
	}
	for i := range height {
		row := c[i*j.c.row:][:width]
		kernels.Add(row, row, j.bias[left:][:width])
	}
}

// set stores a sum as an element of C.
func (j *gemmArgs[T]) set(i, n int, sum T) {
	at := &j.c.data[i*j.c.row+n]
	v := j.alpha * sum
	if j.beta != 0 {
		v += j.beta * *at
	}
	if j.bias != nil {
		v += j.bias[n]
	}
	*at = v
}

// dotChunk computes columns [lo, hi) of a product with few rows, where the columns of B are
// contiguous: each is read once.
func dotChunk[T kernels.Float](j *gemmArgs[T], lo, hi int) {
	k := j.a.cols
	for n := lo; n < hi; n++ {
		for i := range j.c.rows {
			j.set(i, n, kernels.Dot(j.a.data[i*j.a.row:][:k], j.b.data[n*j.b.col:][:k]))
		}
	}
}

// axpyChunk computes columns [lo, hi) of a product with few rows, where the rows of B are
// contiguous: each is read once a row of A.
func axpyChunk[T kernels.Float](j *gemmArgs[T], lo, hi int) {
	scratch := takeScratch[T](hi - lo)
	sum := (*scratch)[:hi-lo]
	for i := range j.c.rows {
		clear(sum)
		for p := range j.a.cols {
			kernels.Axpy(sum, j.b.data[p*j.b.row+lo:][:hi-lo], j.a.data[i*j.a.row+p])
		}
		for n, s := range sum {
			j.set(i, lo+n, s)
		}
	}
	putScratch(scratch)
}
