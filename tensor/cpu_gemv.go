package tensor

import "inkstone/kernels"

// The most rows of A for which packing B does not pay, by the layout of B. B is then read
// where it lies, once, at the rate at which memory gives it.
const (
	dotRows  = 4 // columns of B contiguous: x·Wᵀ
	axpyRows = 3 // rows of B contiguous: x·W
)

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
