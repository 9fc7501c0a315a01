//go:build !purego

#include "textflag.h"

// The NEON microkernel: a whole tile of 8 × 12 numbers of C.
//
//	for r, j { acc[r][j] = 0 }                  // 24 registers
//	for i := range k {
//		for r, j { acc[r][j] += a[i*8+r] * b[i*12+j] }
//	}
//	c = alpha*acc + beta*c
//
// A step of k takes 24 FMAs for 9 loads: VLD1R spreads a number of a over a register, which
// leaves the vector units to the FMAs. Products with alpha and beta are FMAs too, for Go's
// assembler has no vector multiplication. Tiles at an edge are cut by the caller.
//
// R0 c   R1 ldc (bytes)   R2 a   R3 b   R4 k   R5 beta's bits
// V0-V2 b, then c   V3-V6 a, then alpha, beta and sums   V7 last sum   V8-V31 acc

// ROW: acc row += a[r] * b
#define ROW(va, a0, a1, a2) \
	VLD1R.P 4(R2), [va.S4];                  \ // a[i, r]
	VFMLA   va.S4, V0.S4, a0.S4;             \ // acc[r, 0:4] += a[i, r] * b[i, 0:4]
	VFMLA   va.S4, V1.S4, a1.S4;             \
	VFMLA   va.S4, V2.S4, a2.S4

// CLEAR: acc row = 0
#define CLEAR(a0, a1, a2) \
	VEOR a0.B16, a0.B16, a0.B16;             \
	VEOR a1.B16, a1.B16, a1.B16;             \
	VEOR a2.B16, a2.B16, a2.B16

// SCALE: sums = alpha*acc row
#define SCALE(a0, a1, a2) \
	CLEAR(V5, V6, V7);                       \
	VFMLA a0.S4, V3.S4, V5.S4;               \ // 0 + alpha*acc[r, 0:4]
	VFMLA a1.S4, V3.S4, V6.S4;               \
	VFMLA a2.S4, V3.S4, V7.S4

// PUT: c row = sums; the next row
#define PUT \
	VST1 [V5.S4, V6.S4, V7.S4], (R0);        \ // c[r, 0:12]
	ADD  R1, R0

// SET: c row = alpha*acc row
#define SET(a0, a1, a2) \
	SCALE(a0, a1, a2);                       \
	PUT

// BLEND: c row = alpha*acc row + beta*c row
#define BLEND(a0, a1, a2) \
	SCALE(a0, a1, a2);                       \
	VLD1  (R0), [V0.S4, V1.S4, V2.S4];       \ // c[r, 0:12]
	VFMLA V0.S4, V4.S4, V5.S4;               \ // sums += beta*c
	VFMLA V1.S4, V4.S4, V6.S4;               \
	VFMLA V2.S4, V4.S4, V7.S4;               \
	PUT

// func gemmWholeNEON(c []float32, ldc int, a, b []float32, k int, alpha, beta float32)
TEXT ·gemmWholeNEON(SB), NOSPLIT, $0-96
	MOVD c_base+0(FP), R0
	MOVD ldc+24(FP), R1
	MOVD a_base+32(FP), R2
	MOVD b_base+56(FP), R3
	MOVD k+80(FP), R4
	LSL  $2, R1                              // bytes
	CLEAR(V8, V9, V10)
	CLEAR(V11, V12, V13)
	CLEAR(V14, V15, V16)
	CLEAR(V17, V18, V19)
	CLEAR(V20, V21, V22)
	CLEAR(V23, V24, V25)
	CLEAR(V26, V27, V28)
	CLEAR(V29, V30, V31)
	CBZ  R4, store

step:
	VLD1.P 48(R3), [V0.S4, V1.S4, V2.S4]     // b[i, 0:12]
	ROW(V3, V8, V9, V10)
	ROW(V4, V11, V12, V13)
	ROW(V5, V14, V15, V16)
	ROW(V6, V17, V18, V19)
	ROW(V3, V20, V21, V22)
	ROW(V4, V23, V24, V25)
	ROW(V5, V26, V27, V28)
	ROW(V6, V29, V30, V31)
	SUB  $1, R4                              // i++
	CBNZ R4, step

store:
	FMOVS alpha+88(FP), F3
	FMOVS beta+92(FP), F4
	VDUP  V3.S[0], V3.S4
	VDUP  V4.S[0], V4.S4
	FMOVS F4, R5
	LSLW  $1, R5, R5                         // without its sign
	CBNZW R5, blend                          // beta == 0: c is not read
	SET(V8, V9, V10)
	SET(V11, V12, V13)
	SET(V14, V15, V16)
	SET(V17, V18, V19)
	SET(V20, V21, V22)
	SET(V23, V24, V25)
	SET(V26, V27, V28)
	SET(V29, V30, V31)
	RET

blend:
	BLEND(V8, V9, V10)
	BLEND(V11, V12, V13)
	BLEND(V14, V15, V16)
	BLEND(V17, V18, V19)
	BLEND(V20, V21, V22)
	BLEND(V23, V24, V25)
	BLEND(V26, V27, V28)
	BLEND(V29, V30, V31)
	RET
