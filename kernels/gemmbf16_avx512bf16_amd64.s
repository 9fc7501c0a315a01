//go:build !purego

#include "textflag.h"
#include "asm_amd64.h"
#include "gemm_block_amd64.h"
#include "gemm_panels_amd64.h"
#include "gemm_packed_avx512_amd64.h"
#include "gemmbf16_avx512bf16_amd64.h"

// The AVX512-BF16 microkernel: gemm_avx512_amd64.s on pairs of bfloat16 along k, a pair where
// that has a float32. One instruction does two steps of k of sixteen numbers:
//
//	for i := range k {                          // pairs
//		for r, j { acc[r][j] += a[i*8+r][0] * b[i*48+j][0] + a[i*8+r][1] * b[i*48+j][1] }
//	}
//	c[:rows, :cols] = alpha*acc + beta*c[:rows, :cols]
//
// Registers and tails are those of gemm_avx512_amd64.s.

// func gemmPanelsAVX512BF16(c []float32, ldc int, a, b []float32, m, n, k int, alpha, beta float32, next Block[float32])
TEXT ·gemmPanelsAVX512BF16(SB), NOSPLIT, $0-160
#include "gemm_avx512_amd64.h"
