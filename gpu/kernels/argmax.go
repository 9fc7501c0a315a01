package kernels

import (
	"math"

	"inkstone/gpu/ir"
)

// Max finds the largest element of each row of x [rows, cols], and with Arg its first index. A
// NaN is larger than any number, so that it is not lost. cols is at least 1.
//
// Buffers: dst [rows], arg [rows] (I32, with Arg), x [rows, cols].
type Max struct {
	Lanes int // of the workgroup that takes a row, a power of two
	Arg   bool
}

// Build builds the kernel.
func (k Max) Build() (*ir.Kernel, error) {
	rows := Rows{Lanes: k.Lanes}
	if err := rows.check(); err != nil {
		return nil, err
	}
	name := "max"
	if k.Arg {
		name = "arg_max"
	}
	b := rows.begin(name)
	dst := b.Buffer("dst", ir.F32, ir.Write)
	var arg *ir.Array
	if k.Arg {
		arg = b.Buffer("arg", ir.I32, ir.Write)
	}
	x := b.Buffer("x", ir.F32, ir.Read)
	values, places := b.Shared("values", ir.F32, k.Lanes), b.Shared("places", ir.I32, k.Lanes)
	rows.each(b, func(r *row) {
		value, place := b.VarOf(b.F32(float32(math.Inf(-1)))).Named("value"), b.VarOf(b.I32(math.MaxInt32)).Named("place")
		r.columns(func(c, at ir.Value) { takeLarger(value, place, x.Load(at), c) })
		values.Store(r.lane, value)
		places.Store(r.lane, place)
		b.Barrier()
		for half := k.Lanes / 2; half > 0; half /= 2 {
			b.If(r.lane.Lt(half), func() {
				takeLarger(value, place, values.Load(r.lane.Add(half)), places.Load(r.lane.Add(half)))
				values.Store(r.lane, value)
				places.Store(r.lane, place)
			})
			if half > 1 { // lane 0 has the result itself
				b.Barrier()
			}
		}
		r.once(func() {
			dst.Store(r.index, value)
			if k.Arg {
				arg.Store(r.index, place)
			}
		})
	})
	return b.Build()
}

// Launch returns the launch for x [rows, cols].
func (k Max) Launch(rows, cols int) Launch { return Rows{Lanes: k.Lanes}.launch(rows, cols) }

// takeLarger replaces (value, place) by (v, at) if v is larger, or as large and before it.
func takeLarger(value, place *ir.Var, v, at ir.Value) {
	old, was := value.Get(), place.Get()
	wasNaN, isNaN := old.Ne(old), v.Ne(v)
	same := v.Eq(old).Or(wasNaN.And(isNaN))
	larger := v.Gt(old).Or(isNaN.And(wasNaN.Not())).Or(same.And(at.Lt(was)))
	value.Set(larger.Select(v, old))
	place.Set(larger.Select(at, was))
}
