package kernels

import (
	"math"

	"inkstone/gpu/ir"
)

// Softmax computes, for each row of x [rows, cols],
//
//	dst[c] = exp(x[c] − max x) / Σ exp(x[j] − max x)
//
// and with Log dst[c] = x[c] − log Σ exp(x[j]). With InPlace dst is x. Maximum and sum are found
// in one pass (see logSumExp).
//
// Buffers: dst, x [rows, cols], or the one of them with InPlace.
type Softmax struct {
	Rows
	Log     bool
	InPlace bool
}

func (k Softmax) op() string {
	if k.Log {
		return "log_softmax"
	}
	return "softmax"
}

// Build builds the kernel.
func (k Softmax) Build() (*ir.Kernel, error) {
	if err := k.check(); err != nil {
		return nil, err
	}
	b := k.begin(k.op() + suffix(k.InPlace))
	dst, x := inOut(b, "dst", "x", k.InPlace)
	k.each(b, func(r *row) {
		m, s := r.logSumExp(x)
		if k.Log {
			lse := m.Add(s.Log())
			r.columns(func(_, at ir.Value) { dst.Store(at, x.Load(at).Sub(lse)) })
			return
		}
		scale := b.F32(1).Div(s)
		r.columns(func(_, at ir.Value) { dst.Store(at, x.Load(at).Sub(m).Exp().Mul(scale)) })
	})
	return b.Build()
}

// Launch returns the launch for x [rows, cols].
func (k Softmax) Launch(rows, cols int) Launch { return k.launch(rows, cols) }

// lowest is where running maxima begin: below every finite number, but not -Inf, from which
// -Inf cannot be subtracted.
const lowest = -math.MaxFloat32

// logSumExp returns m = max x and s = Σ exp(x − m) of the row, whose log-sum-exp is m + log s.
// Each lane keeps its own maximum and a sum under it, which is rescaled when a larger maximum
// comes (Milakov and Gimelshein 2018, "Online normalizer calculation for softmax"); then the
// lanes' sums are rescaled to the common maximum. So the row is read once.
func (r *row) logSumExp(x *ir.Array) (m, s ir.Value) {
	b := r.b
	largest, sum := b.VarOf(b.F32(lowest)).Named("largest"), b.VarOf(b.F32(0)).Named("sum")
	r.columns(func(_, at ir.Value) {
		v, m, s := x.Load(at), largest.Get(), sum.Get()
		above := v.Gt(m)
		e := above.Select(m.Sub(v), v.Sub(m)).Exp()
		sum.Set(above.Select(s.FMA(e, 1), s.Add(e)))
		largest.Set(above.Select(v, m))
	})
	m = r.max(largest.Get())[0]
	s = r.sum(sum.Get().Mul(largest.Get().Sub(m).Exp()))[0]
	return m, s
}

// SoftmaxBackward computes, for each row, from y = Softmax(x),
//
//	dx = y ∘ (dy − Σ dy∘y)
//
// and with Log, from y = LogSoftmax(x), dx = dy − exp(y)·Σ dy. With InPlace dx is dy.
//
// Buffers: dx, dy [rows, cols], or the one of them with InPlace; y [rows, cols].
type SoftmaxBackward struct {
	Rows
	Log     bool
	InPlace bool
}

// Build builds the kernel.
func (k SoftmaxBackward) Build() (*ir.Kernel, error) {
	if err := k.check(); err != nil {
		return nil, err
	}
	b := k.begin(Softmax{Log: k.Log}.op() + "_backward" + suffix(k.InPlace))
	dx, dy := inOut(b, "dx", "dy", k.InPlace)
	y := b.Buffer("y", ir.F32, ir.Read)
	k.each(b, func(r *row) {
		if k.Log {
			sum := r.total(func(_, at ir.Value) ir.Value { return dy.Load(at) })
			r.columns(func(_, at ir.Value) {
				dx.Store(at, y.Load(at).Exp().Neg().FMA(sum, dy.Load(at)))
			})
			return
		}
		sum := r.total(func(_, at ir.Value) ir.Value { return dy.Load(at).Mul(y.Load(at)) })
		r.columns(func(_, at ir.Value) { dx.Store(at, y.Load(at).Mul(dy.Load(at).Sub(sum))) })
	})
	return b.Build()
}

// Launch returns the launch for dy [rows, cols].
func (k SoftmaxBackward) Launch(rows, cols int) Launch { return k.launch(rows, cols) }
