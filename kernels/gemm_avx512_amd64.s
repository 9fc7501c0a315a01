//go:build !purego

#include "textflag.h"

// The AVX-512 microkernel, tiles of 8 × 48 numbers of C, and the two loops around it:
//
//	for ; m > 0; m, a, c = m-8, a[8*k:], c[8:, :] {
//		for n, b, c := n, b, c; n > 0; n, b, c = n-48, b[48*k:], c[:, 48:] {
//			for r, j { acc[r][j] = 0 }          // 24 registers
//			for i := range k {
//				for r, j { acc[r][j] += a[i*8+r] * b[i*48+j] }
//			}
//			c[:min(m, 8), :min(n, 48)] = alpha*acc + beta*c[:min(m, 8), :min(n, 48)]
//		}
//	}
//
// A step of k takes 24 FMAs, 12 cycles of two units, for 11 loads: each vector of b serves
// eight rows, each number of a three vectors. When only one or two of the three vectors of
// the tile's width are wanted, the others are not computed; columns are cut by opmask, rows
// by leaving the stores early.
//
// The next block is fetched line by line, down its rows and then to the right, one line with
// every four steps of k.
//
// DI c of the tile   SI its a   BX its b   R10 n   CX steps left   R14 rows left   AX scratch
// R8 ldc (bytes)   R15 next   R13 its stride (bytes)   R9 its rows left; the rest in the frame
// Z0-Z23 acc   Z24-Z26 b   Z27 Z28 a   Z29 alpha   Z30 beta   Z31 c   K1-K3 columns

// ROW3: acc row += a[r] * b, three vectors
#define ROW3(off, z, a0, a1, a2) \
	VBROADCASTSS off(SI), z;                 \ // a[i, r]
	VFMADD231PS Z24, z, a0;                  \ // acc[r, 0:16] += a[i, r] * b[i, 0:16]
	VFMADD231PS Z25, z, a1;                  \
	VFMADD231PS Z26, z, a2

// STEP3: one step of k, three vectors wide
#define STEP3(aoff, boff) \
	VMOVUPS boff(BX), Z24;                   \ // b[i, 0:16]
	VMOVUPS (boff+64)(BX), Z25;              \
	VMOVUPS (boff+128)(BX), Z26;             \
	ROW3((aoff+0), Z27, Z0, Z1, Z2);         \
	ROW3((aoff+4), Z28, Z3, Z4, Z5);         \
	ROW3((aoff+8), Z27, Z6, Z7, Z8);         \
	ROW3((aoff+12), Z28, Z9, Z10, Z11);      \
	ROW3((aoff+16), Z27, Z12, Z13, Z14);     \
	ROW3((aoff+20), Z28, Z15, Z16, Z17);     \
	ROW3((aoff+24), Z27, Z18, Z19, Z20);     \
	ROW3((aoff+28), Z28, Z21, Z22, Z23)

// ROW2 and STEP2: the same, two vectors wide
#define ROW2(off, z, a0, a1) \
	VBROADCASTSS off(SI), z;                 \ // a[i, r]
	VFMADD231PS Z24, z, a0;                  \ // acc[r, 0:16] += a[i, r] * b[i, 0:16]
	VFMADD231PS Z25, z, a1

#define STEP2(aoff, boff) \
	VMOVUPS boff(BX), Z24;                   \ // b[i, 0:16]
	VMOVUPS (boff+64)(BX), Z25;              \
	ROW2((aoff+0), Z27, Z0, Z1); \
	ROW2((aoff+4), Z28, Z3, Z4); \
	ROW2((aoff+8), Z27, Z6, Z7); \
	ROW2((aoff+12), Z28, Z9, Z10); \
	ROW2((aoff+16), Z27, Z12, Z13); \
	ROW2((aoff+20), Z28, Z15, Z16); \
	ROW2((aoff+24), Z27, Z18, Z19); \
	ROW2((aoff+28), Z28, Z21, Z22)

// STEP1: the same, one vector wide
#define STEP1(aoff, boff) \
	VMOVUPS boff(BX), Z24;                   \ // b[i, 0:16]
	VFMADD231PS.BCST (aoff+0)(SI), Z24, Z0; \ // acc[r, 0:16] += a[i, r] * b[i, 0:16]
	VFMADD231PS.BCST (aoff+4)(SI), Z24, Z3; \
	VFMADD231PS.BCST (aoff+8)(SI), Z24, Z6; \
	VFMADD231PS.BCST (aoff+12)(SI), Z24, Z9; \
	VFMADD231PS.BCST (aoff+16)(SI), Z24, Z12; \
	VFMADD231PS.BCST (aoff+20)(SI), Z24, Z15; \
	VFMADD231PS.BCST (aoff+24)(SI), Z24, Z18; \
	VFMADD231PS.BCST (aoff+28)(SI), Z24, Z21

#define ASTEP 32
#define STARTA MOVQ a_base+32(FP), SI
#define FORWARDA(n) ADDQ $(n*ASTEP), SI
#define NEXTA \
	MOVQ k+96(FP), AX; \
	SHLQ $5, AX;       \
	ADDQ AX, a_base+32(FP)

// func gemmPanelsAVX512(c []float32, ldc int, a, b []float32, m, n, k int, alpha, beta float32, next Block[float32])
TEXT ·gemmPanelsAVX512(SB), NOSPLIT, $0-160
#include "gemm_avx512_amd64.h"
