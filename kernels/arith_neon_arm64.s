//go:build !purego

#include "textflag.h"
#include "asm_arm64.h"
#include "map_arm64.h"

// ARGUMENTS: dst, a and b
#define ARGUMENTS \
	MOVD dst_base+0(FP), R0; \
	MOVD dst_len+8(FP), R3;  \
	MOVD a_base+24(FP), R1;  \
	MOVD b_base+48(FP), R2

#define SUM FADD(1, 0, 0)
#define DIFFERENCE FSUB(1, 0, 0)
#define PRODUCT FMUL(1, 0, 0)
#define QUOTIENT FDIV(1, 0, 0)

// Sum: dst[i] = a[i] + b[i]
//
// func addNEON(dst, a, b []float32)
TEXT ·addNEON(SB), NOSPLIT, $0-72
	ARGUMENTS
	MAP2(SUM)        // for i { dst[i] = a[i] + b[i] }
	RET

// Difference: dst[i] = a[i] - b[i]
//
// func subNEON(dst, a, b []float32)
TEXT ·subNEON(SB), NOSPLIT, $0-72
	ARGUMENTS
	MAP2(DIFFERENCE) // for i { dst[i] = a[i] - b[i] }
	RET

// Product: dst[i] = a[i] * b[i]
//
// func mulNEON(dst, a, b []float32)
TEXT ·mulNEON(SB), NOSPLIT, $0-72
	ARGUMENTS
	MAP2(PRODUCT)    // for i { dst[i] = a[i] * b[i] }
	RET

// Quotient: dst[i] = a[i] / b[i]
//
// func divNEON(dst, a, b []float32)
TEXT ·divNEON(SB), NOSPLIT, $0-72
	ARGUMENTS
	MAP2(QUOTIENT)   // for i { dst[i] = a[i] / b[i] }
	RET
