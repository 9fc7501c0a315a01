//go:build !purego

#include "textflag.h"
#include "asm_arm64.h"

// Eight rows of a matrix product: c = a·b, or c += a·b.
//
//	for ; n > 0; n -= 16 {
//		for half := range 2 {                // rows 0-3, rows 4-7
//			for r, j { acc[r][j] = 0 }       // 4 × 16, in 16 registers
//			for i := range k {
//				for r, j { acc[r][j] += a[r, i] * b[i, j] }
//			}
//			c[half, :16] = acc, or c[half, :16] += acc
//		}
//		b, c = b[:, 16:], c[:, 16:]
//	}
//
// As attention_strip_avx2_amd64.s: a at any strides, b in whole vectors, no tail.
//
// R0 c   R1 ldc   R2 a   R3 ars   R4 acs   R5 b   R6 ldb   R7 n   R8 k   R9 running k
// R10-R13 a of the rows   R14 running b   R15 running c   R16 halves left   R17 add
// R19 a, R20 c of the half (strides in bytes)   V0-V3 b or c   V4-V7 a   V16-V31 acc

// ROW: acc row += a[r, i] * b[i, 0:16]
#define ROW(a, v, x, y, z, w) \
	VLD1R (a), [v.S4];        \ // a[r, i]
	ADD   R4, a;              \ // a = a[:, 1:]
	VFMLA v.S4, V0.S4, x.S4;  \
	VFMLA v.S4, V1.S4, y.S4;  \
	VFMLA v.S4, V2.S4, z.S4;  \
	VFMLA v.S4, V3.S4, w.S4

// CLEAR: acc row = 0
#define CLEAR(x, y, z, w) \
	VEOR x.B16, x.B16, x.B16; \
	VEOR y.B16, y.B16, y.B16; \
	VEOR z.B16, z.B16, z.B16; \
	VEOR w.B16, w.B16, w.B16

// PLUS: acc row += a row of c; the next row
#define PLUS(x, y, z, w) \
	VLD1 (R15), [V0.S4, V1.S4, V2.S4, V3.S4]; \ // c[r, 0:16]
	ADD  R1, R15;                             \
	FADD(0, x, x);                            \
	FADD(1, y, y);                            \
	FADD(2, z, z);                            \
	FADD(3, w, w)

// OUT: a row of c = acc row; the next row
#define OUT(x, y, z, w) \
	VST1 [x.S4, y.S4, z.S4, w.S4], (R15);     \
	ADD  R1, R15

// func stripNEON(c []float32, ldc int, a []float32, ars, acs int, b []float32, ldb, n, k int, add bool)
TEXT ·stripNEON(SB), NOSPLIT, $0-121
	MOVD  c_base+0(FP), R0
	MOVD  ldc+24(FP), R1
	MOVD  a_base+32(FP), R2
	MOVD  ars+56(FP), R3
	MOVD  acs+64(FP), R4
	MOVD  b_base+72(FP), R5
	MOVD  ldb+96(FP), R6
	MOVD  n+104(FP), R7
	MOVD  k+112(FP), R8
	MOVBU add+120(FP), R17
	LSL   $2, R1                      // strides in bytes
	LSL   $2, R3
	LSL   $2, R4
	LSL   $2, R6

panel:
	SUBS $16, R7                      // if n -= 16; n < 0 { goto done }
	BLT  done
	MOVD R2, R10                      // a of rows 0-3
	MOVD R0, R20                      // c of row 0
	MOVD $2, R16                      // halves left

half:
	ADD  R3, R10, R11
	ADD  R3, R11, R12
	ADD  R3, R12, R13
	ADD  R3, R13, R19                 // a of the next half
	MOVD R5, R14
	MOVD R8, R9
	CLEAR(V16, V17, V18, V19)
	CLEAR(V20, V21, V22, V23)
	CLEAR(V24, V25, V26, V27)
	CLEAR(V28, V29, V30, V31)

products:
	VLD1 (R14), [V0.S4, V1.S4, V2.S4, V3.S4] // b[i, 0:16]
	ADD  R6, R14                      // b = b[1:, :]
	ROW(R10, V4, V16, V17, V18, V19)
	ROW(R11, V5, V20, V21, V22, V23)
	ROW(R12, V6, V24, V25, V26, V27)
	ROW(R13, V7, V28, V29, V30, V31)
	SUBS $1, R9                       // i++
	BGT  products
	MOVD R20, R15
	CBZ  R17, out                     // if !add { goto out }
	PLUS(16, 17, 18, 19)
	PLUS(20, 21, 22, 23)
	PLUS(24, 25, 26, 27)
	PLUS(28, 29, 30, 31)
	MOVD R20, R15

out:
	OUT(V16, V17, V18, V19)
	OUT(V20, V21, V22, V23)
	OUT(V24, V25, V26, V27)
	OUT(V28, V29, V30, V31)
	MOVD R15, R20                     // c of row 4
	MOVD R19, R10                     // a of rows 4-7
	SUBS $1, R16
	BGT  half
	ADD  $64, R5                      // b = b[:, 16:]
	ADD  $64, R0                      // c = c[:, 16:]
	B    panel

done:
	RET
