//go:build !purego

#include "textflag.h"
#include "gemm_block_amd64.h"
#include "gemm_panels_amd64.h"

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

// func gemmPanelsAVX2(c []float32, ldc int, a, b []float32, m, n, k int, alpha, beta float32, next Block[float32])
TEXT ·gemmPanelsAVX2(SB), NOSPLIT, $0-160
#include "gemm_avx2_amd64.h"
