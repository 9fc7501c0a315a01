//go:build !purego

#include "textflag.h"
#include "gemm_block_amd64.h"

// gemm_avx2_amd64.s on rows of A as they lie, lda apart, instead of panels:
//
//	acc[r][j] += a[(half+r)*lda+i] * b[i*24+j]
//
// Registers are those of gemm_avx2_amd64.s, and DX lda   R12 3*lda (bytes).

#define A0(off) off(SI)
#define A1(off) off(SI)(DX*1)
#define A2(off) off(SI)(DX*2)
#define A3(off) off(SI)(R12*1)

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
