//go:build !purego

#include "textflag.h"

// The AVX2 microkernel, tiles of 8 × 24 numbers of C, four rows at a time, and the two loops
// around it:
//
//	for ; m > 0; m, a, c = m-8, a[8*k:], c[8:, :] {
//		for n, b, c := n, b, c; n > 0; n, b, c = n-24, b[24*k:], c[:, 24:] {
//			for half := 0; half < 8 && half < m; half += 4 {
//				for r, j { acc[r][j] = 0 }      // 12 registers
//				for i := range k {
//					for r, j { acc[r][j] += a[i*8+half+r] * b[i*24+j] }
//				}
//				c[half:min(m, half+4), :min(n, 24)] = alpha*acc + beta*c[half:min(m, half+4), :min(n, 24)]
//			}
//		}
//	}
//
// A step takes 12 FMAs for 7 loads. 16 registers do not hold the sums of eight rows; the
// panel of b is in the first-level cache when it is read the second time. Columns are cut
// by masked moves (slow on AMD, so whole tiles have plain ones), rows by leaving the stores
// early. The next block is fetched as in gemm_avx512_amd64.s.
//
// DI c of the tile   SI its a   BX its b   R11 b, then masks   R10 n   CX steps left   AX scratch
// R14 rows left   R8 ldc (bytes)   R15 next   R13 its stride (bytes)   R9 its rows left
// Y0-Y11 acc   Y12-Y14 b, then mask, beta, c   Y15 a, then alpha

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
	ROW((aoff+0)(SI), Y0, Y1, Y2);           \
	ROW((aoff+4)(SI), Y3, Y4, Y5);           \
	ROW((aoff+8)(SI), Y6, Y7, Y8);           \
	ROW((aoff+12)(SI), Y9, Y10, Y11)

#define ASTEP 32
#define STARTA MOVQ a_base+32(FP), SI
#define FORWARDA(n) ADDQ $(n*ASTEP), SI
#define SECONDA \
	MOVQ a_base+32(FP), SI; \
	ADDQ $16, SI
#define NEXTA \
	MOVQ k+96(FP), AX; \
	SHLQ $5, AX;       \
	ADDQ AX, a_base+32(FP)

// func gemmPanelsAVX2(c []float32, ldc int, a, b []float32, m, n, k int, alpha, beta float32, next Block[float32])
TEXT ·gemmPanelsAVX2(SB), NOSPLIT, $0-160
#include "gemm_avx2_amd64.h"
