//go:build !purego

#include "textflag.h"
#include "asm_amd64.h"

// The AVX512-BF16 microkernel: gemm_avx512_amd64.s on pairs of bfloat16 along k, a pair where
// that has a float32. One instruction does two steps of k of sixteen numbers:
//
//	for i := range k {                          // pairs
//		for r, j { acc[r][j] += a[i*8+r][0] * b[i*48+j][0] + a[i*8+r][1] * b[i*48+j][1] }
//	}
//	c[:rows, :cols] = alpha*acc + beta*c[:rows, :cols]
//
// Registers and tails are those of gemm_avx512_amd64.s.

// ROW3: acc row += a[r] * b, three vectors. n is the number of register z.
#define ROW3(off, z, n, a0, a1, a2) \
	VBROADCASTSS off(SI), z;                 \ // a[i, r]
	VDPBF16PS(24, n, a0);                    \ // acc[r, 0:16] += a[i, r] * b[i, 0:16]
	VDPBF16PS(25, n, a1);                    \
	VDPBF16PS(26, n, a2)

// STEP3: one pair, three vectors wide
#define STEP3(aoff, boff) \
	VMOVUPS boff(BX), Z24;                   \ // b[i, 0:16]
	VMOVUPS (boff+64)(BX), Z25;              \
	VMOVUPS (boff+128)(BX), Z26;             \
	ROW3((aoff+0), Z27, 27, 0, 1, 2);        \
	ROW3((aoff+4), Z28, 28, 3, 4, 5);        \
	ROW3((aoff+8), Z27, 27, 6, 7, 8);        \
	ROW3((aoff+12), Z28, 28, 9, 10, 11);     \
	ROW3((aoff+16), Z27, 27, 12, 13, 14);    \
	ROW3((aoff+20), Z28, 28, 15, 16, 17);    \
	ROW3((aoff+24), Z27, 27, 18, 19, 20);    \
	ROW3((aoff+28), Z28, 28, 21, 22, 23)

// ROW2 and STEP2: the same, two vectors wide
#define ROW2(off, z, n, a0, a1) \
	VBROADCASTSS off(SI), z;                 \ // a[i, r]
	VDPBF16PS(24, n, a0);                    \ // acc[r, 0:16] += a[i, r] * b[i, 0:16]
	VDPBF16PS(25, n, a1)

#define STEP2(aoff, boff) \
	VMOVUPS boff(BX), Z24;                   \ // b[i, 0:16]
	VMOVUPS (boff+64)(BX), Z25;              \
	ROW2((aoff+0), Z27, 27, 0, 1);           \
	ROW2((aoff+4), Z28, 28, 3, 4);           \
	ROW2((aoff+8), Z27, 27, 6, 7);           \
	ROW2((aoff+12), Z28, 28, 9, 10);         \
	ROW2((aoff+16), Z27, 27, 12, 13);        \
	ROW2((aoff+20), Z28, 28, 15, 16);        \
	ROW2((aoff+24), Z27, 27, 18, 19);        \
	ROW2((aoff+28), Z28, 28, 21, 22)

// ROW1 and STEP1: the same, one vector wide
#define ROW1(off, z, n, s) \
	VBROADCASTSS off(SI), z;                 \ // a[i, r]
	VDPBF16PS(24, n, s)                        // acc[r, 0:16] += a[i, r] * b[i, 0:16]

#define STEP1(aoff, boff) \
	VMOVUPS boff(BX), Z24;                   \ // b[i, 0:16]
	ROW1((aoff+0), Z27, 27, 0);             \
	ROW1((aoff+4), Z28, 28, 3);             \
	ROW1((aoff+8), Z27, 27, 6);             \
	ROW1((aoff+12), Z28, 28, 9);            \
	ROW1((aoff+16), Z27, 27, 12);            \
	ROW1((aoff+20), Z28, 28, 15);            \
	ROW1((aoff+24), Z27, 27, 18);            \
	ROW1((aoff+28), Z28, 28, 21)

#define ASTEP 32
#define STARTA MOVQ a_base+32(FP), SI
#define FORWARDA(n) ADDQ $(n*ASTEP), SI
#define NEXTA \
	MOVQ k+96(FP), AX; \
	SHLQ $5, AX;       \
	ADDQ AX, a_base+32(FP)

// func gemmPanelsAVX512BF16(c []float32, ldc int, a, b []float32, m, n, k int, alpha, beta float32, next Block[float32])
TEXT ·gemmPanelsAVX512BF16(SB), NOSPLIT, $0-160
#include "gemm_avx512_amd64.h"
