package kernels

import "math"

// The two 16-bit formats, as bits (sign, exponent, fraction):
//
//	bfloat16  1, 8, 7    the upper half of a float32
//	float16   1, 5, 10   IEEE 754 binary16; largest 65504, smallest 2⁻²⁴
//
// Conversions to them round to nearest, ties to even; NaN stays NaN, quietly.

// BF16FromF32 writes dst[i] = x[i] rounded to bfloat16. The lengths are equal.
//
//go:noinline
func BF16FromF32(dst []uint16, x []float32) {
	checkLen("BF16FromF32", "x", len(x), len(dst))
	active.bf16FromF32(dst, x)
}

func bf16FromF32Generic(dst []uint16, x []float32) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = toBF16(x[i])
	}
}

func toBF16(x float32) uint16 {
	b := math.Float32bits(x)
	if x != x {
		return uint16(b>>16) | 0x40 // quiet, so that dropping bits never makes it Inf
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16) // a tie rounds up only if that is even
}

// F32FromBF16 writes dst[i] = x[i], a bfloat16, as float32, which is exact. The lengths are
// equal.
//
//go:noinline
func F32FromBF16(dst []float32, x []uint16) {
	checkLen("F32FromBF16", "x", len(x), len(dst))
	active.f32FromBF16(dst, x)
}

func f32FromBF16Generic(dst []float32, x []uint16) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = math.Float32frombits(uint32(x[i]) << 16)
	}
}

// F16FromF32 writes dst[i] = x[i] rounded to float16; what is too large becomes Inf. The
// lengths are equal.
//
//go:noinline
func F16FromF32(dst []uint16, x []float32) {
	checkLen("F16FromF32", "x", len(x), len(dst))
	active.f16FromF32(dst, x)
}

func f16FromF32Generic(dst []uint16, x []float32) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = toF16(x[i])
	}
}

func toF16(x float32) uint16 {
	b := math.Float32bits(x)
	sign := uint16(b >> 16 & 0x8000)
	b &= 0x7fffffff
	switch {
	case b > 0x7f800000: // NaN: keep the upper fraction bits, quietly
		return sign | 0x7e00 | uint16(b>>13&0x3ff)
	case b >= 0x477ff000: // 65520 and more round to Inf
		return sign | 0x7c00
	case b >= 0x38800000: // normal: rebias the exponent by 112, round 13 bits away
		return sign | uint16((b-112<<23+0xfff+b>>13&1)>>13)
	default: // subnormal: adding 1/2 rounds at 2⁻²⁴ and leaves the fraction in the low bits
		return sign | uint16(math.Float32bits(math.Float32frombits(b)+0.5)-math.Float32bits(0.5))
	}
}

// F32FromF16 writes dst[i] = x[i], a float16, as float32, which is exact. The lengths are
// equal.
//
//go:noinline
func F32FromF16(dst []float32, x []uint16) {
	checkLen("F32FromF16", "x", len(x), len(dst))
	active.f32FromF16(dst, x)
}

func f32FromF16Generic(dst []float32, x []uint16) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = fromF16(x[i])
	}
}

func fromF16(h uint16) float32 {
	sign, b := uint32(h&0x8000)<<16, uint32(h&0x7fff)<<13
	switch {
	case b > 0x0f800000: // NaN, quietly
		return math.Float32frombits(sign | 0x7fc00000 | b)
	case b == 0x0f800000: // Inf
		return math.Float32frombits(sign | 0x7f800000)
	default: // multiplying by 2¹¹² rebiases the exponent, of subnormals too
		return math.Float32frombits(sign | math.Float32bits(math.Float32frombits(b)*0x1p112))
	}
}
