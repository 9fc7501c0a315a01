//go:build !purego

#include "textflag.h"
#include "const_amd64.h"
#include "map_avx512_amd64.h"
#include "map_amd64.h"

// V0 = max(0, x) of x = V0. VMAXPS returns its first Go operand if that is NaN or if both
// are zeros, so NaN and -0 stay.
#define RELU \
	VXORPS V1, V1, V1; \
	VMAXPS V0, V1, V0

// Rectifier: dst[i] = max(0, x[i])
//
// func reluAVX512(dst, x []float32)
TEXT ·reluAVX512(SB), NOSPLIT, $0-48
	MOVQ dst_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	MAP1(RELU) // for i { dst[i] = max(0, x[i]) }
	RET

// V0 = dy where x > 0, else 0, of dy = V0, x = V1
#define RELU_BACKWARD \
	VXORPS V2, V2, V2;      \
	VCMPPS $30, V2, V1, K2; \ // K2 = x > 0, false for NaN
	VMOVAPS.Z V0, K2, V0

// Gradient of the rectifier: dx[i] = dy[i] if x[i] > 0, else 0
//
// func reluBackwardAVX512(dx, dy, x []float32)
TEXT ·reluBackwardAVX512(SB), NOSPLIT, $0-72
	MOVQ dx_base+0(FP), DI
	MOVQ dx_len+8(FP), CX
	MOVQ dy_base+24(FP), SI
	MOVQ x_base+48(FP), DX
	MAP2(RELU_BACKWARD) // for i { if x[i] > 0 { dx[i] = dy[i] } else { dx[i] = 0 } }
	RET
