//go:build !purego

#include "textflag.h"

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

// ROW3: acc row += a[r] * b, three vectors
#define ROW3(at, z, a0, a1, a2) \
	VBROADCASTSS at, z;                      \ // a[r, i]
	VFMADD231PS Z24, z, a0;                  \ // acc[r, 0:16] += a[r, i] * b[i, 0:16]
	VFMADD231PS Z25, z, a1;                  \
	VFMADD231PS Z26, z, a2

// STEP3: one step of k, three vectors wide
#define STEP3(aoff, boff) \
	VMOVUPS boff(BX), Z24;                   \ // b[i, 0:16]
	VMOVUPS (boff+64)(BX), Z25;              \
	VMOVUPS (boff+128)(BX), Z26;             \
	ROW3(aoff(SI), Z27, Z0, Z1, Z2);         \
	ROW3(aoff(SI)(DX*1), Z28, Z3, Z4, Z5);   \
	ROW3(aoff(SI)(DX*2), Z27, Z6, Z7, Z8);   \
	ROW3(aoff(SI)(R12*1), Z28, Z9, Z10, Z11); \
	ROW3(aoff(R11), Z27, Z12, Z13, Z14);     \
	ROW3(aoff(R11)(DX*1), Z28, Z15, Z16, Z17); \
	ROW3(aoff(R11)(DX*2), Z27, Z18, Z19, Z20); \
	ROW3(aoff(R11)(R12*1), Z28, Z21, Z22, Z23)

// ROW2 and STEP2: the same, two vectors wide
#define ROW2(at, z, a0, a1) \
	VBROADCASTSS at, z;                      \ // a[r, i]
	VFMADD231PS Z24, z, a0;                  \ // acc[r, 0:16] += a[r, i] * b[i, 0:16]
	VFMADD231PS Z25, z, a1

#define STEP2(aoff, boff) \
	VMOVUPS boff(BX), Z24;                   \ // b[i, 0:16]
	VMOVUPS (boff+64)(BX), Z25;              \
	ROW2(aoff(SI), Z27, Z0, Z1);             \
	ROW2(aoff(SI)(DX*1), Z28, Z3, Z4);       \
	ROW2(aoff(SI)(DX*2), Z27, Z6, Z7);       \
	ROW2(aoff(SI)(R12*1), Z28, Z9, Z10);     \
	ROW2(aoff(R11), Z27, Z12, Z13);          \
	ROW2(aoff(R11)(DX*1), Z28, Z15, Z16);    \
	ROW2(aoff(R11)(DX*2), Z27, Z18, Z19);    \
	ROW2(aoff(R11)(R12*1), Z28, Z21, Z22)

// STEP1: the same, one vector wide
#define STEP1(aoff, boff) \
	VMOVUPS boff(BX), Z24;                   \ // b[i, 0:16]
	VFMADD231PS.BCST aoff(SI), Z24, Z0;      \ // acc[r, 0:16] += a[r, i] * b[i, 0:16]
	VFMADD231PS.BCST aoff(SI)(DX*1), Z24, Z3; \
	VFMADD231PS.BCST aoff(SI)(DX*2), Z24, Z6; \
	VFMADD231PS.BCST aoff(SI)(R12*1), Z24, Z9; \
	VFMADD231PS.BCST aoff(R11), Z24, Z12;     \
	VFMADD231PS.BCST aoff(R11)(DX*1), Z24, Z15; \
	VFMADD231PS.BCST aoff(R11)(DX*2), Z24, Z18; \
	VFMADD231PS.BCST aoff(R11)(R12*1), Z24, Z21

#define ASTEP 4
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
