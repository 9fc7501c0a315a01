//go:build !purego

#include "textflag.h"
#include "gemm_source_amd64.h"
#include "gemm_packing_avx512_amd64.h"
#include "gemm_panels_amd64.h"
#include "gemm_avx512_fma_amd64.h"

// gemm_avx512_amd64.s on rows of B as they lie instead of panels, which it packs on the way:
//
//	for i, j { b[i*48+j] = src[i*ldb+j] }
//
// The loads and stores fit beside the 24 FMAs of a step, and what comes late from src is waited
// for while the FMAs of the steps before are done. It is for the first rows of C: for those after
// them B is packed.

// func gemmPackingPanelsAVX512(c []float32, ldc int, a, b []float32, m, n, k int, alpha, beta float32, src Block[float32])
TEXT ·gemmPackingPanelsAVX512(SB), NOSPLIT, $0-160
#include "gemm_avx512_amd64.h"
