package kernels

import (
	"math"
	"unsafe"
)

// AdamWConfig holds the numbers of one AdamW step.
type AdamWConfig[T Float] struct {
	LR          T // learning rate of this step
	Beta1       T // decay of the first moment m
	Beta2       T // decay of the second moment v
	Eps         T // added to the root of the second moment
	WeightDecay T // decoupled from the gradient
	Correction1 T // 1 - β₁ᵗ at step t = 1, 2, …
	Correction2 T // 1 - β₂ᵗ
	GradScale   T // multiplies the gradient first: 1, or less to clip its norm
}

// AdamW makes one step of the optimiser in one pass over parameters p, gradients g and
// moments m and v, all of one length (Loshchilov and Hutter, arXiv:1711.05101,
// algorithm 2, with the schedule multiplier folded into the learning rate):
//
//	g' = GradScale·g
//	p *= 1 - LR·WeightDecay
//	m  = β₁·m + (1 - β₁)·g'
//	v  = β₂·v + (1 - β₂)·g'²
//	p -= LR·(m/Correction1) / (√(v/Correction2) + Eps)
//
// Only p, m and v are written.
//
//go:noinline
func AdamW[T Float](p, g, m, v []T, c AdamWConfig[T]) {
	checkLen("AdamW", "g", len(g), len(p))
	checkLen("AdamW", "m", len(m), len(p))
	checkLen("AdamW", "v", len(v), len(p))
	s := newAdamWStep(c)
	if is32[T]() {
		active.adamW(as32(p), as32(g), as32(m), as32(v), *(*adamWStep[float32])(unsafe.Pointer(&s)))
		return
	}
	adamWGeneric(p, g, m, v, s)
}

// adamWStep is AdamWConfig turned into the factors of the inner loop, so that each element
// costs one division and one root.
type adamWStep[T Float] struct {
	scale, decay T // GradScale, 1 - LR·WeightDecay
	beta1, rest1 T // β₁, 1 - β₁
	beta2, rest2 T // β₂, 1 - β₂
	root         T // 1/√Correction2
	eps          T
	rate         T // LR/Correction1
}

func newAdamWStep[T Float](c AdamWConfig[T]) adamWStep[T] {
	return adamWStep[T]{
		scale: c.GradScale, decay: T(1 - float64(c.LR)*float64(c.WeightDecay)),
		beta1: c.Beta1, rest1: 1 - c.Beta1,
		beta2: c.Beta2, rest2: 1 - c.Beta2,
		root: T(1 / math.Sqrt(float64(c.Correction2))),
		eps:  c.Eps,
		rate: T(float64(c.LR) / float64(c.Correction1)),
	}
}

func adamWGeneric[T Float](p, g, m, v []T, c adamWStep[T]) {
	g, m, v = g[:len(p)], m[:len(p)], v[:len(p)]
	for i := range p {
		grad := c.scale * g[i]
		m[i] = c.beta1*m[i] + c.rest1*grad
		v[i] = c.beta2*v[i] + c.rest2*(grad*grad)
		denom := T(math.Sqrt(float64(v[i])))*c.root + c.eps
		p[i] = c.decay*p[i] - c.rate*(m[i]/denom)
	}
}
