package tensor

import (
	"fmt"

	"inkstone/kernels"
)

type sumArgs struct {
	dst, x *Tensor
	parts  []float64
	block  int
	add    bool
}

// SumTo works as Backend says.
func (c *CPU) SumTo(dst, x *Tensor, add bool) {
	if dst.dtype != x.dtype {
		panic(fmt.Sprintf("tensor: SumTo: %v from %v", dst.dtype, x.dtype))
	}
	to := broadcastTo(dst, x)
	w := newWalk("SumTo", &to, x)
	inner := w.shape[w.ndim-1]
	switch {
	case w.ndim == 1 && w.step(0) == 0 && w.step(1) == 1 && inner > 1: // a whole tensor
		sum := c.partialSums(x, sumChunk[float32], sumChunk[float64])
		if add {
			sum += dst.at(0)
		}
		dst.put(0, sum)
	case w.ndim == 2 && w.stride[0] == [MaxDims]int{0, 1} && w.stride[1] == [MaxDims]int{inner, 1}: // columns
		c.sumColumns(dst, x, w.shape[0], inner, add)
	case w.ndim == 2 && w.stride[0] == [MaxDims]int{1, 0} && w.stride[1] == [MaxDims]int{inner, 1}: // rows
		each(c, "SumTo", x, w.shape[0], rowGrain(inner), sumArgs{dst: dst, x: x, block: inner, add: add}, sumRowsChunk[float32], sumRowsChunk[float64])
	default:
		if !add {
			c.zero(dst)
		}
		switch x.dtype {
		case Float32:
			sumStrided[float32](dst, x, &w)
		case Float64:
			sumStrided[float64](dst, x, &w)
		default:
			panic(badType("SumTo", x))
		}
	}
}

// broadcastTo returns the view of dst that has x's shape.
func broadcastTo(dst, x *Tensor) Tensor {
	to := *dst
	lead := int(x.ndim - dst.ndim)
	for i := range int(x.ndim) {
		size, stride := 1, 0
		if i >= lead && lead >= 0 {
			size, stride = dst.shape[i-lead], dst.strides[i-lead]
		}
		if size != x.shape[i] {
			if size != 1 {
				panic("tensor: SumTo: " + shapeText(dst) + " from " + shapeText(x))
			}
			stride = 0
		}
		to.shape[i], to.strides[i] = x.shape[i], stride
	}
	if lead < 0 {
		panic("tensor: SumTo: " + shapeText(dst) + " from " + shapeText(x))
	}
	to.ndim = x.ndim
	return to
}

// zero clears dst, which may be strided.
func (c *CPU) zero(dst *Tensor) {
	if dst.IsContiguous() {
		c.Fill(dst, 0)
		return
	}
	w := newWalk("Fill", dst)
	for lo, n := 0, dst.Len(); lo < n; {
		run, at := w.run(lo, n)
		for i := range run {
			dst.put(at[0]+i*w.step(0), 0)
		}
		lo += run
	}
}

// sumStrided adds x to dst element by element, in row-major order of x.
func sumStrided[T kernels.Float](dst, x *Tensor, w *walk) {
	d, y := storage[T](dst), storage[T](x)
	sd, sx := w.step(0), w.step(1)
	for lo, n := 0, x.Len(); lo < n; {
		run, at := w.run(lo, n)
		to, from := d[at[0]:], y[at[1]:]
		switch {
		case sd == 0 && sx == 1:
			to[0] += kernels.Sum(from[:run])
		case sd == 1 && sx == 1:
			kernels.Axpy(to[:run], from[:run], 1)
		default:
			for i := range run {
				to[i*sd] += from[i*sx]
			}
		}
		lo += run
	}
}

func sumRowsChunk[T kernels.Float](j *sumArgs, lo, hi int) {
	dst, x := Data[T](j.dst), Data[T](j.x)
	for r := lo; r < hi; r++ {
		s := kernels.Sum(x[r*j.block:][:j.block])
		if j.add {
			s += dst[r]
		}
		dst[r] = s
	}
}

// columnRows is how many rows one task of a sum over columns takes.
const columnRows = 64

// sumColumns adds the rows of x [rows, cols] up. Blocks of rows are summed side by side,
// their sums then in order.
func (c *CPU) sumColumns(dst, x *Tensor, rows, cols int, add bool) {
	if !add {
		c.Fill(dst, 0)
	}
	blocks := (rows + columnRows - 1) / columnRows
	switch x.dtype {
	case Float32:
		sumColumns(c, dst, x, rows, cols, blocks, columnsChunk[float32])
	case Float64:
		sumColumns(c, dst, x, rows, cols, blocks, columnsChunk[float64])
	default:
		panic(badType("SumTo", x))
	}
}

type columnArgs[T kernels.Float] struct {
	x, parts   []T // [rows, cols], [blocks, cols]
	rows, cols int
}

func sumColumns[T kernels.Float](c *CPU, dst, x *Tensor, rows, cols, blocks int, body func(*columnArgs[T], int, int)) {
	if blocks == 1 {
		kernels.AddRows(Data[T](dst), Data[T](x), rows, cols)
		return
	}
	scratch := takeScratch[T](blocks * cols)
	parts := (*scratch)[:blocks*cols]
	For(c.pool, blocks, 1, columnArgs[T]{Data[T](x), parts, rows, cols}, body)
	kernels.AddRows(Data[T](dst), parts, blocks, cols)
	putScratch(scratch)
}

func columnsChunk[T kernels.Float](j *columnArgs[T], lo, hi int) {
	for b := lo; b < hi; b++ {
		part := j.parts[b*j.cols:][:j.cols]
		clear(part)
		first := b * columnRows
		n := min(columnRows, j.rows-first)
		kernels.AddRows(part, j.x[first*j.cols:][:n*j.cols], n, j.cols)
	}
}

// partialSums adds up a function of each chunk of x, in order.
func (c *CPU) partialSums(x *Tensor, f32, f64 func(j *sumArgs, lo, hi int)) float64 {
	n := x.Len()
	scratch := takeScratch[float64]((n + chunk - 1) / chunk)
	parts := (*scratch)[:(n+chunk-1)/chunk]
	each(c, "Sum", x, n, chunk, sumArgs{x: x, parts: parts}, f32, f64)
	sum := 0.0
	for _, p := range parts {
		sum += p
	}
	putScratch(scratch)
	return sum
}

func sumChunk[T kernels.Float](j *sumArgs, lo, hi int) {
	j.parts[lo/chunk] = float64(kernels.Sum(Data[T](j.x)[lo:hi]))
}

func squaredNormChunk[T kernels.Float](j *sumArgs, lo, hi int) {
	j.parts[lo/chunk] = kernels.SquaredNorm(Data[T](j.x)[lo:hi])
}

func infiniteChunk[T kernels.Float](j *sumArgs, lo, hi int) {
	j.parts[lo/chunk] = 0
	if !kernels.AllFinite(Data[T](j.x)[lo:hi]) {
		j.parts[lo/chunk] = 1
	}
}

// SquaredNorm works as Backend says.
func (c *CPU) SquaredNorm(x *Tensor) float64 {
	return c.partialSums(x, squaredNormChunk[float32], squaredNormChunk[float64])
}

// SquaredNorms works as Backend says.
func (c *CPU) SquaredNorms(sums []float64, xs []*Tensor) {
	for i, x := range xs {
		sums[i] = c.SquaredNorm(x)
	}
}

// AllFinite works as Backend says.
func (c *CPU) AllFinite(x *Tensor) bool {
	return c.partialSums(x, infiniteChunk[float32], infiniteChunk[float64]) == 0
}

type maxArgs struct{ dst, arg, x *Tensor }

// Max works as Backend says.
func (c *CPU) Max(dst, arg, x *Tensor) {
	rows, cols := rowsOf(x)
	vector("Max", "dst", x.dtype, rows, dst)
	vector("Max", "arg", Int32, rows, arg)
	if cols == 0 {
		panic(fmt.Sprintf("tensor: Max of shape %v: no elements", x.Shape()))
	}
	each(c, "Max", x, rows, rowGrain(cols), maxArgs{dst, arg, x}, maxChunk[float32], maxChunk[float64])
}

func maxChunk[T kernels.Float](j *maxArgs, lo, hi int) {
	_, cols := rowsOf(j.x)
	dst, x := Data[T](j.dst), Data[T](j.x)
	for r := lo; r < hi; r++ {
		row := x[r*cols:][:cols]
		dst[r] = kernels.Max(row)
		if j.arg != nil {
			Data[int32](j.arg)[r] = int32(kernels.ArgMax(row))
		}
	}
}
