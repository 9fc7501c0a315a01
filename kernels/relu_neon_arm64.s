//go:build !purego

#include "textflag.h"
#include "asm_arm64.h"
#include "map_arm64.h"

// V0 = 0 where x < 0, else x, of x = V0: NaN and -0 stay.
#define RELU \
	FCMLT0(0, 1); \
	BIC(1, 0, 0)

// Rectifier: dst[i] = max(0, x[i])
//
// func reluNEON(dst, x []float32)
TEXT ·reluNEON(SB), NOSPLIT, $0-48
	MOVD dst_base+0(FP), R0
	MOVD x_base+24(FP), R1
	MOVD x_len+32(FP), R3
	MAP1(RELU)          // for i { if x[i] < 0 { dst[i] = 0 } else { dst[i] = x[i] } }
	RET

// V0 = dy where x > 0, else 0, of dy = V0, x = V1
#define RELU_BACKWARD \
	FCMGT0(1, 1); \ // false for NaN
	AND(1, 0, 0)

// Gradient of the rectifier: dx[i] = dy[i] if x[i] > 0, else 0
//
// func reluBackwardNEON(dx, dy, x []float32)
TEXT ·reluBackwardNEON(SB), NOSPLIT, $0-72
	MOVD dx_base+0(FP), R0
	MOVD dx_len+8(FP), R3
	MOVD dy_base+24(FP), R1
	MOVD x_base+48(FP), R2
	MAP2(RELU_BACKWARD) // for i { if x[i] > 0 { dx[i] = dy[i] } else { dx[i] = 0 } }
	RET
