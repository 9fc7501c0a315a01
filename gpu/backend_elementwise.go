package gpu

import (
	"inkstone/gpu/ir"
	"inkstone/gpu/kernels"
	"inkstone/tensor"
)

// Rough costs of elementwise operations, in floating-point operations for each element: what
// matters is how long a list takes, and these wait for memory.
const (
	cheap = 16
	dear  = 64
)

// Copy works as tensor.Backend says. What lies on the host alone, of either side, is copied
// there: so weights are converted from their files' types before they go to the device.
func (b *Backend) Copy(dst, x *tensor.Tensor) {
	d := dst.DType()
	if d == x.DType() && (d == tensor.Float32 || d == tensor.Int32) && tensor.SameShape(dst, x) && countable(dst) && countable(x) {
		if !b.onDevice(dst) && !b.onDevice(x) {
			b.CPU.Copy(dst, x)
			return
		}
		if b.copyStrided(dst, x) {
			return
		}
	}
	defer b.onCPU("Copy", read(x), write(dst))()
	b.CPU.Copy(dst, x)
}

func (b *Backend) copyStrided(dst, x *tensor.Tensor) bool {
	elem, n := elemOf(x.DType()), x.Len()
	s := kernels.NewStrided(dst.Shape(), dst.Strides(), x.Strides())
	s.Offset = [3]int{b.rest(dst), b.rest(x)}
	k := kernels.Copy{To: elem, From: elem}
	if s.Contiguous(2) {
		return run(b, k, k.Launch(n), cheap*n, write(dst), read(x))
	}
	k.Dims = s.Dims
	return run(b, k, k.LaunchStrided(&s), cheap*n, at(write(dst)), at(read(x)))
}

// onDevice reports whether the device has the newest contents of t's buffer.
func (b *Backend) onDevice(t *tensor.Tensor) bool {
	m, ok := t.Buffer().Mirror().(*mirror)
	return ok && m.device == b.device && m.newest.Load() != onHost
}

// Fill works as tensor.Backend says.
func (b *Backend) Fill(dst *tensor.Tensor, v float64) {
	k := kernels.Fill{Elem: ir.F32}
	if dense(dst) && run(b, k, k.Launch(dst.Len(), v), cheap*dst.Len(), write(dst)) {
		return
	}
	defer b.onCPU("Fill", write(dst))()
	b.CPU.Fill(dst, v)
}

// Unary works as tensor.Backend says.
func (b *Backend) Unary(op tensor.UnaryOp, dst, x *tensor.Tensor) {
	if dense(x, dst) {
		k := kernels.Unary{Op: op, InPlace: same(dst, x)}
		if run(b, k, k.Launch(x.Len()), dear*x.Len(), pair(k.InPlace, dst, x)...) {
			return
		}
	}
	defer b.onCPU(op.String(), read(x), write(dst))()
	b.CPU.Unary(op, dst, x)
}

// pair returns the operands of a kernel that may work in place, and others after them.
func pair(inPlace bool, dst, x *tensor.Tensor, others ...operand) []operand {
	operands := make([]operand, 0, 4) // inlined, it takes no memory of the heap
	if inPlace {
		return append(append(operands, update(dst)), others...)
	}
	return append(append(operands, write(dst), read(x)), others...)
}

// UnaryBackward works as tensor.Backend says.
func (b *Backend) UnaryBackward(op tensor.UnaryOp, dx, dy, x, y *tensor.Tensor) {
	saved := y
	if op.SavesX() {
		saved = x
	}
	if dense(dy, dx, saved) {
		k := kernels.UnaryBackward{Op: op, InPlace: same(dx, dy)}
		operands := pair(k.InPlace, dx, dy)
		if op.SavesX() || op.SavesY() {
			operands = append(operands, read(saved))
		}
		if run(b, k, k.Launch(dy.Len()), dear*dy.Len(), operands...) {
			return
		}
	}
	defer b.onCPU(op.String()+"Backward", read(dy), operand{t: x, reads: true}, operand{t: y, reads: true}, write(dx))()
	b.CPU.UnaryBackward(op, dx, dy, x, y)
}

// Binary works as tensor.Backend says.
func (b *Backend) Binary(op tensor.BinaryOp, dst, x, y *tensor.Tensor) {
	if floats(dst, x, y) && tensor.SameShape(dst, x) && tensor.SameShape(dst, y) && b.binary(op, dst, x, y) {
		return
	}
	defer b.onCPU(op.String(), read(x), read(y), write(dst))()
	b.CPU.Binary(op, dst, x, y)
}

func (b *Backend) binary(op tensor.BinaryOp, dst, x, y *tensor.Tensor) bool {
	k, n := kernels.Binary{Op: op}, dst.Len()
	operands := make([]operand, 0, 3)
	operands = append(operands, write(dst))
	switch isX, isY := same(dst, x), same(dst, y); {
	case isX && isY:
		k.Alias, operands[0] = kernels.AliasBoth, update(dst)
	case isX:
		k.Alias, operands[0] = kernels.AliasA, update(dst)
		operands = append(operands, read(y))
	case isY:
		k.Alias, operands[0] = kernels.AliasB, update(dst)
		operands = append(operands, read(x))
	default:
		operands = append(operands, read(x), read(y))
	}
	s := kernels.NewStrided(dst.Shape(), dst.Strides(), x.Strides(), y.Strides())
	s.Offset = [3]int{b.rest(dst), b.rest(x), b.rest(y)}
	if s.Contiguous(3) {
		return run(b, k, k.Launch(n), cheap*n, operands...)
	}
	k.Dims = s.Dims
	for i := range operands {
		operands[i].loose = true
	}
	return run(b, k, k.LaunchStrided(&s), cheap*n, operands...)
}

// Scale works as tensor.Backend says.
func (b *Backend) Scale(dst, x *tensor.Tensor, c float64) {
	if dense(x, dst) && b.scalar(kernels.Scale, dst, x, c) {
		return
	}
	defer b.onCPU("Scale", read(x), write(dst))()
	b.CPU.Scale(dst, x, c)
}

// AddScalar works as tensor.Backend says.
func (b *Backend) AddScalar(dst, x *tensor.Tensor, c float64) {
	if dense(x, dst) && b.scalar(kernels.AddScalar, dst, x, c) {
		return
	}
	defer b.onCPU("AddScalar", read(x), write(dst))()
	b.CPU.AddScalar(dst, x, c)
}

func (b *Backend) scalar(op kernels.ScalarOp, dst, x *tensor.Tensor, c float64) bool {
	k := kernels.Scalar{Op: op, InPlace: same(dst, x)}
	return run(b, k, k.Launch(x.Len(), float32(c)), cheap*x.Len(), pair(k.InPlace, dst, x)...)
}

// Accumulate works as tensor.Backend says.
func (b *Backend) Accumulate(y, x *tensor.Tensor, c float64) {
	k := kernels.Scalar{Op: kernels.Accumulate}
	if dense(x, y) && !same(y, x) && run(b, k, k.Launch(x.Len(), float32(c)), cheap*x.Len(), update(y), read(x)) {
		return
	}
	defer b.onCPU("Accumulate", read(x), update(y))()
	b.CPU.Accumulate(y, x, c)
}

// SwiGLU works as tensor.Backend says.
func (b *Backend) SwiGLU(dst, gate, up *tensor.Tensor) {
	k := kernels.SwiGLU{}
	if dense(gate, dst, up) && run(b, k, k.Launch(gate.Len()), dear*gate.Len(), write(dst), read(gate), read(up)) {
		return
	}
	defer b.onCPU("SwiGLU", read(gate), read(up), write(dst))()
	b.CPU.SwiGLU(dst, gate, up)
}

// SwiGLUBackward works as tensor.Backend says.
func (b *Backend) SwiGLUBackward(dgate, dup, dy, gate, up *tensor.Tensor) {
	k := kernels.SwiGLUBackward{}
	if dense(dy, dgate, dup, gate, up) &&
		run(b, k, k.Launch(dy.Len()), dear*dy.Len(), write(dgate), write(dup), read(dy), read(gate), read(up)) {
		return
	}
	defer b.onCPU("SwiGLUBackward", read(dy), read(gate), read(up), write(dgate), write(dup))()
	b.CPU.SwiGLUBackward(dgate, dup, dy, gate, up)
}

// Dropout works as tensor.Backend says.
func (b *Backend) Dropout(dst, x *tensor.Tensor, stream tensor.Stream, offset uint64, keep float64) {
	if dense(x, dst) {
		k := kernels.Dropout{InPlace: same(dst, x)}
		if l, ok := k.Launch(x.Len(), stream.Key(), offset, float32(keep)); !ok {
			b.Fill(dst, 0)
			return
		} else if run(b, k, l, dear*x.Len(), pair(k.InPlace, dst, x)...) {
			return
		}
	}
	defer b.onCPU("Dropout", read(x), write(dst))()
	b.CPU.Dropout(dst, x, stream, offset, keep)
}

// AdamW works as tensor.Backend says.
func (b *Backend) AdamW(p, g, m, v *tensor.Tensor, c tensor.AdamW) {
	k := kernels.AdamW{}
	if dense(p, g, m, v) && run(b, k, k.Launch(p.Len(), c), dear*p.Len(), update(p), update(m), update(v), read(g)) {
		return
	}
	defer b.onCPU("AdamW", read(g), update(p), update(m), update(v))()
	b.CPU.AdamW(p, g, m, v, c)
}
