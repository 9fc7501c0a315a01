//go:build !purego

#include "textflag.h"
#include "asm_arm64.h"
#include "map_arm64.h"
#include "exp_arm64.h"

// LARGEST: m = max(m, scale*x); R1 x, V8 scale, V9 m
#define LARGEST(LD, ST) \
	LD(R1, 0);      \
	FMUL(8, 0, 0);  \
	FMAX(0, 9, 9)

// EXPS: x = exp(scale*x - m); sum += x; R1 and R0 x, V8 scale, V10 -m, V11 sum
#define EXPS(LD, ST) \
	LD(R1, 0);        \
	MOV(10, 1);       \
	FMLA(8, 0, 1);    \ // scale*x - m
	EXP(1, 2, 3, 4);  \
	ST(1, R0);        \
	AND(30, 1, 1);    \ // of the lanes that there are
	FADD(1, 11, 11)

// A row of scores enters the running softmax:
//
//	for i { m = max(m, scale*row[i]) }
//	for i { row[i] = exp(scale*row[i] - m); sum += row[i] }
//
// R0 R1 row   R3 n   V0-V4 exp   V8 scale   V9 m   V10 -m   V11 sum   V30 mask
//
// func softmaxStepNEON(row []float32, scale, m float32) (newMax, sum float32)
TEXT ·softmaxStepNEON(SB), NOSPLIT, $0-40
	MOVD  row_base+0(FP), R0
	MOVD  row_len+8(FP), R3
	SPREAD(scale+24(FP), 8)
	SPREAD(m+28(FP), 9)
	EXP_CONSTANTS
	MOVD  R0, R1
	LOOP(LARGEST, largest, largestTail, largestDone)
	FMAXV(9, 9)
	FMOVS F9, newMax+32(FP)
	DUP(9, 0, 9)
	FNEG(9, 10)
	ALL_LANES
	VEOR  V11.B16, V11.B16, V11.B16 // sum = 0
	MOVD  R0, R1
	MOVD  row_len+8(FP), R3
	LOOP(EXPS, exps, expsTail, expsDone)
	SUM_OF(11)
	FMOVS F11, sum+36(FP)
	RET

// GRADIENT: p = exp(scale*p - lse); ds = scale*p*(ds - delta); R0 and R1 p, R2 and R4 ds, V8
// scale, V9 -lse, V10 delta
#define GRADIENT(LD, ST) \
	LD(R1, 0);        \
	LD(R2, 5);        \
	MOV(9, 1);        \
	FMLA(8, 0, 1);    \ // scale*p - lse
	EXP(1, 2, 3, 4);  \
	ST(1, R0);        \ // p = exp
	FSUB(10, 5, 5);   \ // ds - delta
	FMUL(8, 5, 5);    \
	FMUL(1, 5, 5);    \
	ST(5, R4)           // ds = scale*p*(ds - delta)

// The gradient of a row of scores:
//
//	for i { p[i] = exp(scale*p[i] - lse); ds[i] = scale * p[i] * (ds[i] - delta) }
//
// func softmaxGradientNEON(p, ds []float32, scale, lse, delta float32)
TEXT ·softmaxGradientNEON(SB), NOSPLIT, $0-60
	MOVD p_base+0(FP), R0
	MOVD p_len+8(FP), R3
	MOVD ds_base+24(FP), R2
	SPREAD(scale+48(FP), 8)
	SPREAD(lse+52(FP), 9)
	SPREAD(delta+56(FP), 10)
	FNEG(9, 9)
	EXP_CONSTANTS
	MOVD R0, R1
	MOVD R2, R4
	EACH(GRADIENT)
	RET
