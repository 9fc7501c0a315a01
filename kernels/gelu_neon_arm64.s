//go:build !purego

#include "textflag.h"
#include "asm_arm64.h"
#include "map_arm64.h"
#include "exp_arm64.h"

#define GELU_LOW 8
#define GELU_NEG_A 9
#define GELU_NEG_B 10
#define GELU_A 11
#define GELU_3B 12
#define SLOPE_LOW 13
#define SLOPE_HIGH 14

DATA gelu<>+0(SB)/4, $0xc2200000  // -40
DATA gelu<>+4(SB)/4, $0xbfcc422a  // -A, A = 2√(2/π)
DATA gelu<>+8(SB)/4, $0xbd922279  // -B, B = 0.044715·A
DATA gelu<>+12(SB)/4, $0x3fcc422a // A
DATA gelu<>+16(SB)/4, $0x3e5b33b6 // 3·B
DATA gelu<>+20(SB)/4, $0xc1200000 // -10
DATA gelu<>+24(SB)/4, $0x41200000 // 10
GLOBL gelu<>(SB), RODATA|NOPTR, $28

// CONSTANTS: V8-V14 and V16-V27. Clobbers R9.
#define CONSTANTS \
	EXP_CONSTANTS;                                     \
	MOVD $gelu<>(SB), R9;                              \
	VLD4R.P 16(R9), [V8.S4, V9.S4, V10.S4, V11.S4];    \
	VLD3R (R9), [V12.S4, V13.S4, V14.S4]

// GELU: V0 = x/(1 + e^(-2u)), 2u = x·(A + B·x²), of x = V0. Clobbers V1-V4.
#define GELU \
	FMAX(GELU_LOW, 0, 0);   \ // x = max(-40, x), NaN goes through
	FMUL(0, 0, 1);          \
	MOV(GELU_NEG_A, 2);     \
	FMLA(GELU_NEG_B, 1, 2); \ // V2 = -A - B·x²
	FMUL(0, 2, 1);          \ // V1 = -2u
	EXP(1, 2, 3, 4);        \
	FADD(ONE, 1, 1);        \
	FDIV(1, 0, 0)             // V0 = x/(1 + e^(-2u))

// GELU, tanh form: dst[i] = gelu(x[i])
//
// func geluNEON(dst, x []float32)
TEXT ·geluNEON(SB), NOSPLIT, $0-48
	MOVD dst_base+0(FP), R0
	MOVD x_base+24(FP), R1
	MOVD x_len+32(FP), R3
	CONSTANTS
	MAP1(GELU)          // for i { dst[i] = x[i] / (1 + exp(-2*u(x[i]))) }
	RET

// GELU_BACKWARD: V0 = dy·(s + s·x·(1 - s)·2u'), s = σ(2u), of dy = V0, x = V1. With
// E = e^(-2u), s = 1/(1 + E) and 1 - s = E·s, without cancellation; x is clamped to ±10
// to keep E finite. Clobbers V1-V7.
#define GELU_BACKWARD \
	FMAX(SLOPE_LOW, 1, 1);  \
	FMIN(SLOPE_HIGH, 1, 1); \ // x = min(10, max(-10, x)), NaN goes through
	FMUL(1, 1, 2);          \
	MOV(GELU_A, 4);         \
	FMLA(GELU_3B, 2, 4);    \ // V4 = 2u' = A + 3B·x²
	MOV(GELU_NEG_A, 3);     \
	FMLA(GELU_NEG_B, 2, 3); \
	FMUL(1, 3, 2);          \ // V2 = -2u = x·(-A - B·x²)
	EXP(2, 5, 6, 7);        \ // V2 = E
	FADD(ONE, 2, 3);        \
	FDIV(3, ONE, 3);        \ // V3 = s
	FMUL(3, 2, 2);          \ // V2 = 1 - s
	FMUL(1, 2, 2);          \
	FMUL(4, 2, 2);          \ // V2 = x·(1 - s)·2u'
	MOV(3, 5);              \
	FMLA(2, 3, 5);          \ // V5 = s + s·V2
	FMUL(5, 0, 0)             // V0 = dy·V5

// Gradient of GELU, tanh form: dx[i] = dy[i] * gelu'(x[i])
//
// func geluBackwardNEON(dx, dy, x []float32)
TEXT ·geluBackwardNEON(SB), NOSPLIT, $0-72
	MOVD dx_base+0(FP), R0
	MOVD dx_len+8(FP), R3
	MOVD dy_base+24(FP), R1
	MOVD x_base+48(FP), R2
	CONSTANTS
	MAP2(GELU_BACKWARD) // for i { dx[i] = dy[i] * gelu'(x[i]) }
	RET
