//go:build !purego

#include "textflag.h"
#include "const_amd64.h"
#include "map_avx512_amd64.h"
#include "map_amd64.h"
#include "exp_avx512_amd64.h"
#include "sigmoid_amd64.h"

#define SIGMOID_V0 SIGMOID(V0, V1, V2)

// Logistic function: dst[i] = 1/(1 + exp(-x[i])), see sigmoid_amd64.h
//
// func sigmoidAVX512(dst, x []float32)
TEXT ·sigmoidAVX512(SB), NOSPLIT, $0-48
	MOVQ dst_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	MAP1(SIGMOID_V0) // for i { dst[i] = 1/(1 + exp(-x[i])) }
	RET

// V0 = dy·y·(1 - y) of dy = V0, y = V1
#define SIGMOID_BACKWARD \
	VBROADCASTSS one<>(SB), V2; \
	VSUBPS V1, V2, V2;          \ // V2 = 1 - y
	VMULPS V1, V2, V2;          \
	VMULPS V2, V0, V0

// Gradient of the logistic function: dx[i] = dy[i] * y[i] * (1 - y[i])
//
// func sigmoidBackwardAVX512(dx, dy, y []float32)
TEXT ·sigmoidBackwardAVX512(SB), NOSPLIT, $0-72
	MOVQ dx_base+0(FP), DI
	MOVQ dx_len+8(FP), CX
	MOVQ dy_base+24(FP), SI
	MOVQ y_base+48(FP), DX
	MAP2(SIGMOID_BACKWARD) // for i { dx[i] = dy[i] * (y[i] * (1 - y[i])) }
	RET
