//go:build !purego

#include "textflag.h"

// gemm_avx2_amd64.s on rows of A as they lie, lda apart, instead of panels:
//
//	acc[r][j] += a[(half+r)*lda+i] * b[i*24+j]
//
// Registers are those of gemm_avx2_amd64.s, and DX lda   R12 3*lda (bytes).

// ROW: acc row += a[r] * b
#define ROW(at, a0, a1, a2) \
	VBROADCASTSS at, Y15;                    \ // a[i, r]
	VFMADD231PS Y12, Y15, a0;                \ // acc[r, 0:8] += a[i, r] * b[i, 0:8]
	VFMADD231PS Y13, Y15, a1;                \
	VFMADD231PS Y14, Y15, a2

// STEP: one step of k
#define STEP(aoff, boff) \
	VMOVUPS boff(R11), Y12;                  \ // b[i, 0:8]
	VMOVUPS (boff+32)(R11), Y13;             \
	VMOVUPS (boff+64)(R11), Y14;             \
	ROW(aoff(SI), Y0, Y1, Y2);               \
	ROW(aoff(SI)(DX*1), Y3, Y4, Y5);         \
	ROW(aoff(SI)(DX*2), Y6, Y7, Y8);         \
	ROW(aoff(SI)(R12*1), Y9, Y10, Y11)

#define ASTEP 4
#define STARTA \
	MOVQ a_base+32(FP), SI; \
	MOVQ lda+160(FP), DX;   \
	SHLQ $2, DX;            \ // bytes
	LEAQ (DX)(DX*2), R12
#define FORWARDA(n) ADDQ $(n*ASTEP), SI
#define SECONDA \
	MOVQ a_base+32(FP), SI; \
	LEAQ (SI)(DX*4), SI
#define NEXTA \
	MOVQ DX, AX; \
	SHLQ $3, AX; \
	ADDQ AX, a_base+32(FP)

// func gemmDirectAVX2(c []float32, ldc int, a, b []float32, m, n, k int, alpha, beta float32, next Block[float32], lda int)
TEXT ·gemmDirectAVX2(SB), NOSPLIT, $0-168
#include "gemm_avx2_amd64.h"
