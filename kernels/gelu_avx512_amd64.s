//go:build !purego

#include "textflag.h"
#include "const_amd64.h"
#include "map_avx512_amd64.h"
#include "map_amd64.h"
#include "exp_avx512_amd64.h"
#include "gelu_amd64.h"

// GELU, tanh form: dst[i] = gelu(x[i]), see gelu_amd64.h
//
// func geluAVX512(dst, x []float32)
TEXT ·geluAVX512(SB), NOSPLIT, $0-48
	MOVQ dst_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	MAP1(GELU) // for i { dst[i] = x[i] / (1 + exp(-2*u(x[i]))) }
	RET

// Gradient of GELU, tanh form, see gelu_amd64.h
//
// func geluBackwardAVX512(dx, dy, x []float32)
TEXT ·geluBackwardAVX512(SB), NOSPLIT, $0-72
	MOVQ dx_base+0(FP), DI
	MOVQ dx_len+8(FP), CX
	MOVQ dy_base+24(FP), SI
	MOVQ x_base+48(FP), DX
	MAP2(GELU_BACKWARD) // for i { dx[i] = dy[i] * gelu'(x[i]) }
	RET
