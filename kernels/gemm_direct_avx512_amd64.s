//go:build !purego

#include "textflag.h"
#include "gemm_block_amd64.h"
#include "gemm_direct_avx512_amd64.h"
#include "gemm_packed_avx512_amd64.h"
#include "gemm_avx512_fma_amd64.h"

// gemm_avx512_amd64.s on rows of A as they lie, lda apart, instead of panels:
//
//	acc[r][j] += a[r*lda+i] * b[i*48+j]
//
// Eight rows are read side by side, a number of each with every step, so that the first-level
// cache holds one line of each. A row's next depth begins somewhere else in memory: the first
// lines of the next eight rows are fetched with every tile, and the hardware goes on from there.
//
// Registers are those of gemm_avx512_amd64.s.

// func gemmDirectAVX512(c []float32, ldc int, a, b []float32, m, n, k int, alpha, beta float32, next Block[float32], lda int)
TEXT ·gemmDirectAVX512(SB), NOSPLIT, $0-168
#include "gemm_avx512_amd64.h"
