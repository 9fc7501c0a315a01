//go:build !purego

#include "textflag.h"
#include "gemm_source_amd64.h"
#include "gemm_packing_avx512_amd64.h"
#include "gemm_direct_avx512_amd64.h"
#include "gemm_avx512_fma_amd64.h"

// gemm_packing_avx512_amd64.s on rows of A as they lie, as gemm_direct_avx512_amd64.s reads them.

// func gemmPackingDirectAVX512(c []float32, ldc int, a, b []float32, m, n, k int, alpha, beta float32, src Block[float32], lda int)
TEXT ·gemmPackingDirectAVX512(SB), NOSPLIT, $0-168
#include "gemm_avx512_amd64.h"
