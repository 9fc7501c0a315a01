//go:build !purego

#include "textflag.h"
#include "asm_arm64.h"
#include "map_arm64.h"
#include "exp_arm64.h"

#define ERF_HIGH 11
#define NEG_HALF 12
#define TAIL_C 13
#define INV_SQRT_2PI 14
#define SIGN_BIT 15

DATA erf<>+0(SB)/4, $0x42200000  // 40
DATA erf<>+4(SB)/4, $0xbf000000  // -0.5
DATA erf<>+8(SB)/4, $0x3eae147b  // 0.34
DATA erf<>+12(SB)/4, $0x3ecc422a // 1/√(2π)
DATA erf<>+16(SB)/4, $0x80000000 // sign bit
GLOBL erf<>(SB), RODATA|NOPTR, $20

// The polynomial of geluerf_amd64.h, from c9 down to c0, each number in four lanes.
#define FOUR_LANES(at, bits) \
	DATA tail<>+(16*at)(SB)/4, $bits;      \
	DATA tail<>+(16*at+4)(SB)/4, $bits;    \
	DATA tail<>+(16*at+8)(SB)/4, $bits;    \
	DATA tail<>+(16*at+12)(SB)/4, $bits

FOUR_LANES(0, 0x3ce68a10) // 0.028142005
FOUR_LANES(1, 0xbdd49448) // -0.10379845
FOUR_LANES(2, 0x3de4743f) // 0.111549847
FOUR_LANES(3, 0xbc35a2ca) // -0.011086175
FOUR_LANES(4, 0x3d5d171f) // 0.05397713
FOUR_LANES(5, 0xbe27c142) // -0.16382316
FOUR_LANES(6, 0xbe6c5e33) // -0.23082809
FOUR_LANES(7, 0x3f7d3e06) // 0.98922765
FOUR_LANES(8, 0xbf96309e) // -1.1733587
FOUR_LANES(9, 0x3f000000) // 0.5
GLOBL tail<>(SB), RODATA|NOPTR, $160

// CONSTANTS: V11-V27, and R10 = the polynomial. Clobbers R9.
#define CONSTANTS \
	EXP_CONSTANTS;                                      \
	MOVD $erf<>(SB), R9;                                \
	VLD4R.P 16(R9), [V11.S4, V12.S4, V13.S4, V14.S4];   \
	VLD1R (R9), [V15.S4];                               \
	MOVD $tail<>(SB), R10

// STEP: next = its coefficient + poly·s
#define STEP(at, s, poly, next) \
	FMOVQ (16*at)(R10), F(next); \
	FMLA(poly, s, next)

// ERF_TAIL: h = Φ(-|x|), e = e^(-x²/2), and x = min(40, |x|), see geluerf_amd64.h. Clobbers t
// and a.
#define ERF_TAIL(x, h, e, t, a) \
	FABS(x, x);             \
	FMIN(ERF_HIGH, x, x);   \ // x = min(40, |x|), NaN goes through
	FMUL(x, x, e);          \
	FMUL(NEG_HALF, e, e);   \
	EXP(e, t, a, h);        \ // e = e^(-x²/2)
	FMUL(TAIL_C, x, t);     \
	FADD(ONE, t, a);        \
	FDIV(a, t, t);          \ // t = s = c·x/(1 + c·x)
	FMOVQ (R10), F(h);      \ // c9
	STEP(1, t, h, a);       \ // a = c8 + h·s
	STEP(2, t, a, h);       \
	STEP(3, t, h, a);       \
	STEP(4, t, a, h);       \
	STEP(5, t, h, a);       \
	STEP(6, t, a, h);       \
	STEP(7, t, h, a);       \
	STEP(8, t, a, h);       \
	STEP(9, t, h, a);       \ // a = g(x)
	FMUL(e, a, h)             // h = e^(-x²/2)·g(x)

// GELU_ERF: V0 = max(0, x) - |x|·Φ(-|x|) of x = V0. Clobbers V1-V5.
#define GELU_ERF \
	MOV(0, 1);                \
	ERF_TAIL(1, 2, 3, 4, 5);  \
	VEOR V4.B16, V4.B16, V4.B16; \
	FMAX(4, 0, 0);            \ // V0 = max(0, x), NaN goes through
	FMLS(2, 1, 0)               // V0 -= |x|·h

// GELU, exact form: dst[i] = x[i]*Φ(x[i])
//
// func geluErfNEON(dst, x []float32)
TEXT ·geluErfNEON(SB), NOSPLIT, $0-48
	MOVD dst_base+0(FP), R0
	MOVD x_base+24(FP), R1
	MOVD x_len+32(FP), R3
	CONSTANTS
	MAP1(GELU_ERF)          // for i { dst[i] = max(0, x[i]) - abs(x[i])*Φ(-abs(x[i])) }
	RET

// GELU_ERF_BACKWARD: V0 = dy·(Φ(x) + x·φ(x)), φ(x) = e^(-x²/2)/√(2π), of dy = V0, x = V1.
// Φ is step - h with the sign of x on h, where step is 1 for x >= 0 and 0 for x < 0.
// Clobbers V1-V7.
#define GELU_ERF_BACKWARD \
	AND(SIGN_BIT, 1, 6);       \ // V6 = sign of x
	ERF_TAIL(1, 2, 3, 4, 5);   \
	ORR(6, 2, 2);              \ // V2 = ±h
	ORR(6, 1, 1);              \ // V1 = x, within ±40
	ORR(ONE, 6, 6);            \ // V6 = ±1
	VEOR V4.B16, V4.B16, V4.B16; \
	FMAX(4, 6, 6);             \ // V6 = step
	FSUB(2, 6, 6);             \ // V6 = Φ(x)
	FMUL(INV_SQRT_2PI, 3, 3);  \
	FMLA(1, 3, 6);             \ // V6 = Φ(x) + x·φ(x)
	FMUL(6, 0, 0)                // V0 = dy·V6

// Gradient of GELU, exact form: dx[i] = dy[i] * (Φ(x[i]) + x[i]*φ(x[i]))
//
// func geluErfBackwardNEON(dx, dy, x []float32)
TEXT ·geluErfBackwardNEON(SB), NOSPLIT, $0-72
	MOVD dx_base+0(FP), R0
	MOVD dx_len+8(FP), R3
	MOVD dy_base+24(FP), R1
	MOVD x_base+48(FP), R2
	CONSTANTS
	MAP2(GELU_ERF_BACKWARD) // for i { dx[i] = dy[i] * (Φ(x[i]) + x[i]*φ(x[i])) }
	RET
