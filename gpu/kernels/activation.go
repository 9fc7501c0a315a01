package kernels

import (
	"fmt"
	"strings"

	"inkstone/gpu/ir"
	"inkstone/tensor"
)

// Unary computes dst = op(x), elementwise, for every tensor.UnaryOp. With InPlace dst is x.
//
// Buffers: dst, x [n], or the one of them with InPlace.
type Unary struct {
	Op      tensor.UnaryOp
	InPlace bool
}

// Build builds the kernel.
func (k Unary) Build() (*ir.Kernel, error) {
	b := newElementwise("unary_" + strings.ToLower(k.Op.String()) + suffix(k.InPlace))
	dst, x := inOut(b, "dst", "x", k.InPlace)
	mapElements(b, b.Scalar("n", ir.I32), []*ir.Array{dst}, []*ir.Array{x}, func(x []ir.Value) []ir.Value {
		return []ir.Value{unary(b, k.Op, x[0])}
	})
	return b.Build()
}

// Launch returns the launch for n elements.
func (k Unary) Launch(n int) Launch { return launchElements(n) }

func launchElements(n int) Launch {
	l := Launch{Grid: elementGrid(n)}
	l.ints(n)
	return l
}

func unary(b *ir.Builder, op tensor.UnaryOp, x ir.Value) ir.Value {
	switch op {
	case tensor.Neg:
		return x.Neg()
	case tensor.Exp:
		return x.Exp()
	case tensor.Log:
		return x.Log()
	case tensor.Sqrt:
		return x.Sqrt()
	case tensor.Tanh:
		return x.Tanh()
	case tensor.Sigmoid:
		return sigmoid(b, x)
	case tensor.ReLU:
		return x.Lt(0).Select(0, x)
	case tensor.GELU:
		return gelu(b, x)
	case tensor.GELUErf:
		return geluErf(b, x)
	case tensor.SiLU:
		return silu(b, x)
	}
	panic(fmt.Sprintf("kernels: Unary: op %d", op))
}

// UnaryBackward computes dx = dy ∘ op′(x), where y = op(x), elementwise. With InPlace dx is dy.
//
// Buffers: dx, dy [n], or the one of them with InPlace; then x if the op saves x, and y if it
// saves y (tensor.UnaryOp.SavesX, SavesY).
type UnaryBackward struct {
	Op      tensor.UnaryOp
	InPlace bool
}

// Build builds the kernel.
func (k UnaryBackward) Build() (*ir.Kernel, error) {
	b := newElementwise("unary_backward_" + strings.ToLower(k.Op.String()) + suffix(k.InPlace))
	dx, dy := inOut(b, "dx", "dy", k.InPlace)
	in := []*ir.Array{dy}
	switch {
	case k.Op.SavesX():
		in = append(in, b.Buffer("x", ir.F32, ir.Read))
	case k.Op.SavesY():
		in = append(in, b.Buffer("y", ir.F32, ir.Read))
	}
	mapElements(b, b.Scalar("n", ir.I32), []*ir.Array{dx}, in, func(x []ir.Value) []ir.Value {
		saved := ir.Value{}
		if len(x) > 1 {
			saved = x[1]
		}
		return []ir.Value{unaryBackward(b, k.Op, x[0], saved)}
	})
	return b.Build()
}

// Launch returns the launch for n elements.
func (k UnaryBackward) Launch(n int) Launch { return launchElements(n) }

// unaryBackward returns dy·op′; saved is x or y, whichever the op saves.
func unaryBackward(b *ir.Builder, op tensor.UnaryOp, dy, saved ir.Value) ir.Value {
	switch op {
	case tensor.Neg:
		return dy.Neg()
	case tensor.Exp:
		return dy.Mul(saved)
	case tensor.Log:
		return dy.Div(saved)
	case tensor.Sqrt:
		return dy.Div(saved).Mul(0.5)
	case tensor.Tanh:
		return dy.Mul(b.F32(1).Sub(saved.Mul(saved)))
	case tensor.Sigmoid:
		return dy.Mul(saved.Mul(b.F32(1).Sub(saved)))
	case tensor.ReLU:
		return saved.Gt(0).Select(dy, 0)
	case tensor.GELU:
		return dy.Mul(geluSlope(b, saved))
	case tensor.GELUErf:
		return dy.Mul(geluErfSlope(b, saved))
	case tensor.SiLU:
		return dy.Mul(siluSlope(b, saved))
	}
	panic(fmt.Sprintf("kernels: UnaryBackward: op %d", op))
}

// SwiGLU computes dst = SiLU(gate) ∘ up, elementwise (Shazeer 2020, "GLU variants improve
// transformer", section 2).
//
// Buffers: dst, gate, up [n].
type SwiGLU struct{}

// Build builds the kernel.
func (k SwiGLU) Build() (*ir.Kernel, error) {
	b := newElementwise("swiglu")
	dst := b.Buffer("dst", ir.F32, ir.Write)
	gate, up := b.Buffer("gate", ir.F32, ir.Read), b.Buffer("up", ir.F32, ir.Read)
	mapElements(b, b.Scalar("n", ir.I32), []*ir.Array{dst}, []*ir.Array{gate, up}, func(x []ir.Value) []ir.Value {
		return []ir.Value{silu(b, x[0]).Mul(x[1])}
	})
	return b.Build()
}

// Launch returns the launch for n elements.
func (k SwiGLU) Launch(n int) Launch { return launchElements(n) }

// SwiGLUBackward computes dgate = dy ∘ up ∘ SiLU′(gate) and dup = dy ∘ SiLU(gate).
//
// Buffers: dgate, dup, dy, gate, up [n].
type SwiGLUBackward struct{}

// Build builds the kernel.
func (k SwiGLUBackward) Build() (*ir.Kernel, error) {
	b := newElementwise("swiglu_backward")
	out := []*ir.Array{b.Buffer("dgate", ir.F32, ir.Write), b.Buffer("dup", ir.F32, ir.Write)}
	in := []*ir.Array{b.Buffer("dy", ir.F32, ir.Read), b.Buffer("gate", ir.F32, ir.Read), b.Buffer("up", ir.F32, ir.Read)}
	mapElements(b, b.Scalar("n", ir.I32), out, in, func(x []ir.Value) []ir.Value {
		dy, gate, up := x[0], x[1], x[2]
		return []ir.Value{dy.Mul(up).Mul(siluSlope(b, gate)), dy.Mul(silu(b, gate))}
	})
	return b.Build()
}

// Launch returns the launch for n elements.
func (k SwiGLUBackward) Launch(n int) Launch { return launchElements(n) }
