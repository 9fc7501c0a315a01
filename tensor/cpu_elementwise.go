package tensor

import (
	"fmt"

	"inkstone/kernels"
)

type unaryArgs struct {
	op       UnaryOp
	dst, x   *Tensor
	dy, y    *Tensor // backward only
	constant float64
}

// Fill works as Backend says.
func (c *CPU) Fill(dst *Tensor, v float64) {
	each(c, "Fill", dst, dst.Len(), chunk, unaryArgs{dst: dst, constant: v}, fillChunk[float32], fillChunk[float64])
}

func fillChunk[T kernels.Float](a *unaryArgs, lo, hi int) {
	kernels.Fill(Data[T](a.dst)[lo:hi], T(a.constant))
}

// Unary works as Backend says.
func (c *CPU) Unary(op UnaryOp, dst, x *Tensor) {
	like(op.String(), x, dst)
	each(c, op.String(), x, x.Len(), chunk, unaryArgs{op: op, dst: dst, x: x}, unaryChunk[float32], unaryChunk[float64])
}

func unaryChunk[T kernels.Float](a *unaryArgs, lo, hi int) {
	dst, x := Data[T](a.dst)[lo:hi], Data[T](a.x)[lo:hi]
	switch a.op {
	case Neg:
		for i, v := range x {
			dst[i] = -v
		}
	case Exp:
		kernels.Exp(dst, x)
	case Log:
		kernels.Log(dst, x)
	case Sqrt:
		kernels.Sqrt(dst, x)
	case Tanh:
		kernels.Tanh(dst, x)
	case Sigmoid:
		kernels.Sigmoid(dst, x)
	case ReLU:
		kernels.ReLU(dst, x)
	case GELU:
		kernels.GELU(dst, x)
	case GELUErf:
		kernels.GELUErf(dst, x)
	case SiLU:
		kernels.SiLU(dst, x)
	default:
		panic(fmt.Sprintf("tensor: Unary: op %d", a.op))
	}
}

// UnaryBackward works as Backend says.
func (c *CPU) UnaryBackward(op UnaryOp, dx, dy, x, y *Tensor) {
	like("UnaryBackward", dy, dx, x, y)
	each(c, "UnaryBackward", dy, dy.Len(), chunk, unaryArgs{op: op, dst: dx, dy: dy, x: x, y: y}, unaryBackwardChunk[float32], unaryBackwardChunk[float64])
}

func unaryBackwardChunk[T kernels.Float](a *unaryArgs, lo, hi int) {
	dx, dy := Data[T](a.dst)[lo:hi], Data[T](a.dy)[lo:hi]
	var x, y []T
	if a.op.SavesX() {
		x = Data[T](a.x)[lo:hi]
	}
	if a.op.SavesY() {
		y = Data[T](a.y)[lo:hi]
	}
	switch a.op {
	case Neg:
		for i, v := range dy {
			dx[i] = -v
		}
	case Exp:
		kernels.Mul(dx, dy, y)
	case Log:
		kernels.Div(dx, dy, x)
	case Sqrt: // dy / 2y
		kernels.Div(dx, dy, y)
		kernels.Scale(dx, 0.5)
	case Tanh:
		kernels.TanhBackward(dx, dy, y)
	case Sigmoid:
		kernels.SigmoidBackward(dx, dy, y)
	case ReLU:
		kernels.ReLUBackward(dx, dy, x)
	case GELU:
		kernels.GELUBackward(dx, dy, x)
	case GELUErf:
		kernels.GELUErfBackward(dx, dy, x)
	case SiLU:
		kernels.SiLUBackward(dx, dy, x)
	default:
		panic(fmt.Sprintf("tensor: UnaryBackward: op %d", a.op))
	}
}

// Scale works as Backend says.
func (c *CPU) Scale(dst, x *Tensor, k float64) {
	like("Scale", x, dst)
	each(c, "Scale", x, x.Len(), chunk, unaryArgs{dst: dst, x: x, constant: k}, scaleChunk[float32], scaleChunk[float64])
}

func scaleChunk[T kernels.Float](a *unaryArgs, lo, hi int) {
	dst := Data[T](a.dst)[lo:hi]
	copy(dst, Data[T](a.x)[lo:hi])
	kernels.Scale(dst, T(a.constant))
}

// AddScalar works as Backend says.
func (c *CPU) AddScalar(dst, x *Tensor, k float64) {
	like("AddScalar", x, dst)
	each(c, "AddScalar", x, x.Len(), chunk, unaryArgs{dst: dst, x: x, constant: k}, addScalarChunk[float32], addScalarChunk[float64])
}

func addScalarChunk[T kernels.Float](a *unaryArgs, lo, hi int) {
	kernels.AddScalar(Data[T](a.dst)[lo:hi], Data[T](a.x)[lo:hi], T(a.constant))
}

// Accumulate works as Backend says.
func (c *CPU) Accumulate(y, x *Tensor, k float64) {
	like("Accumulate", x, y)
	each(c, "Accumulate", x, x.Len(), chunk, unaryArgs{dst: y, x: x, constant: k}, accumulateChunk[float32], accumulateChunk[float64])
}

func accumulateChunk[T kernels.Float](a *unaryArgs, lo, hi int) {
	kernels.Axpy(Data[T](a.dst)[lo:hi], Data[T](a.x)[lo:hi], T(a.constant))
}

type swigluArgs struct{ dst, gate, up, dgate, dup, dy *Tensor }

// SwiGLU works as Backend says.
func (c *CPU) SwiGLU(dst, gate, up *Tensor) {
	like("SwiGLU", gate, dst, up)
	each(c, "SwiGLU", gate, gate.Len(), chunk, swigluArgs{dst: dst, gate: gate, up: up}, swigluChunk[float32], swigluChunk[float64])
}

func swigluChunk[T kernels.Float](a *swigluArgs, lo, hi int) {
	kernels.SwiGLU(Data[T](a.dst)[lo:hi], Data[T](a.gate)[lo:hi], Data[T](a.up)[lo:hi])
}

// SwiGLUBackward works as Backend says.
func (c *CPU) SwiGLUBackward(dgate, dup, dy, gate, up *Tensor) {
	like("SwiGLUBackward", dy, dgate, dup, gate, up)
	each(c, "SwiGLUBackward", dy, dy.Len(), chunk, swigluArgs{nil, gate, up, dgate, dup, dy}, swigluBackwardChunk[float32], swigluBackwardChunk[float64])
}

func swigluBackwardChunk[T kernels.Float](a *swigluArgs, lo, hi int) {
	kernels.SwiGLUBackward(Data[T](a.dgate)[lo:hi], Data[T](a.dup)[lo:hi],
		Data[T](a.dy)[lo:hi], Data[T](a.gate)[lo:hi], Data[T](a.up)[lo:hi])
}

type dropoutArgs struct {
	dst, x *Tensor
	stream Stream
	offset uint64
	keep   float64
}

// Dropout works as Backend says.
func (c *CPU) Dropout(dst, x *Tensor, stream Stream, offset uint64, keep float64) {
	like("Dropout", x, dst)
	each(c, "Dropout", x, x.Len(), chunk, dropoutArgs{dst, x, stream, offset, keep}, dropoutChunk[float32], dropoutChunk[float64])
}

// dropoutChunk begins at a multiple of 4, as chunks do: one counter makes four numbers.
func dropoutChunk[T kernels.Float](a *dropoutArgs, lo, hi int) {
	kernels.Dropout(Data[T](a.dst)[lo:hi], Data[T](a.x)[lo:hi], a.stream.key, a.offset+uint64(lo)/4, T(a.keep))
}
