//go:build !purego

#include "textflag.h"
#include "asm_arm64.h"
#include "map_arm64.h"

// ADAMW: one vector of the step. V0-V3 hold p, g, m, v; V16-V24 the fields of c.
#define ADAMW(LD, ST) \
	LD(R1, 0);        \
	LD(R2, 1);        \
	LD(R4, 2);        \
	LD(R6, 3);        \
	FMUL(16, 1, 1);   \ // g = scale·g
	FMUL(18, 2, 2);   \
	FMLA(19, 1, 2);   \ // m = beta1·m + rest1·g
	FMUL(1, 1, 1);    \
	FMUL(20, 3, 3);   \
	FMLA(21, 1, 3);   \ // v = beta2·v + rest2·g²
	FSQRT(3, 4);      \
	MOV(23, 5);       \
	FMLA(22, 4, 5);   \ // denom = sqrt(v)·root + eps
	FDIV(5, 2, 4);    \
	FMUL(17, 0, 0);   \
	FMLS(24, 4, 0);   \ // p = decay·p - rate·(m/denom)
	ST(0, R0);        \
	ST(2, R5);        \
	ST(3, R7)

// AdamW: one step of the optimiser in one pass, as memory-bound code: 16 bytes read and 12
// written per element.
//
// R0 R1 p   R2 g   R4 R5 m   R6 R7 v   R3 n   V0-V5 see ADAMW   V16-V24 c
//
// func adamWNEON(p, g, m, v []float32, c adamWStep[float32])
TEXT ·adamWNEON(SB), NOSPLIT, $0-132
	MOVD p_base+0(FP), R0
	MOVD p_len+8(FP), R3
	MOVD g_base+24(FP), R2
	MOVD m_base+48(FP), R4
	MOVD v_base+72(FP), R6
	MOVD R0, R1
	MOVD R4, R5
	MOVD R6, R7
	SPREAD(c_scale+96(FP), 16)
	SPREAD(c_decay+100(FP), 17)
	SPREAD(c_beta1+104(FP), 18)
	SPREAD(c_rest1+108(FP), 19)
	SPREAD(c_beta2+112(FP), 20)
	SPREAD(c_rest2+116(FP), 21)
	SPREAD(c_root+120(FP), 22)
	SPREAD(c_eps+124(FP), 23)
	SPREAD(c_rate+128(FP), 24)
	EACH(ADAMW)                 // for i { p[i], m[i], v[i] = … }
	RET
