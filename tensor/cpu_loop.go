package tensor

import (
	"fmt"

	"inkstone/kernels"
)

// chunk is how many elements of an elementwise operation one task takes: 64 KiB of
// float32, some microseconds of work.
const chunk = 1 << 14

// each runs a kernel over [0, n): f32 or f64, by t's type. The tensors and numbers that
// the kernel needs travel in a; see For.
func each[A any](c *CPU, op string, t *Tensor, n, grain int, a A, f32, f64 func(a *A, lo, hi int)) {
	switch t.dtype {
	case Float32:
		For(c.pool, n, grain, a, f32)
	case Float64:
		For(c.pool, n, grain, a, f64)
	default:
		panic(fmt.Sprintf("tensor: %s: cannot compute in %v", op, t.dtype))
	}
}

// rowsOf views t [..., C] as rows of C numbers.
func rowsOf(t *Tensor) (rows, cols int) {
	if t.ndim == 0 {
		return 1, 1
	}
	cols = t.shape[t.ndim-1]
	rows = 1
	for _, s := range t.Shape()[:t.ndim-1] {
		rows *= s
	}
	return rows, cols
}

// rowGrain is how many rows of cols elements make a chunk.
func rowGrain(cols int) int { return max(1, chunk/max(cols, 1)) }

// like panics unless all tensors have x's shape and type. Nil stands for "not wanted".
func like(op string, x *Tensor, ts ...*Tensor) {
	for _, t := range ts {
		if t != nil && (!SameShape(t, x) || t.dtype != x.dtype) {
			panic(fmt.Sprintf("tensor: %s: %v %v beside %v %v", op, t.dtype, t.Shape(), x.dtype, x.Shape()))
		}
	}
}

// vector panics unless each tensor is nil or holds n elements of type d.
func vector(op, name string, d DType, n int, ts ...*Tensor) {
	for _, t := range ts {
		if t != nil && (t.Len() != n || t.dtype != d) {
			panic(fmt.Sprintf("tensor: %s: %s is %v %v, want %d of %v", op, name, t.dtype, t.Shape(), n, d))
		}
	}
}

// optional returns t's elements, or nil for a tensor that is not wanted.
func optional[T kernels.Float](t *Tensor) []T {
	if t == nil {
		return nil
	}
	return Data[T](t)
}
