package tensor

import (
	"math"

	"inkstone/kernels"
)

type adamWArgs struct {
	p, g, m, v               *Tensor
	config                   AdamW
	correction1, correction2 float64
}

// AdamW works as Backend says.
func (c *CPU) AdamW(p, g, m, v *Tensor, s AdamW) {
	like("AdamW", p, g, m, v)
	args := adamWArgs{p, g, m, v, s, 1 - math.Pow(s.Beta1, float64(s.Step)), 1 - math.Pow(s.Beta2, float64(s.Step))}
	each(c, "AdamW", p, p.Len(), chunk, args, adamWChunk[float32], adamWChunk[float64])
}

func adamWChunk[T kernels.Float](a *adamWArgs, lo, hi int) {
	s := &a.config
	kernels.AdamW(Data[T](a.p)[lo:hi], Data[T](a.g)[lo:hi], Data[T](a.m)[lo:hi], Data[T](a.v)[lo:hi], kernels.AdamWConfig[T]{
		LR: T(s.LR), Beta1: T(s.Beta1), Beta2: T(s.Beta2), Eps: T(s.Eps), WeightDecay: T(s.WeightDecay),
		Correction1: T(a.correction1), Correction2: T(a.correction2), GradScale: T(s.GradScale),
	})
}
