package kernels

import "math"

// SiLU writes dst[i] = x·σ(x) of x[i], also called swish (Elfwing, Uchibe and Doya,
// arXiv:1702.03118). The lengths are equal; dst may be x.
//
//go:noinline
func SiLU[T Float](dst, x []T) {
	checkLen("SiLU", "x", len(x), len(dst))
	if is32[T]() {
		active.silu(as32(dst), as32(x))
		return
	}
	siluGeneric(dst, x)
}

func siluGeneric[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = T(silu(float64(x[i])))
	}
}

func silu(x float64) float64 {
	x = max(-siluFlat, x)
	return x / (1 + math.Exp(-x))
}

// siluSlope is the derivative of silu.
func siluSlope(x float64) float64 {
	x = max(-siluFlat, min(siluFlat, x))
	s := sigmoid(x)
	return s * (1 + x*(1-s))
}

// siluFlat bounds |x|: left of -siluFlat silu is 0, even in float64, and beyond either bound
// its slope is 0 or 1. Clamping gives ±Inf their limits.
const siluFlat = 1000

// SiLUBackward writes the gradient of SiLU: dx = dy·s·(1 + x·(1 - s)) with s = σ(x). The
// lengths are equal; dx may be dy or x.
//
//go:noinline
func SiLUBackward[T Float](dx, dy, x []T) {
	checkLen("SiLUBackward", "dy", len(dy), len(dx))
	checkLen("SiLUBackward", "x", len(x), len(dx))
	if is32[T]() {
		active.siluBackward(as32(dx), as32(dy), as32(x))
		return
	}
	siluBackwardGeneric(dx, dy, x)
}

func siluBackwardGeneric[T Float](dx, dy, x []T) {
	dy, x = dy[:len(dx)], x[:len(dx)]
	for i := range dx {
		dx[i] = dy[i] * T(siluSlope(float64(x[i])))
	}
}

// SwiGLU writes dst[i] = silu(gate[i])·up[i], the gated activation of Llama's feed-forward
// block (Shazeer, arXiv:2002.05202). The lengths are equal; dst may be gate or up.
//
//go:noinline
func SwiGLU[T Float](dst, gate, up []T) {
	checkLen("SwiGLU", "gate", len(gate), len(dst))
	checkLen("SwiGLU", "up", len(up), len(dst))
	if is32[T]() {
		active.swiglu(as32(dst), as32(gate), as32(up))
		return
	}
	swigluGeneric(dst, gate, up)
}

func swigluGeneric[T Float](dst, gate, up []T) {
	gate, up = gate[:len(dst)], up[:len(dst)]
	for i := range dst {
		dst[i] = T(silu(float64(gate[i]))) * up[i]
	}
}

// SwiGLUBackward writes the gradients of SwiGLU: with s = σ(gate),
//
//	dgate = dy·up·s·(1 + gate·(1 - s))
//	dup   = dy·gate·s
//
// The lengths are equal; dgate may be gate and dup may be up, or either may be dy.
//
//go:noinline
func SwiGLUBackward[T Float](dgate, dup, dy, gate, up []T) {
	checkLen("SwiGLUBackward", "dup", len(dup), len(dgate))
	checkLen("SwiGLUBackward", "dy", len(dy), len(dgate))
	checkLen("SwiGLUBackward", "gate", len(gate), len(dgate))
	checkLen("SwiGLUBackward", "up", len(up), len(dgate))
	if is32[T]() {
		active.swigluBackward(as32(dgate), as32(dup), as32(dy), as32(gate), as32(up))
		return
	}
	swigluBackwardGeneric(dgate, dup, dy, gate, up)
}

func swigluBackwardGeneric[T Float](dgate, dup, dy, gate, up []T) {
	n := len(dgate)
	dup, dy, gate, up = dup[:n], dy[:n], gate[:n], up[:n]
	for i := range dgate {
		d, v, u := dy[i], float64(gate[i]), up[i]
		dgate[i] = d * u * T(siluSlope(v))
		dup[i] = d * T(silu(v))
	}
}
