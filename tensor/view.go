package tensor

import "fmt"

// The view operations. Each has a form on Tensor, which allocates a small header, and a
// form on Arena, which takes the header from the arena's stock. A view serves as long as
// the tensor it views; Arena.Own makes it keep the memory by itself.

// Reshape returns a view with another shape of the same length. One size may be -1 and is
// worked out. It panics when t is not contiguous; copy it first with Contiguous.
func (t *Tensor) Reshape(shape ...int) *Tensor { return (*Arena)(nil).Reshape(t, shape...) }

// Transpose returns a view with dimensions i and j exchanged.
func (t *Tensor) Transpose(i, j int) *Tensor { return (*Arena)(nil).Transpose(t, i, j) }

// Slice returns a view of the elements lo ≤ index < hi along a dimension.
func (t *Tensor) Slice(dim, lo, hi int) *Tensor { return (*Arena)(nil).Slice(t, dim, lo, hi) }

// Broadcast returns a view of the given shape in which dimensions of size 1, and missing
// leading ones, are repeated, by NumPy's rules. Repeated dimensions have stride 0.
func (t *Tensor) Broadcast(shape ...int) *Tensor { return (*Arena)(nil).Broadcast(t, shape...) }

// Reshape works like Tensor.Reshape.
func (a *Arena) Reshape(t *Tensor, shape ...int) *Tensor {
	if !t.IsContiguous() {
		panic(fmt.Sprintf("tensor: Reshape: view of shape %v, strides %v is not contiguous", t.Shape(), t.Strides()))
	}
	var full [MaxDims]int
	n, hole := 1, -1
	for i, s := range shape {
		if i < MaxDims {
			full[i] = s
		}
		if s == -1 && hole < 0 {
			hole = i
		} else {
			n *= s
		}
	}
	if hole >= 0 && hole < MaxDims && n > 0 {
		full[hole] = t.Len() / n
		n *= full[hole]
	}
	if n != t.Len() || len(shape) > MaxDims {
		panic(fmt.Sprintf("tensor: Reshape: %v to %v", t.Shape(), append([]int(nil), shape...)))
	}
	v := a.view(t)
	v.shape, v.strides = [MaxDims]int{}, [MaxDims]int{}
	v.setShape("Reshape", full[:len(shape)])
	return v
}

// Transpose works like Tensor.Transpose.
func (a *Arena) Transpose(t *Tensor, i, j int) *Tensor {
	i, j = t.axis("Transpose", i), t.axis("Transpose", j)
	v := a.view(t)
	v.shape[i], v.shape[j] = v.shape[j], v.shape[i]
	v.strides[i], v.strides[j] = v.strides[j], v.strides[i]
	return v
}

// Slice works like Tensor.Slice.
func (a *Arena) Slice(t *Tensor, dim, lo, hi int) *Tensor {
	dim = t.axis("Slice", dim)
	if lo < 0 || hi < lo || hi > t.shape[dim] {
		panic(fmt.Sprintf("tensor: Slice: [%d:%d] of dimension %d of shape %v", lo, hi, dim, t.Shape()))
	}
	v := a.view(t)
	v.shape[dim] = hi - lo
	if v.Len() > 0 {
		v.offset += lo * v.strides[dim]
	}
	return v
}

// Broadcast works like Tensor.Broadcast.
func (a *Arena) Broadcast(t *Tensor, shape ...int) *Tensor {
	lead := len(shape) - int(t.ndim)
	ok := lead >= 0 && len(shape) <= MaxDims
	v := a.view(t)
	for i := 0; ok && i < len(shape); i++ {
		size, stride := 1, 0
		if i >= lead {
			size, stride = t.shape[i-lead], t.strides[i-lead]
		}
		if size == 1 {
			stride = 0
		} else {
			ok = size == shape[i]
		}
		v.shape[i], v.strides[i] = shape[i], stride
	}
	if !ok {
		panic(fmt.Sprintf("tensor: Broadcast: %v to %v", t.Shape(), append([]int(nil), shape...)))
	}
	v.ndim = int8(len(shape))
	return v
}

// BroadcastShapes returns the shape that a and b broadcast to, by NumPy's rules: shapes are
// aligned at their last dimension, and sizes must agree or be 1. It writes into dst.
func BroadcastShapes(dst *[MaxDims]int, op string, a, b *Tensor) []int {
	n := max(int(a.ndim), int(b.ndim))
	for i := 1; i <= n; i++ {
		x, y := 1, 1
		if i <= int(a.ndim) {
			x = a.shape[int(a.ndim)-i]
		}
		if i <= int(b.ndim) {
			y = b.shape[int(b.ndim)-i]
		}
		switch {
		case x == y || y == 1:
			dst[n-i] = x
		case x == 1:
			dst[n-i] = y
		default:
			panic(fmt.Sprintf("tensor: %s: shapes %v and %v do not broadcast: %d against %d", op, a.Shape(), b.Shape(), x, y))
		}
	}
	return dst[:n]
}
