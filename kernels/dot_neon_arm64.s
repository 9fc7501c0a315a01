//go:build !purego

#include "textflag.h"
#include "asm_arm64.h"
#include "map_arm64.h"

// Dot product: sum = Σ x[i]*y[i]
//
//	for ; n >= 16; n -= 16 { s0..s3 += x[0:16]*y[0:16] }   // four accumulators hide FMA latency
//	for ; n >= 4; n -= 4   { s0 += x[0:4]*y[0:4] }
//	if n > 0               { s0 += x[0:n]*y[0:n] }         // under a mask
//	sum = hsum(s0+s1+s2+s3)
//
// R0 x   R1 y   R3 n   V0-V3 x   V4-V7 y   V16-V19 s0..s3   V30 mask
//
// func dotNEON(x, y []float32) float32
TEXT ·dotNEON(SB), NOSPLIT, $0-52
	MOVD x_base+0(FP), R0
	MOVD x_len+8(FP), R3
	MOVD y_base+24(FP), R1
	VEOR V16.B16, V16.B16, V16.B16           // s0 = 0
	VEOR V17.B16, V17.B16, V17.B16
	VEOR V18.B16, V18.B16, V18.B16
	VEOR V19.B16, V19.B16, V19.B16

blocks:
	SUBS   $16, R3                           // if n -= 16; n < 0 { goto rest }
	BLT    rest
	VLD1.P 64(R0), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P 64(R1), [V4.S4, V5.S4, V6.S4, V7.S4]
	VFMLA  V0.S4, V4.S4, V16.S4              // s0 += x[0:4] * y[0:4]
	VFMLA  V1.S4, V5.S4, V17.S4              // s1 += x[4:8] * y[4:8]
	VFMLA  V2.S4, V6.S4, V18.S4
	VFMLA  V3.S4, V7.S4, V19.S4
	B      blocks

rest:
	ADD $16, R3

vectors:
	SUBS  $4, R3                             // if n -= 4; n < 0 { goto tail }
	BLT   tail
	LOAD(R0, 0)
	LOAD(R1, 4)
	VFMLA V0.S4, V4.S4, V16.S4               // s0 += x[0:4] * y[0:4]
	B     vectors

tail:
	ADDS  $4, R3
	BEQ   reduce                             // if n == 0 { goto reduce }
	TAIL
	LOAD_TAIL(R0, 0)
	LOAD_TAIL(R1, 4)
	AND(30, 0, 0)                            // x[0:n], then zeros
	AND(30, 4, 4)
	VFMLA V0.S4, V4.S4, V16.S4

reduce:
	FADD(17, 16, 16)                         // s0 += s1
	FADD(19, 18, 18)                         // s2 += s3
	FADD(18, 16, 16)                         // s0 += s2
	SUM_OF(16)
	FMOVS F16, ret+48(FP)
	RET
