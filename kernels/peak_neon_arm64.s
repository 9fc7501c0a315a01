//go:build !purego

#include "textflag.h"

// FOUR: four independent fused multiply-adds on four numbers each
#define FOUR(a, b, c, d) \
	VFMLA V24.S4, V25.S4, a.S4; \
	VFMLA V24.S4, V25.S4, b.S4; \
	VFMLA V24.S4, V25.S4, c.S4; \
	VFMLA V24.S4, V25.S4, d.S4

#define FOUR_ZEROS(a, b, c, d) \
	VEOR a.B16, a.B16, a.B16;   \
	VEOR b.B16, b.B16, b.B16;   \
	VEOR c.B16, c.B16, c.B16;   \
	VEOR d.B16, d.B16, d.B16

// The machine's limit: n rounds of multiply-adds on 24 registers of zeros, more than latency times
// throughput of any CPU so far.
//
// R0 n   V0-V23 numbers   V24 V25 zeros
//
// func peakNEON(n int) int
TEXT ·peakNEON(SB), NOSPLIT, $0-16
	MOVD n+0(FP), R0
	MOVD $192, R1
	MUL  R0, R1
	MOVD R1, ret+8(FP)       // n * 24 registers * 4 numbers * 2 operations
	VEOR V24.B16, V24.B16, V24.B16
	VEOR V25.B16, V25.B16, V25.B16
	FOUR_ZEROS(V0, V1, V2, V3)
	FOUR_ZEROS(V4, V5, V6, V7)
	FOUR_ZEROS(V8, V9, V10, V11)
	FOUR_ZEROS(V12, V13, V14, V15)
	FOUR_ZEROS(V16, V17, V18, V19)
	FOUR_ZEROS(V20, V21, V22, V23)
	CBZ  R0, done

round:
	FOUR(V0, V1, V2, V3)
	FOUR(V4, V5, V6, V7)
	FOUR(V8, V9, V10, V11)
	FOUR(V12, V13, V14, V15)
	FOUR(V16, V17, V18, V19)
	FOUR(V20, V21, V22, V23)
	SUB  $1, R0              // n--
	CBNZ R0, round

done:
	RET
