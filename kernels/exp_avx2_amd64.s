//go:build !purego

#include "textflag.h"
#include "const_amd64.h"
#include "map_avx2_amd64.h"
#include "map_amd64.h"
#include "exp_avx2_amd64.h"

#define EXP_V0 EXP(V0, V1, V2)

// Exponential: dst[i] = exp(x[i]), see exp_avx2_amd64.h
//
// func expAVX2(dst, x []float32)
TEXT ·expAVX2(SB), NOSPLIT, $0-48
	MOVQ dst_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	MAP1(EXP_V0)                // for i { dst[i] = exp(x[i]) }
	RET

#define SQRT_V0 VSQRTPS V0, V0

// Square root: dst[i] = sqrt(x[i])
//
// func sqrtAVX2(dst, x []float32)
TEXT ·sqrtAVX2(SB), NOSPLIT, $0-48
	MOVQ dst_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	MAP1(SQRT_V0)               // for i { dst[i] = sqrt(x[i]) }
	RET
