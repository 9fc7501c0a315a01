//go:build !purego

#include "textflag.h"
#include "gemm_block_amd64.h"
#include "gemm_avx512_fma_amd64.h"

// gemm_avx512_amd64.s on rows of A as they lie, lda apart, instead of panels:
//
//	acc[r][j] += a[r*lda+i] * b[i*48+j]
//
// Eight rows are read side by side, a number of each with every step, so that the first-level
// cache holds one line of each. A row's next depth begins somewhere else in memory: the first
// lines of the next eight rows are fetched with every tile, and the hardware goes on from there.
//
// Registers are those of gemm_avx512_amd64.s, and for the rows of a
// SI row 0   R11 row 4   DX lda   R12 3*lda (bytes)

#define A0(off) off(SI)
#define A1(off) off(SI)(DX*1)
#define A2(off) off(SI)(DX*2)
#define A3(off) off(SI)(R12*1)
#define A4(off) off(R11)
#define A5(off) off(R11)(DX*1)
#define A6(off) off(R11)(DX*2)
#define A7(off) off(R11)(R12*1)

#define ASTEP 4
#define FETCHA // the hardware does
#define FORWARDA(n) \
	ADDQ $(n*ASTEP), SI; \
	ADDQ $(n*ASTEP), R11

#define STARTA \
	MOVQ a_base+32(FP), SI;                  \
	MOVQ lda+160(FP), DX;                    \
	SHLQ $2, DX;                             \ // bytes
	LEAQ (DX)(DX*2), R12;                    \
	LEAQ (SI)(DX*4), R11;                    \
	LEAQ (SI)(DX*8), AX;                     \ // the next eight rows
	PREFETCHT0 (AX);                         \
	PREFETCHT0 (AX)(DX*1);                   \
	PREFETCHT0 (AX)(DX*2);                   \
	PREFETCHT0 (AX)(R12*1);                  \
	LEAQ (AX)(DX*4), AX;                     \
	PREFETCHT0 (AX);                         \
	PREFETCHT0 (AX)(DX*1);                   \
	PREFETCHT0 (AX)(DX*2);                   \
	PREFETCHT0 (AX)(R12*1)

#define NEXTA \
	MOVQ DX, AX; \
	SHLQ $3, AX; \
	ADDQ AX, a_base+32(FP)

// func gemmDirectAVX512(c []float32, ldc int, a, b []float32, m, n, k int, alpha, beta float32, next Block[float32], lda int)
TEXT ·gemmDirectAVX512(SB), NOSPLIT, $0-168
#include "gemm_avx512_amd64.h"
