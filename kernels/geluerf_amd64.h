// GELU by the normal distribution function Φ, on any vector width, upon EXP.
//
// Everything rests on the left tail h(x) = Φ(-|x|), which keeps its relative accuracy:
//
//	gelu(x) = x·Φ(x) = max(0, x) - |x|·h
//	Φ(x)    = 1 - h for x >= 0, h for x < 0
//
// h = e^(-x²/2)·g(|x|), where g is smooth and falls slowly from 1/2 like 1/x. In the
// variable s = c·|x|/(1 + c·|x|), akin to Abramowitz and Stegun 7.1.26, g is nearly a
// polynomial; ours, with c = 0.34, has degree 9 and relative error 1.6e-8 for |x| <= 14.5,
// beyond which h is 0.

CONST(tailC0, 0x3f000000)     // 0.5
CONST(negHalf, 0xbf000000)
CONST(invSqrt2Pi, 0x3ecc422a) // 1/√(2π)
CONST(erfHigh, 0x42200000)    // 40
CONST(tailC, 0x3eae147b)      // 0.34
CONST(tailC1, 0xbf96309e)     // -1.1733587
CONST(tailC2, 0x3f7d3e06)     // 0.98922765
CONST(tailC3, 0xbe6c5e33)     // -0.23082809
CONST(tailC4, 0xbe27c142)     // -0.16382316
CONST(tailC5, 0x3d5d171f)     // 0.05397713
CONST(tailC6, 0xbc35a2ca)     // -0.011086175
CONST(tailC7, 0x3de4743f)     // 0.111549847
CONST(tailC8, 0xbdd49448)     // -0.10379845
CONST(tailC9, 0x3ce68a10)     // 0.028142005

// TAIL: h = Φ(-|x|), e = e^(-x²/2), and x = min(40, |x|). Clobbers t and a.
#define TAIL(x, h, e, t, a) \
	VANDPS BCAST absMask<>(SB), x, x;     \
	VBROADCASTSS erfHigh<>(SB), t;        \
	VMINPS x, t, x;                       \ // x = min(40, |x|), NaN goes through
	VMULPS x, x, e;                       \
	VMULPS BCAST negHalf<>(SB), e, e;     \
	EXP(e, t, a);                         \ // e = e^(-x²/2)
	VMULPS BCAST tailC<>(SB), x, t;       \
	VADDPS BCAST one<>(SB), t, a;         \
	VDIVPS a, t, t;                       \ // t = s = c·x/(1 + c·x)
	VBROADCASTSS tailC9<>(SB), h;         \
	VFMADD213PS BCAST tailC8<>(SB), t, h; \ // h = h·s + c8
	VFMADD213PS BCAST tailC7<>(SB), t, h; \
	VFMADD213PS BCAST tailC6<>(SB), t, h; \
	VFMADD213PS BCAST tailC5<>(SB), t, h; \
	VFMADD213PS BCAST tailC4<>(SB), t, h; \
	VFMADD213PS BCAST tailC3<>(SB), t, h; \
	VFMADD213PS BCAST tailC2<>(SB), t, h; \
	VFMADD213PS BCAST tailC1<>(SB), t, h; \
	VFMADD213PS BCAST tailC0<>(SB), t, h; \ // h = g(x)
	VMULPS e, h, h                          // h = e^(-x²/2)·g(x)

// GELU_ERF: V0 = max(0, x) - |x|·Φ(-|x|) of x = V0. Clobbers V1-V5.
#define GELU_ERF \
	VMOVAPS V0, V1;           \
	TAIL(V1, V2, V3, V4, V5); \
	VXORPS V4, V4, V4;        \
	VMAXPS V0, V4, V0;        \ // V0 = max(0, x), NaN goes through
	VFNMADD231PS V1, V2, V0     // V0 -= |x|·h

// GELU_ERF_BACKWARD: V0 = dy·(Φ(x) + x·φ(x)), φ(x) = e^(-x²/2)/√(2π), of dy = V0, x = V1.
// Φ is step - h with the sign of x on h, where step is 1 for x >= 0 and 0 for x < 0.
// Clobbers V1-V7.
#define GELU_ERF_BACKWARD \
	VANDPS BCAST signBit<>(SB), V1, V6;    \ // V6 = sign of x
	TAIL(V1, V2, V3, V4, V5);              \
	VORPS V6, V2, V2;                      \ // V2 = ±h
	VORPS V6, V1, V1;                      \ // V1 = x, within ±40
	VORPS BCAST one<>(SB), V6, V6;         \ // V6 = ±1
	VXORPS V4, V4, V4;                     \
	VMAXPS V4, V6, V6;                     \ // V6 = step
	VSUBPS V2, V6, V6;                     \ // V6 = Φ(x)
	VMULPS BCAST invSqrt2Pi<>(SB), V3, V3; \
	VFMADD231PS V1, V3, V6;                \ // V6 = Φ(x) + x·φ(x)
	VMULPS V6, V0, V0                        // V0 = dy·V6
