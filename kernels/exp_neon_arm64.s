//go:build !purego

#include "textflag.h"
#include "asm_arm64.h"
#include "map_arm64.h"
#include "exp_arm64.h"

#define EXP_V0 EXP(0, 1, 2, 3)

// Exponential: dst[i] = exp(x[i]), see exp_arm64.h
//
// func expNEON(dst, x []float32)
TEXT ·expNEON(SB), NOSPLIT, $0-48
	MOVD dst_base+0(FP), R0
	MOVD x_base+24(FP), R1
	MOVD x_len+32(FP), R3
	EXP_CONSTANTS
	MAP1(EXP_V0)            // for i { dst[i] = exp(x[i]) }
	RET

#define SQRT_V0 FSQRT(0, 0)

// Square root: dst[i] = sqrt(x[i])
//
// func sqrtNEON(dst, x []float32)
TEXT ·sqrtNEON(SB), NOSPLIT, $0-48
	MOVD dst_base+0(FP), R0
	MOVD x_base+24(FP), R1
	MOVD x_len+32(FP), R3
	MAP1(SQRT_V0)           // for i { dst[i] = sqrt(x[i]) }
	RET
