package kernels

import (
	"math"

	"inkstone/gpu/ir"
)

// CrossEntropy computes, for each row of logits [rows, cols],
//
//	lse[r] = log Σ exp(logits[r, c]),  losses[r] = lse[r] − logits[r, targets[r]]
//
// A row whose target is negative does not count: both are 0. One whose target is no column
// has a loss of NaN. The logits are read once, whatever their number.
//
// Buffers: losses, lse [rows], logits [rows, cols], targets [rows] (I32).
type CrossEntropy struct{ Rows }

// Build builds the kernel.
func (k CrossEntropy) Build() (*ir.Kernel, error) {
	if err := k.check(); err != nil {
		return nil, err
	}
	b := k.begin("cross_entropy")
	losses, lse := b.Buffer("losses", ir.F32, ir.Write), b.Buffer("lse", ir.F32, ir.Write)
	logits, targets := b.Buffer("logits", ir.F32, ir.Read), b.Buffer("targets", ir.I32, ir.Read)
	k.each(b, func(r *row) {
		target := targets.Load(r.index)
		b.IfElse(target.Lt(0), func() {
			r.once(func() {
				losses.Store(r.index, 0)
				lse.Store(r.index, 0)
			})
		}, func() {
			m, s := r.logSumExp(logits)
			r.once(func() {
				total := m.Add(s.Log())
				lse.Store(r.index, total)
				b.IfElse(target.Lt(r.cols),
					func() { losses.Store(r.index, total.Sub(logits.Load(r.first.Add(target)))) },
					func() { losses.Store(r.index, math.NaN()) })
			})
		})
	})
	return b.Build()
}

// Launch returns the launch for logits [rows, cols].
func (k CrossEntropy) Launch(rows, cols int) Launch { return k.launch(rows, cols) }

// CrossEntropyBackward computes, for each row,
//
//	dlogits[c] = (exp(logits[c] − lse) − [c = target])·dlosses[r]
//
// or zeros where the target is negative. With InPlace dlogits is logits.
//
// Buffers: dlogits, logits [rows, cols], or the one of them with InPlace; lse [rows],
// targets [rows] (I32), dlosses [rows].
type CrossEntropyBackward struct {
	Rows
	InPlace bool
}

// Build builds the kernel.
func (k CrossEntropyBackward) Build() (*ir.Kernel, error) {
	if err := k.check(); err != nil {
		return nil, err
	}
	b := k.begin("cross_entropy_backward" + suffix(k.InPlace))
	dlogits, logits := inOut(b, "dlogits", "logits", k.InPlace)
	lse, targets := b.Buffer("lse", ir.F32, ir.Read), b.Buffer("targets", ir.I32, ir.Read)
	dlosses := b.Buffer("dlosses", ir.F32, ir.Read)
	k.each(b, func(r *row) {
		target := targets.Load(r.index)
		b.IfElse(target.Lt(0), func() {
			r.columns(func(_, at ir.Value) { dlogits.Store(at, 0) })
		}, func() {
			m, scale := lse.Load(r.index), dlosses.Load(r.index)
			r.columns(func(c, at ir.Value) {
				p := logits.Load(at).Sub(m).Exp().Mul(scale)
				dlogits.Store(at, p.Sub(c.Eq(target).Select(scale, 0)))
			})
		})
	})
	return b.Build()
}

// Launch returns the launch for logits [rows, cols].
func (k CrossEntropyBackward) Launch(rows, cols int) Launch { return k.launch(rows, cols) }
