//go:build !purego

#include "textflag.h"
#include "asm_arm64.h"
#include "map_arm64.h"

// V16 = a in every lane
#define AXPY FMLA(16, 1, 0)
#define SCALE FMUL(16, 0, 0)
#define ADD_SCALAR FADD(16, 0, 0)

// Multiply and add: y[i] += a * x[i]
//
// func axpyNEON(y, x []float32, a float32)
TEXT ·axpyNEON(SB), NOSPLIT, $0-52
	MOVD y_base+0(FP), R0
	MOVD y_len+8(FP), R3
	MOVD x_base+24(FP), R2
	SPREAD(a+48(FP), 16)
	MOVD R0, R1
	MAP2(AXPY)       // for i { y[i] = y[i] + a*x[i] }
	RET

// Scale: x[i] *= a
//
// func scaleNEON(x []float32, a float32)
TEXT ·scaleNEON(SB), NOSPLIT, $0-28
	MOVD x_base+0(FP), R0
	MOVD x_len+8(FP), R3
	SPREAD(a+24(FP), 16)
	MOVD R0, R1
	MAP1(SCALE)      // for i { x[i] = x[i]*a }
	RET

// Sum with a number: dst[i] = x[i] + a
//
// func addScalarNEON(dst, x []float32, a float32)
TEXT ·addScalarNEON(SB), NOSPLIT, $0-52
	MOVD dst_base+0(FP), R0
	MOVD x_base+24(FP), R1
	MOVD x_len+32(FP), R3
	SPREAD(a+48(FP), 16)
	MAP1(ADD_SCALAR) // for i { dst[i] = x[i] + a }
	RET

#define FILL(LD, ST) ST(16, R0)

// Fill: x[i] = a
//
// func fillNEON(x []float32, a float32)
TEXT ·fillNEON(SB), NOSPLIT, $0-28
	MOVD x_base+0(FP), R0
	MOVD x_len+8(FP), R3
	SPREAD(a+24(FP), 16)
	EACH(FILL)       // for i { x[i] = a }
	RET
