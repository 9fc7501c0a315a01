//go:build !purego

#include "textflag.h"
#include "asm_arm64.h"
#include "map_arm64.h"
#include "exp_arm64.h"

// SIGMOID: V0 = 1/(1 + e⁻ˣ) of x = V0
#define SIGMOID \
	FNEG(0, 0);       \
	EXP(0, 1, 2, 3);  \ // V0 = e⁻ˣ
	FADD(ONE, 0, 0);  \
	FDIV(0, ONE, 0)

// Logistic function: dst[i] = 1/(1 + exp(-x[i]))
//
// func sigmoidNEON(dst, x []float32)
TEXT ·sigmoidNEON(SB), NOSPLIT, $0-48
	MOVD dst_base+0(FP), R0
	MOVD x_base+24(FP), R1
	MOVD x_len+32(FP), R3
	EXP_CONSTANTS
	MAP1(SIGMOID)          // for i { dst[i] = 1/(1 + exp(-x[i])) }
	RET

// V0 = dy·y·(1 - y) of dy = V0, y = V1
#define SIGMOID_BACKWARD \
	FSUB(1, 16, 2); \ // V2 = 1 - y
	FMUL(1, 2, 2);  \
	FMUL(2, 0, 0)

// Gradient of the logistic function: dx[i] = dy[i] * y[i] * (1 - y[i])
//
// func sigmoidBackwardNEON(dx, dy, y []float32)
TEXT ·sigmoidBackwardNEON(SB), NOSPLIT, $0-72
	MOVD  dx_base+0(FP), R0
	MOVD  dx_len+8(FP), R3
	MOVD  dy_base+24(FP), R1
	MOVD  y_base+48(FP), R2
	FMOVS $1.0, F16
	DUP(16, 0, 16)         // V16 = 1 in every lane
	MAP2(SIGMOID_BACKWARD) // for i { dx[i] = dy[i] * (y[i] * (1 - y[i])) }
	RET
