//go:build !purego

#include "textflag.h"
#include "const_amd64.h"
#include "map_avx2_amd64.h"
#include "reduce_amd64.h"
#include "exp_avx2_amd64.h"
#include "rows_amd64.h"

// Exponentials of a row and their sum, see EXP_SUM in rows_amd64.h
//
// func expSumAVX2(dst, x []float32, m float32) float32
TEXT ·expSumAVX2(SB), NOSPLIT, $0-60
	MOVQ         dst_base+0(FP), DI
	MOVQ         x_base+24(FP), SI
	MOVQ         x_len+32(FP), CX
	VBROADCASTSS m+48(FP), V3
	EXP_SUM                          // X0 = sum
	VMOVSS       X0, ret+56(FP)
	VZEROUPPER
	RET

// Scaled exponentials of a row, see EXP_SCALE
//
// func expScaleAVX2(dst, x []float32, m, a float32)
TEXT ·expScaleAVX2(SB), NOSPLIT, $0-56
	MOVQ         dst_base+0(FP), DI
	MOVQ         x_base+24(FP), SI
	MOVQ         x_len+32(FP), CX
	VBROADCASTSS m+48(FP), V3
	VBROADCASTSS a+52(FP), V4
	EACH(EXP_SCALE)                  // for i { dst[i] = exp(x[i] - m) * a }
	VZEROUPPER
	RET

// The gradient of a row of a softmax, see SOFTMAX_BACKWARD
//
// func softmaxRowBackwardAVX2(dx, dy, y []float32, sum float32)
TEXT ·softmaxRowBackwardAVX2(SB), NOSPLIT, $0-76
	MOVQ         dx_base+0(FP), DI
	MOVQ         dy_base+24(FP), DX
	MOVQ         y_base+48(FP), SI
	MOVQ         y_len+56(FP), CX
	VBROADCASTSS sum+72(FP), V3
	EACH(SOFTMAX_BACKWARD)           // for i { dx[i] = y[i]*(dy[i] - sum) }
	VZEROUPPER
	RET

// The gradient of a row of a softmax's logarithm, see LOG_SOFTMAX_BACKWARD
//
// func logSoftmaxRowBackwardAVX2(dx, dy, y []float32, sum float32)
TEXT ·logSoftmaxRowBackwardAVX2(SB), NOSPLIT, $0-76
	MOVQ         dx_base+0(FP), DI
	MOVQ         dy_base+24(FP), DX
	MOVQ         y_base+48(FP), SI
	MOVQ         y_len+56(FP), CX
	VBROADCASTSS sum+72(FP), V3
	EACH(LOG_SOFTMAX_BACKWARD)       // for i { dx[i] = dy[i] - exp(y[i])*sum }
	VZEROUPPER
	RET

// Squared distance of a row from a number
//
//	for i { sum += (x[i] - mean)² }    // in four vectors of partial sums
//
// SI x   CX n   V3 mean   V4-V7 sum   V0 V1 V2 V8 differences
//
// func squaredDistanceAVX2(x []float32, mean float32) float32
TEXT ·squaredDistanceAVX2(SB), NOSPLIT, $0-36
	MOVQ         x_base+0(FP), SI
	MOVQ         x_len+8(FP), CX
	VBROADCASTSS mean+24(FP), V3
	VXORPS       V4, V4, V4          // sum = 0
	VXORPS       V5, V5, V5
	VXORPS       V6, V6, V6
	VXORPS       V7, V7, V7

blocks:
	SUBQ        $(4*LANES), CX       // if n -= 4*LANES; n < 0 { goto rest }
	JLT         rest
	VMOVUPS     (SI), V0
	VMOVUPS     (4*LANES)(SI), V1
	VMOVUPS     (8*LANES)(SI), V2
	VMOVUPS     (12*LANES)(SI), V8
	VSUBPS      V3, V0, V0           // x - mean
	VSUBPS      V3, V1, V1
	VSUBPS      V3, V2, V2
	VSUBPS      V3, V8, V8
	VFMADD231PS V0, V0, V4           // sum += (x - mean)²
	VFMADD231PS V1, V1, V5
	VFMADD231PS V2, V2, V6
	VFMADD231PS V8, V8, V7
	ADDQ        $(16*LANES), SI      // x = x[4*LANES:]
	JMP         blocks

rest:
	ADDQ $(4*LANES), CX

tail:
	TESTQ        CX, CX
	JLE          reduce              // if n <= 0 { goto reduce }
	MASK_TAIL
	LOAD_TAIL_OR((SI), V3, V0)       // x[0:min(n, LANES)], then mean
	VSUBPS       V3, V0, V0
	VFMADD231PS  V0, V0, V4
	ADDQ         $(4*LANES), SI      // x = x[LANES:]
	SUBQ         $LANES, CX          // n -= LANES
	JMP          tail

reduce:
	VADDPS V5, V4, V4
	VADDPS V7, V6, V6
	VADDPS V6, V4, V4
	SUM_OF(V4)
	VMOVSS X0, ret+32(FP)
	VZEROUPPER
	RET

// A normalised row, see NORMALISE
//
// func normaliseAVX2(y, x, weight []float32, mean, rstd float32)
TEXT ·normaliseAVX2(SB), NOSPLIT, $0-80
	MOVQ         y_base+0(FP), DI
	MOVQ         x_base+24(FP), SI
	MOVQ         x_len+32(FP), CX
	MOVQ         weight_base+48(FP), DX
	VBROADCASTSS mean+72(FP), V3
	VBROADCASTSS rstd+76(FP), V4
	EACH(NORMALISE)                  // for i { y[i] = (x[i] - mean)*rstd*weight[i] }
	VZEROUPPER
	RET

// A normalised row with a bias, see NORMALISE_BIAS
//
// func normaliseBiasAVX2(y, x, weight, bias []float32, mean, rstd float32)
TEXT ·normaliseBiasAVX2(SB), NOSPLIT, $0-104
	MOVQ         y_base+0(FP), DI
	MOVQ         x_base+24(FP), SI
	MOVQ         x_len+32(FP), CX
	MOVQ         weight_base+48(FP), DX
	MOVQ         bias_base+72(FP), R8
	VBROADCASTSS mean+96(FP), V3
	VBROADCASTSS rstd+100(FP), V4
	EACH(NORMALISE_BIAS)             // for i { y[i] = (x[i] - mean)*rstd*weight[i] + bias[i] }
	VZEROUPPER
	RET

// The two sums that the gradient of a normalised row needs, see NORM_SUMS
//
// func normSumsAVX2(dy, x, weight []float32, mean, rstd float32) (sum, product float32)
TEXT ·normSumsAVX2(SB), NOSPLIT, $0-88
	MOVQ         dy_base+0(FP), DI
	MOVQ         x_base+24(FP), SI
	MOVQ         x_len+32(FP), CX
	MOVQ         weight_base+48(FP), DX
	VBROADCASTSS mean+72(FP), V3
	VBROADCASTSS rstd+76(FP), V4
	VXORPS       V8, V8, V8          // sum = 0
	VXORPS       V9, V9, V9          // product = 0
	EACH(NORM_SUMS)                  // for i { sum += g; product += g*n }
	SUM_OF(V8)
	VMOVSS       X0, sum+80(FP)
	SUM_OF(V9)
	VMOVSS       X0, product+84(FP)
	VZEROUPPER
	RET

// The gradient of a normalised row, see NORM_GRADIENT
//
// func normGradientAVX2(dx, dy, x, weight []float32, mean, rstd, sum, product float32)
TEXT ·normGradientAVX2(SB), NOSPLIT, $0-112
	MOVQ         dx_base+0(FP), DI
	MOVQ         dy_base+24(FP), R8
	MOVQ         x_base+48(FP), SI
	MOVQ         x_len+56(FP), CX
	MOVQ         weight_base+72(FP), DX
	VBROADCASTSS mean+96(FP), V3
	VBROADCASTSS rstd+100(FP), V4
	VBROADCASTSS sum+104(FP), V5
	VBROADCASTSS product+108(FP), V6
	EACH(NORM_GRADIENT)              // for i { dx[i] = rstd*(dy[i]*weight[i] - sum - n*product) }
	VZEROUPPER
	RET

// A row's share of the gradient of the weights, see NORM_WEIGHT
//
// func normWeightAVX2(dweight, dy, x []float32, mean, rstd float32)
TEXT ·normWeightAVX2(SB), NOSPLIT, $0-80
	MOVQ         dweight_base+0(FP), DI
	MOVQ         dy_base+24(FP), DX
	MOVQ         x_base+48(FP), SI
	MOVQ         x_len+56(FP), CX
	VBROADCASTSS mean+72(FP), V3
	VBROADCASTSS rstd+76(FP), V4
	EACH(NORM_WEIGHT)                // for i { dweight[i] += dy[i]*(x[i] - mean)*rstd }
	VZEROUPPER
	RET
