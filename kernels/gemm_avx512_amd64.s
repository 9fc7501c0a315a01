//go:build !purego

#include "textflag.h"
#include "gemm_block_amd64.h"
#include "gemm_panels_amd64.h"
#include "gemm_packed_avx512_amd64.h"
#include "gemm_avx512_fma_amd64.h"

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
// A line of the next block is fetched with every four steps of k.
//
// DI c of the tile   SI its a   BX its b   R10 n   CX steps left   R14 rows left   AX scratch
// R8 ldc (bytes)   R15 next   R13 its stride (bytes)   R9 its rows left; the rest in the frame
// Z0-Z23 acc   Z24-Z26 b   Z27 Z28 a   Z29 alpha   Z30 beta   Z31 c   K1-K3 columns

// func gemmPanelsAVX512(c []float32, ldc int, a, b []float32, m, n, k int, alpha, beta float32, next Block[float32])
TEXT ·gemmPanelsAVX512(SB), NOSPLIT, $0-160
#include "gemm_avx512_amd64.h"
