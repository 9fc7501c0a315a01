package kernels

import (
	"fmt"
	"strings"

	"inkstone/gpu/ir"
	"inkstone/tensor"
)

// Alias tells which operands of Binary are its result.
type Alias uint8

// Which operands are dst.
const (
	NoAlias Alias = iota
	AliasA
	AliasB
	AliasBoth
)

// Binary computes dst = a op b, elementwise, for every tensor.BinaryOp. With Dims 0 all are
// contiguous; with 1 to 6 they lie as a Strided says, whose operands are dst, a, b.
//
// Buffers: dst, then a and b, each unless Alias says that it is dst.
type Binary struct {
	Op    tensor.BinaryOp
	Alias Alias
	Dims  int
}

// Build builds the kernel.
func (k Binary) Build() (*ir.Kernel, error) {
	b := newElementwise(fmt.Sprintf("binary_%s_%dd_alias%d", strings.ToLower(k.Op.String()), k.Dims, k.Alias))
	access := ir.Write
	if k.Alias != NoAlias {
		access = ir.ReadWrite
	}
	dst := b.Buffer("dst", ir.F32, access)
	x, y := dst, dst
	if k.Alias != AliasA && k.Alias != AliasBoth {
		x = b.Buffer("a", ir.F32, ir.Read)
	}
	if k.Alias != AliasB && k.Alias != AliasBoth {
		y = b.Buffer("b", ir.F32, ir.Read)
	}
	if k.Dims == 0 {
		mapElements(b, b.Scalar("n", ir.I32), []*ir.Array{dst}, []*ir.Array{x, y}, func(v []ir.Value) []ir.Value {
			return []ir.Value{binary(k.Op, v[0], v[1])}
		})
		return b.Build()
	}
	walkElements(b, k.Dims, []string{"dst", "a", "b"}, func(at []ir.Value) {
		dst.Store(at[0], binary(k.Op, x.Load(at[1]), y.Load(at[2])))
	})
	return b.Build()
}

// Launch returns the launch for n contiguous elements (Dims 0).
func (k Binary) Launch(n int) Launch { return launchElements(n) }

// LaunchStrided returns the launch for operands that lie as s says (Dims s.Dims).
func (k Binary) LaunchStrided(s *Strided) Launch { return s.launch(3) }

// binary computes a op b. Minimum and maximum are NaN if an operand is.
func binary(op tensor.BinaryOp, x, y ir.Value) ir.Value {
	switch op {
	case tensor.Add:
		return x.Add(y)
	case tensor.Sub:
		return x.Sub(y)
	case tensor.Mul:
		return x.Mul(y)
	case tensor.Div:
		return x.Div(y)
	case tensor.Minimum:
		return x.Ne(x).Or(x.Lt(y)).Select(x, y)
	case tensor.Maximum:
		return x.Ne(x).Or(x.Gt(y)).Select(x, y)
	}
	panic(fmt.Sprintf("kernels: Binary: op %d", op))
}

// ScalarOp names what Scalar does.
type ScalarOp uint8

// What Scalar does with x and the number c.
const (
	Scale      ScalarOp = iota // dst = c·x
	AddScalar                  // dst = x + c
	Accumulate                 // dst += c·x
)

var scalarNames = [...]string{"scale", "add_scalar", "accumulate"}

// Scalar combines a tensor with a number. With InPlace dst is x; Accumulate always reads dst,
// which is then another one than x.
//
// Buffers: dst, x [n], or the one of them with InPlace.
type Scalar struct {
	Op      ScalarOp
	InPlace bool
}

// Build builds the kernel.
func (k Scalar) Build() (*ir.Kernel, error) {
	if k.Op == Accumulate && k.InPlace {
		return nil, fmt.Errorf("kernels: Scalar: Accumulate of x to itself is Scale")
	}
	b := newElementwise(scalarNames[k.Op] + suffix(k.InPlace))
	var dst, x *ir.Array
	if k.Op == Accumulate {
		dst, x = b.Buffer("dst", ir.F32, ir.ReadWrite), b.Buffer("x", ir.F32, ir.Read)
	} else {
		dst, x = inOut(b, "dst", "x", k.InPlace)
	}
	n, c := b.Scalar("n", ir.I32), b.Scalar("c", ir.F32)
	in := []*ir.Array{x}
	if k.Op == Accumulate {
		in = append(in, dst)
	}
	mapElements(b, n, []*ir.Array{dst}, in, func(x []ir.Value) []ir.Value {
		switch k.Op {
		case Scale:
			return []ir.Value{x[0].Mul(c)}
		case AddScalar:
			return []ir.Value{x[0].Add(c)}
		default:
			return []ir.Value{x[0].FMA(c, x[1])}
		}
	})
	return b.Build()
}

// Launch returns the launch for n elements.
func (k Scalar) Launch(n int, c float32) Launch {
	l := launchElements(n)
	l.floats(c)
	return l
}
