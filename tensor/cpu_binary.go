package tensor

import "inkstone/kernels"

type binaryArgs struct {
	op        BinaryOp
	dst, a, b *Tensor
	walk      walk
}

// Binary works as Backend says.
func (c *CPU) Binary(op BinaryOp, dst, a, b *Tensor) {
	name := op.String()
	if a.dtype != dst.dtype || b.dtype != dst.dtype {
		like(name, dst, a, b)
	}
	args := binaryArgs{op, dst, a, b, newWalk(name, dst, a, b)}
	each(c, name, dst, dst.Len(), chunk, args, binaryChunk[float32], binaryChunk[float64])
}

func binaryChunk[T kernels.Float](j *binaryArgs, lo, hi int) {
	w := &j.walk
	dst, a, b := storage[T](j.dst), storage[T](j.a), storage[T](j.b)
	sd, sa, sb := w.step(0), w.step(1), w.step(2)
	for lo < hi {
		n, at := w.run(lo, hi)
		lo += n
		d, x, y := dst[at[0]:], a[at[1]:], b[at[2]:]
		if sd != 1 || sa != 1 || sb != 1 || !binaryKernel(j.op, d[:n], x, y) {
			for i := range n {
				d[i*sd] = binary1(j.op, x[i*sa], y[i*sb])
			}
		}
	}
}

// binaryKernel computes dst = a op b by a kernel, if there is one for op.
func binaryKernel[T kernels.Float](op BinaryOp, dst, a, b []T) bool {
	a, b = a[:len(dst)], b[:len(dst)]
	switch op {
	case Add:
		kernels.Add(dst, a, b)
	case Sub:
		kernels.Sub(dst, a, b)
	case Mul:
		kernels.Mul(dst, a, b)
	case Div:
		kernels.Div(dst, a, b)
	default:
		return false
	}
	return true
}

func binary1[T kernels.Float](op BinaryOp, a, b T) T {
	switch op {
	case Add:
		return a + b
	case Sub:
		return a - b
	case Mul:
		return a * b
	case Div:
		return a / b
	case Minimum:
		return min(a, b)
	default:
		return max(a, b)
	}
}

// Copy works as Backend says. Between 16-bit formats, floats and integers, values are
// converted; to 16 bits, rounded to the nearest even.
func (c *CPU) Copy(dst, x *Tensor) {
	args := binaryArgs{dst: dst, a: x, walk: newWalk("Copy", dst, x)}
	n := dst.Len()
	switch {
	case dst.dtype != x.dtype:
		For(c.pool, n, chunk, args, convertChunk)
	case dst.dtype == Float64:
		For(c.pool, n, chunk, args, copyChunk[float64])
	case dst.dtype == Int32:
		For(c.pool, n, chunk, args, copyChunk[int32])
	case dst.dtype == Float32:
		For(c.pool, n, chunk, args, copyChunk[float32])
	default:
		For(c.pool, n, chunk, args, copyChunk[uint16])
	}
}

func copyChunk[T Element](j *binaryArgs, lo, hi int) {
	w := &j.walk
	dst, x := storage[T](j.dst), storage[T](j.a)
	sd, sx := w.step(0), w.step(1)
	for lo < hi {
		n, at := w.run(lo, hi)
		lo += n
		d, y := dst[at[0]:], x[at[1]:]
		if sd == 1 && sx == 1 {
			copy(d[:n], y[:n])
			continue
		}
		for i := range n {
			d[i*sd] = y[i*sx]
		}
	}
}

func convertChunk(j *binaryArgs, lo, hi int) {
	w := &j.walk
	sd, sx := w.step(0), w.step(1)
	for lo < hi {
		n, at := w.run(lo, hi)
		lo += n
		if sd == 1 && sx == 1 && convertRun(j.dst, j.a, at[0], at[1], n) {
			continue
		}
		for i := range n {
			j.dst.put(at[0]+i*sd, j.a.at(at[1]+i*sx))
		}
	}
}

// convertRun converts a contiguous run by a kernel, if there is one for the types.
func convertRun(dst, x *Tensor, d, s, n int) bool {
	switch {
	case dst.dtype == Float32 && x.dtype == BFloat16:
		kernels.F32FromBF16(storage[float32](dst)[d:][:n], storage[uint16](x)[s:][:n])
	case dst.dtype == Float32 && x.dtype == Float16:
		kernels.F32FromF16(storage[float32](dst)[d:][:n], storage[uint16](x)[s:][:n])
	case dst.dtype == BFloat16 && x.dtype == Float32:
		kernels.BF16FromF32(storage[uint16](dst)[d:][:n], storage[float32](x)[s:][:n])
	case dst.dtype == Float16 && x.dtype == Float32:
		kernels.F16FromF32(storage[uint16](dst)[d:][:n], storage[float32](x)[s:][:n])
	default:
		return false
	}
	return true
}
