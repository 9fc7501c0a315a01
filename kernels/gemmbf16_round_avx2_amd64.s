//go:build !purego

#include "textflag.h"
#include "const_amd64.h"
#include "map_avx2_amd64.h"
#include "map_amd64.h"
#include "convert_const_amd64.h"

// V0 = x = V0 rounded to bfloat16, as float32. Clobbers V1-V3.
#define TO_BF16 \
	VCMPPS $3, V0, V0, V3; \ // V3 = x is NaN
	BF16_ROUND;            \
	VBLENDVPS V3, V1, V0, V0; \
	VPSLLD $16, V0, V0

// Rounding to bfloat16: x[i] = x[i] rounded, see convert_const_amd64.h
//
// func roundBF16AVX2(x []float32)
TEXT ·roundBF16AVX2(SB), NOSPLIT, $0-24
	MOVQ x_base+0(FP), DI
	MOVQ DI, SI
	MOVQ x_len+8(FP), CX
	MAP1(TO_BF16) // for i { x[i] = x[i] rounded }
	RET
