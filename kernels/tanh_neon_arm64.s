//go:build !purego

#include "textflag.h"
#include "asm_arm64.h"
#include "map_arm64.h"
#include "exp_arm64.h"

#define TANH_ONE 12
#define TWO 13
#define SIGN_BIT 14

DATA tanh<>+0(SB)/4, $0x41200000 // 10: from 9.02 on tanh rounds to 1
DATA tanh<>+4(SB)/4, $0x40000000 // 2
DATA tanh<>+8(SB)/4, $0x80000000 // sign bit
GLOBL tanh<>(SB), RODATA|NOPTR, $12

// TANH: V0 = tanh V0, within 2 units in the last place. Clobbers V1-V7. As in tanh_amd64.h,
// tanh |x| = m/(m + 2) with m = e^(2|x|) - 1 = 2ⁿ·q + (2ⁿ - 1), where q = eʳ - 1.
#define TANH \
	FABS(0, 1);           \
	FMIN(TANH_ONE, 1, 1); \ // V1 = min(10, |x|), NaN goes through
	FADD(1, 1, 1);        \
	EXP_REDUCE(1, 2);     \ // V2, V1 = n, r
	EXP_POLY(1, 3, 4);    \
	FMUL(1, 3, 3);        \
	MOV(1, 4);            \
	FMLA(3, 1, 4);        \ // V4 = q = r + r²·p
	EXP_POW2(2, 5);       \ // V5 = 2ⁿ
	FSUB(ONE, 5, 6);      \ // V6 = 2ⁿ - 1
	FMLA(5, 4, 6);        \ // V6 = m = q·2ⁿ + (2ⁿ - 1)
	FADD(TWO, 6, 7);      \
	FDIV(7, 6, 1);        \ // V1 = m/(m + 2)
	BIT(SIGN_BIT, 0, 1);  \ // with the sign of x
	MOV(1, 0)

// Hyperbolic tangent: dst[i] = tanh(x[i])
//
// func tanhNEON(dst, x []float32)
TEXT ·tanhNEON(SB), NOSPLIT, $0-48
	MOVD  dst_base+0(FP), R0
	MOVD  x_base+24(FP), R1
	MOVD  x_len+32(FP), R3
	EXP_CONSTANTS
	MOVD  $tanh<>(SB), R9
	VLD3R (R9), [V12.S4, V13.S4, V14.S4]
	MAP1(TANH)          // for i { dst[i] = tanh(x[i]) }
	RET

// V0 = dy·(1 - y²) of dy = V0, y = V1
#define TANH_BACKWARD \
	MOV(16, 2);     \
	FMLS(1, 1, 2);  \ // V2 = 1 - y·y
	FMUL(2, 0, 0)

// Gradient of tanh: dx[i] = dy[i] * (1 - y[i]*y[i])
//
// func tanhBackwardNEON(dx, dy, y []float32)
TEXT ·tanhBackwardNEON(SB), NOSPLIT, $0-72
	MOVD  dx_base+0(FP), R0
	MOVD  dx_len+8(FP), R3
	MOVD  dy_base+24(FP), R1
	MOVD  y_base+48(FP), R2
	FMOVS $1.0, F16
	DUP(16, 0, 16)      // V16 = 1 in every lane
	MAP2(TANH_BACKWARD) // for i { dx[i] = dy[i] * (1 - y[i]*y[i]) }
	RET
