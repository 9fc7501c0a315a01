//go:build !purego

#include "textflag.h"
#include "asm_arm64.h"
#include "map_arm64.h"

// LOAD_HALVES, STORE_HALVES: four 16-bit lanes of V0, and on to the next.
#define LOAD_HALVES(p) FMOVD.P 8(p), F0
#define STORE_HALVES(p) FMOVD.P F0, 8(p)

// LOAD_HALVES_TAIL, STORE_HALVES_TAIL: the same of the last n < 4, as LOAD_TAIL and STORE_TAIL.
// Clobbers R4 and R5.
#define LOAD_HALVES_TAIL(p) \
	ADD R24>>1, p, R4;      \ // element min(1, n-1)
	ADD R25>>1, p, R5;      \ // element min(2, n-1)
	VLD1 (p), V0.H[0];      \
	VLD1 (R4), V0.H[1];     \
	VLD1 (R5), V0.H[2]

#define STORE_HALVES_TAIL(p) \
	ADD R24>>1, p, R4;      \
	ADD R25>>1, p, R5;      \
	VST1 V0.H[0], (p);      \
	VST1 V0.H[1], (R4);     \
	VST1 V0.H[2], (R5)

// NARROW: for i { V0 = x[i]; OP; dst[i] = V0 }, dst of 16 bits; R0 dst, R1 x, R3 n
#define NARROW(OP) \
vectors:                  \
	SUBS $4, R3;          \ // if n -= 4; n < 0 { goto tail }
	BLT tail;             \
	LOAD(R1, 0);          \ // V0 = x[i:]
	OP;                   \
	STORE_HALVES(R0);     \ // dst[i:] = V0
	B vectors;            \
tail:                     \
	ADDS $4, R3;          \
	BEQ done;             \ // if n == 0 { goto done }
	TAIL;                 \
	LOAD_TAIL(R1, 0);     \ // V0 = x[i:i+n]
	OP;                   \
	STORE_HALVES_TAIL(R0); \ // dst[i:i+n] = V0
done:

// WIDEN: for i { V0 = x[i]; OP; dst[i] = V0 }, x of 16 bits
#define WIDEN(OP) \
vectors:                  \
	SUBS $4, R3;          \ // if n -= 4; n < 0 { goto tail }
	BLT tail;             \
	LOAD_HALVES(R1);      \ // V0 = x[i:]
	OP;                   \
	STORE(0, R0);         \ // dst[i:] = V0
	B vectors;            \
tail:                     \
	ADDS $4, R3;          \
	BEQ done;             \ // if n == 0 { goto done }
	TAIL;                 \
	LOAD_HALVES_TAIL(R1); \ // V0 = x[i:i+n]
	OP;                   \
	STORE_TAIL(0, R0);    \ // dst[i:i+n] = V0
done:

// ARGUMENTS: dst and x
#define ARGUMENTS \
	MOVD dst_base+0(FP), R0; \
	MOVD x_base+24(FP), R1;  \
	MOVD x_len+32(FP), R3

// BF16_ROUND: V0 = the bits of x = V0 rounded to bfloat16, of a NaN its upper half, quietly. V16
// 0x7fff, V17 1, V18 0x40. Clobbers V1-V3.
//
//	V0 = (x + 0x7fff + x>>16&1) >> 16   // a tie rounds up only if that is even
#define BF16_ROUND \
	FCMEQ(0, 0, 3);  \ // x is no NaN
	USHR4(16, 0, 1); \
	AND(17, 1, 2);   \
	ORR(18, 1, 1);   \ // V1 = x>>16 | 0x40
	ADD4(16, 0, 0);  \
	ADD4(2, 0, 0);   \
	USHR4(16, 0, 0); \
	BSL(1, 0, 3);    \ // V3 = V0 where x is no NaN, else V1
	XTN(3, 0)

// float32 to bfloat16, to nearest, ties to even
//
// func bf16FromF32NEON(dst []uint16, x []float32)
TEXT ·bf16FromF32NEON(SB), NOSPLIT, $0-48
	ARGUMENTS
	MOVD $0x7fff, R4
	VDUP R4, V16.S4
	MOVD $1, R4
	VDUP R4, V17.S4
	MOVD $0x40, R4
	VDUP R4, V18.S4
	NARROW(BF16_ROUND)
	RET

#define F16_ROUND FCVTN_H(0, 0)

// float32 to float16, to nearest, ties to even
//
// func f16FromF32NEON(dst []uint16, x []float32)
TEXT ·f16FromF32NEON(SB), NOSPLIT, $0-48
	ARGUMENTS
	NARROW(F16_ROUND)
	RET

#define BF16_WIDEN \
	VUSHLL $0, V0.H4, V0.S4; \
	SHL4(16, 0, 0)

// bfloat16 to float32: dst[i] = bits of x[i] << 16
//
// func f32FromBF16NEON(dst []float32, x []uint16)
TEXT ·f32FromBF16NEON(SB), NOSPLIT, $0-48
	ARGUMENTS
	WIDEN(BF16_WIDEN)
	RET

#define F16_WIDEN FCVTL_H(0, 0)

// float16 to float32
//
// func f32FromF16NEON(dst []float32, x []uint16)
TEXT ·f32FromF16NEON(SB), NOSPLIT, $0-48
	ARGUMENTS
	WIDEN(F16_WIDEN)
	RET
