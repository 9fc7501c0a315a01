package kernels

import (
	"math"

	"inkstone/gpu/ir"
	"inkstone/tensor"
)

// AdamW makes one step of the optimiser on parameters p with gradients g and moments m and v
// (Loshchilov and Hutter 2019, algorithm 2; see tensor.AdamW):
//
//	g′ = GradScale·g
//	m  = β₁·m + (1 − β₁)·g′
//	v  = β₂·v + (1 − β₂)·g′²
//	p  = (1 − LR·WeightDecay)·p − LR·(m/(1 − β₁ᵗ)) / (√(v/(1 − β₂ᵗ)) + Eps)
//
// Buffers: p, m, v, g [n].
type AdamW struct{}

// Build builds the kernel.
func (k AdamW) Build() (*ir.Kernel, error) {
	b := newElementwise("adamw")
	p, m, v := b.Buffer("p", ir.F32, ir.ReadWrite), b.Buffer("m", ir.F32, ir.ReadWrite), b.Buffer("v", ir.F32, ir.ReadWrite)
	g := b.Buffer("g", ir.F32, ir.Read)
	n := b.Scalar("n", ir.I32)
	scale, decay := b.Scalar("scale", ir.F32), b.Scalar("decay", ir.F32)
	beta1, rest1 := b.Scalar("beta1", ir.F32), b.Scalar("rest1", ir.F32)
	beta2, rest2 := b.Scalar("beta2", ir.F32), b.Scalar("rest2", ir.F32)
	root, eps, rate := b.Scalar("root", ir.F32), b.Scalar("eps", ir.F32), b.Scalar("rate", ir.F32)
	mapElements(b, n, []*ir.Array{p, m, v}, []*ir.Array{p, m, v, g}, func(x []ir.Value) []ir.Value {
		p, m, v, g := x[0], x[1], x[2], x[3].Mul(scale)
		m = beta1.Mul(m).Add(rest1.Mul(g))
		v = beta2.Mul(v).Add(rest2.Mul(g.Mul(g)))
		step := m.Div(v.Sqrt().Mul(root).Add(eps))
		return []ir.Value{decay.Mul(p).Sub(rate.Mul(step)), m, v}
	})
	return b.Build()
}

// Launch returns the launch for n parameters.
func (k AdamW) Launch(n int, c tensor.AdamW) Launch {
	l := launchElements(n)
	correction1 := 1 - math.Pow(c.Beta1, float64(c.Step))
	correction2 := 1 - math.Pow(c.Beta2, float64(c.Step))
	beta1, beta2 := float32(c.Beta1), float32(c.Beta2)
	l.floats(float32(c.GradScale), float32(1-c.LR*c.WeightDecay), beta1, 1-beta1, beta2, 1-beta2,
		float32(1/math.Sqrt(correction2)), float32(c.Eps), float32(c.LR/correction1))
	return l
}
