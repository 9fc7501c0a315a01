//go:build !purego

#include "textflag.h"
#include "const_amd64.h"
#include "map_avx512_amd64.h"
#include "map_amd64.h"
#include "exp_avx512_amd64.h"
#include "tanh_amd64.h"

// Hyperbolic tangent: dst[i] = tanh(x[i]), see tanh_amd64.h
//
// func tanhAVX512(dst, x []float32)
TEXT ·tanhAVX512(SB), NOSPLIT, $0-48
	MOVQ dst_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	MAP1(TANH) // for i { dst[i] = tanh(x[i]) }
	RET

// V0 = dy·(1 - y²) of dy = V0, y = V1
#define TANH_BACKWARD \
	VBROADCASTSS one<>(SB), V2; \
	VFNMADD231PS V1, V1, V2;    \ // V2 = 1 - y·y
	VMULPS V2, V0, V0

// Gradient of tanh: dx[i] = dy[i] * (1 - y[i]*y[i])
//
// func tanhBackwardAVX512(dx, dy, y []float32)
TEXT ·tanhBackwardAVX512(SB), NOSPLIT, $0-72
	MOVQ dx_base+0(FP), DI
	MOVQ dx_len+8(FP), CX
	MOVQ dy_base+24(FP), SI
	MOVQ y_base+48(FP), DX
	MAP2(TANH_BACKWARD) // for i { dx[i] = dy[i] * (1 - y[i]*y[i]) }
	RET
