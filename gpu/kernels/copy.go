package kernels

import (
	"fmt"

	"inkstone/gpu/ir"
)

// Copy writes x to dst and converts between F32, F16, BF16 and I32 on the way: to 16 bits
// rounded to the nearest, ties to even, to I32 without the fraction. With Dims 0 both are
// contiguous; with 1 to 6 they lie as a Strided says, whose operands are dst and x. It also
// gathers, transposes, and appends to a cache.
//
// Buffers: dst, x.
type Copy struct {
	To, From ir.Type
	Dims     int
}

// Build builds the kernel.
func (k Copy) Build() (*ir.Kernel, error) {
	b := newElementwise(fmt.Sprintf("copy_%v_from_%v_%dd", k.To, k.From, k.Dims))
	dst, x := b.Buffer("dst", k.To, ir.Write), b.Buffer("x", k.From, ir.Read)
	if k.Dims == 0 {
		mapElements(b, b.Scalar("n", ir.I32), []*ir.Array{dst}, []*ir.Array{x}, func(x []ir.Value) []ir.Value {
			return []ir.Value{x[0].To(k.To.Loaded())}
		})
		return b.Build()
	}
	walkElements(b, k.Dims, []string{"dst", "x"}, func(at []ir.Value) {
		dst.Store(at[0], x.Load(at[1]).To(k.To.Loaded()))
	})
	return b.Build()
}

// Launch returns the launch for n contiguous elements (Dims 0).
func (k Copy) Launch(n int) Launch { return launchElements(n) }

// LaunchStrided returns the launch for operands that lie as s says (Dims s.Dims).
func (k Copy) LaunchStrided(s *Strided) Launch { return s.launch(2) }

// Fill sets n elements of dst to a number.
//
// Buffers: dst [n].
type Fill struct {
	Elem ir.Type // F32, F16, BF16 or I32
}

// Build builds the kernel.
func (k Fill) Build() (*ir.Kernel, error) {
	b := newElementwise(fmt.Sprintf("fill_%v", k.Elem))
	dst := b.Buffer("dst", k.Elem, ir.Write)
	n, v := b.Scalar("n", ir.I32), b.Scalar("v", k.Elem.Loaded())
	mapElements(b, n, []*ir.Array{dst}, nil, func([]ir.Value) []ir.Value { return []ir.Value{v} })
	return b.Build()
}

// Launch returns the launch for n elements.
func (k Fill) Launch(n int, v float64) Launch {
	l := launchElements(n)
	if k.Elem == ir.I32 {
		l.ints(int(v))
	} else {
		l.floats(float32(v))
	}
	return l
}
