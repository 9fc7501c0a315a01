package tensor

import "fmt"

// A walk visits the elements of up to three tensors of one shape in row-major order, as
// runs along the last dimension. Dimensions that lie in one line in all tensors are joined,
// so that contiguous tensors are one long run.
type walk struct {
	ndim   int
	shape  [MaxDims]int
	stride [3][MaxDims]int
}

// newWalk panics unless all tensors have the same shape.
func newWalk(op string, ts ...*Tensor) walk {
	var w walk
	for i := range int(ts[0].ndim) {
		if ts[0].shape[i] != 1 {
			w.push(ts, i)
		}
	}
	for _, t := range ts[1:] {
		if !SameShape(t, ts[0]) {
			panic("tensor: " + op + ": shapes " + shapeText(ts[0]) + " and " + shapeText(t) + " differ")
		}
	}
	if w.ndim == 0 {
		w.ndim, w.shape[0] = 1, 1
	}
	return w
}

// push appends dimension i, or joins it to the last one where strides allow.
func (w *walk) push(ts []*Tensor, i int) {
	last, joins := w.ndim-1, w.ndim > 0
	for k, t := range ts {
		joins = joins && w.stride[k][last] == t.strides[i]*t.shape[i]
	}
	if !joins {
		last = w.ndim
		w.shape[last] = 1
		w.ndim++
	}
	w.shape[last] *= ts[0].shape[i]
	for k, t := range ts {
		w.stride[k][last] = t.strides[i]
	}
}

// run returns how many elements from number lo on, but before hi, lie in one line, and
// where the line begins in each tensor.
func (w *walk) run(lo, hi int) (n int, at [3]int) {
	inner := w.shape[w.ndim-1]
	n = min(hi-lo, inner-lo%inner)
	for i := w.ndim - 1; i >= 0; i-- {
		x := lo % w.shape[i]
		lo /= w.shape[i]
		for k := range at {
			at[k] += x * w.stride[k][i]
		}
	}
	return n, at
}

// step returns the distance between neighbours of a run in tensor k.
func (w *walk) step(k int) int { return w.stride[k][w.ndim-1] }

// shapeText prints a shape without making t escape to the heap.
func shapeText(t *Tensor) string { return fmt.Sprint(append([]int(nil), t.Shape()...)) }
