//go:build !purego

#include "textflag.h"
#include "asm_arm64.h"
#include "map_arm64.h"
#include "exp_arm64.h"

// Exponentials of a row and their sum
//
//	for i { e = exp(x[i] - m); if dst != nil { dst[i] = e }; sum += e }
//
// The sum is kept in four vectors that take turns.
//
// R0 dst   R1 x   R3 n   V0-V3 exp   V8 m   V9-V12 sum   V30 mask
//
// func expSumNEON(dst, x []float32, m float32) float32
TEXT ·expSumNEON(SB), NOSPLIT, $0-60
	MOVD dst_base+0(FP), R0
	MOVD x_base+24(FP), R1
	MOVD x_len+32(FP), R3
	SPREAD(m+48(FP), 8)
	EXP_CONSTANTS
	VEOR V9.B16, V9.B16, V9.B16    // sum = 0
	VEOR V10.B16, V10.B16, V10.B16
	VEOR V11.B16, V11.B16, V11.B16
	VEOR V12.B16, V12.B16, V12.B16

vectors:
	SUBS $4, R3                    // if n -= 4; n < 0 { goto tail }
	BLT  tail
	LOAD(R1, 0)
	FSUB(8, 0, 0)                  // x[i:] - m
	EXP(0, 1, 2, 3)
	FADD(0, 9, 1)                  // sum += e
	MOV(10, 9)                     // the next one's turn
	MOV(11, 10)
	MOV(12, 11)
	MOV(1, 12)
	CBZ  R0, vectors               // if dst == nil { goto vectors }
	STORE(0, R0)                   // dst[i:] = e
	B    vectors

tail:
	ADDS $4, R3
	BEQ  done                      // if n == 0 { goto done }
	TAIL
	LOAD_TAIL(R1, 0)
	FSUB(8, 0, 0)
	EXP(0, 1, 2, 3)
	AND(30, 0, 1)                  // e, then zeros
	FADD(1, 9, 9)
	CBZ  R0, done
	STORE_TAIL(0, R0)              // dst[i:i+n] = e

done:
	FADD(10, 9, 9)
	FADD(12, 11, 11)
	FADD(11, 9, 9)
	SUM_OF(9)
	FMOVS F9, ret+56(FP)
	RET

// EXP_SCALE: dst[i] = exp(x[i] - m) * a; R0 dst, R1 x, V8 m, V9 a
#define EXP_SCALE(LD, ST) \
	LD(R1, 0);       \
	FSUB(8, 0, 0);   \ // x[i] - m
	EXP(0, 1, 2, 3); \
	FMUL(9, 0, 0);   \ // exp * a
	ST(0, R0)

// Scaled exponentials of a row
//
// func expScaleNEON(dst, x []float32, m, a float32)
TEXT ·expScaleNEON(SB), NOSPLIT, $0-56
	MOVD dst_base+0(FP), R0
	MOVD x_base+24(FP), R1
	MOVD x_len+32(FP), R3
	SPREAD(m+48(FP), 8)
	SPREAD(a+52(FP), 9)
	EXP_CONSTANTS
	EACH(EXP_SCALE)                // for i { dst[i] = exp(x[i] - m) * a }
	RET

// SOFTMAX_BACKWARD: dx[i] = y[i]*(dy[i] - sum); R0 dx, R1 dy, R2 y, V8 sum
#define SOFTMAX_BACKWARD(LD, ST) \
	LD(R1, 0);      \
	LD(R2, 1);      \
	FSUB(8, 0, 0);  \ // dy - sum
	FMUL(1, 0, 0);  \ // y*(dy - sum)
	ST(0, R0)

// The gradient of a row of a softmax
//
// func softmaxRowBackwardNEON(dx, dy, y []float32, sum float32)
TEXT ·softmaxRowBackwardNEON(SB), NOSPLIT, $0-76
	MOVD dx_base+0(FP), R0
	MOVD dy_base+24(FP), R1
	MOVD y_base+48(FP), R2
	MOVD y_len+56(FP), R3
	SPREAD(sum+72(FP), 8)
	EACH(SOFTMAX_BACKWARD)         // for i { dx[i] = y[i]*(dy[i] - sum) }
	RET

// LOG_SOFTMAX_BACKWARD: dx[i] = dy[i] - exp(y[i])*sum; R0 dx, R1 dy, R2 y, V8 sum
#define LOG_SOFTMAX_BACKWARD(LD, ST) \
	LD(R1, 4);       \
	LD(R2, 0);       \
	EXP(0, 1, 2, 3); \
	FMLS(8, 0, 4);   \ // dy - exp*sum
	ST(4, R0)

// The gradient of a row of a softmax's logarithm
//
// func logSoftmaxRowBackwardNEON(dx, dy, y []float32, sum float32)
TEXT ·logSoftmaxRowBackwardNEON(SB), NOSPLIT, $0-76
	MOVD dx_base+0(FP), R0
	MOVD dy_base+24(FP), R1
	MOVD y_base+48(FP), R2
	MOVD y_len+56(FP), R3
	SPREAD(sum+72(FP), 8)
	EXP_CONSTANTS
	EACH(LOG_SOFTMAX_BACKWARD)     // for i { dx[i] = dy[i] - exp(y[i])*sum }
	RET

// SQUARE: sum += (x - mean)², of one vector of x
#define SQUARE(x, sum) \
	FSUB(8, x, x);    \
	FMLA(x, x, sum)

// REST: the same of vectors that are left, without the lanes past the end
#define REST(LD, ST) \
	LD(R1, 0);      \
	FSUB(8, 0, 0);  \
	AND(30, 0, 0);  \
	FMLA(0, 0, 16)

// Squared distance of a row from a number
//
//	for i { sum += (x[i] - mean)² }    // in four vectors of partial sums
//
// R1 x   R3 n   V0-V3 differences   V8 mean   V16-V19 sum   V30 mask
//
// func squaredDistanceNEON(x []float32, mean float32) float32
TEXT ·squaredDistanceNEON(SB), NOSPLIT, $0-36
	MOVD x_base+0(FP), R1
	MOVD x_len+8(FP), R3
	SPREAD(mean+24(FP), 8)
	ALL_LANES
	VEOR V16.B16, V16.B16, V16.B16 // sum = 0
	VEOR V17.B16, V17.B16, V17.B16
	VEOR V18.B16, V18.B16, V18.B16
	VEOR V19.B16, V19.B16, V19.B16

blocks:
	SUBS   $16, R3                 // if n -= 16; n < 0 { goto rest }
	BLT    rest
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4]
	SQUARE(0, 16)
	SQUARE(1, 17)
	SQUARE(2, 18)
	SQUARE(3, 19)
	B      blocks

rest:
	ADD   $16, R3
	EACH(REST)
	FADD(17, 16, 16)
	FADD(19, 18, 18)
	FADD(18, 16, 16)
	SUM_OF(16)
	FMOVS F16, ret+32(FP)
	RET

// NORMALISE: y[i] = (x[i] - mean)*rstd*weight[i]; R0 y, R1 x, R2 weight, V8 mean, V9 rstd
#define NORMALISE(LD, ST) \
	LD(R1, 0);      \
	LD(R2, 1);      \
	FSUB(8, 0, 0);  \ // x - mean
	FMUL(9, 0, 0);  \ // n = (x - mean)*rstd
	FMUL(1, 0, 0);  \ // n*weight
	ST(0, R0)

// A normalised row
//
// func normaliseNEON(y, x, weight []float32, mean, rstd float32)
TEXT ·normaliseNEON(SB), NOSPLIT, $0-80
	MOVD y_base+0(FP), R0
	MOVD x_base+24(FP), R1
	MOVD x_len+32(FP), R3
	MOVD weight_base+48(FP), R2
	SPREAD(mean+72(FP), 8)
	SPREAD(rstd+76(FP), 9)
	EACH(NORMALISE)                // for i { y[i] = (x[i] - mean)*rstd*weight[i] }
	RET

// NORMALISE_BIAS: the same plus bias[i]; R4 bias
#define NORMALISE_BIAS(LD, ST) \
	LD(R1, 0);      \
	LD(R2, 1);      \
	LD(R4, 2);      \
	FSUB(8, 0, 0);  \ // x - mean
	FMUL(9, 0, 0);  \ // n = (x - mean)*rstd
	FMLA(1, 0, 2);  \ // bias + n*weight
	ST(2, R0)

// A normalised row with a bias
//
// func normaliseBiasNEON(y, x, weight, bias []float32, mean, rstd float32)
TEXT ·normaliseBiasNEON(SB), NOSPLIT, $0-104
	MOVD y_base+0(FP), R0
	MOVD x_base+24(FP), R1
	MOVD x_len+32(FP), R3
	MOVD weight_base+48(FP), R2
	MOVD bias_base+72(FP), R4
	SPREAD(mean+96(FP), 8)
	SPREAD(rstd+100(FP), 9)
	EACH(NORMALISE_BIAS)           // for i { y[i] = (x[i] - mean)*rstd*weight[i] + bias[i] }
	RET

// NORM_SUMS: g = dy[i]*weight[i]; sum += g; product += g * (x[i] - mean)*rstd
// R0 dy, R1 x, R2 weight, V8 mean, V9 rstd, V16 sum, V17 product
#define NORM_SUMS(LD, ST) \
	LD(R0, 0);       \
	LD(R1, 2);       \
	LD(R2, 1);       \
	FMUL(1, 0, 0);   \ // g = dy*weight
	AND(30, 0, 0);   \ // of the lanes that there are
	FADD(0, 16, 16); \ // sum += g
	FSUB(8, 2, 2);   \
	FMUL(9, 2, 2);   \ // n = (x - mean)*rstd
	AND(30, 2, 2);   \
	FMLA(2, 0, 17)     // product += g*n

// The two sums that the gradient of a normalised row needs
//
// func normSumsNEON(dy, x, weight []float32, mean, rstd float32) (sum, product float32)
TEXT ·normSumsNEON(SB), NOSPLIT, $0-88
	MOVD  dy_base+0(FP), R0
	MOVD  x_base+24(FP), R1
	MOVD  x_len+32(FP), R3
	MOVD  weight_base+48(FP), R2
	SPREAD(mean+72(FP), 8)
	SPREAD(rstd+76(FP), 9)
	ALL_LANES
	VEOR  V16.B16, V16.B16, V16.B16 // sum = 0
	VEOR  V17.B16, V17.B16, V17.B16 // product = 0
	EACH(NORM_SUMS)                // for i { sum += g; product += g*n }
	SUM_OF(16)
	SUM_OF(17)
	FMOVS F16, sum+80(FP)
	FMOVS F17, product+84(FP)
	RET

// NORM_GRADIENT: dx[i] = rstd*(dy[i]*weight[i] - sum - n*product), n = (x[i] - mean)*rstd
// R0 dx, R4 dy, R1 x, R2 weight, V8 mean, V9 rstd, V10 -sum, V11 product
#define NORM_GRADIENT(LD, ST) \
	LD(R4, 0);       \
	LD(R2, 1);       \
	LD(R1, 2);       \
	FSUB(8, 2, 2);   \
	FMUL(9, 2, 2);   \ // n
	MOV(10, 3);      \
	FMLA(1, 0, 3);   \ // dy*weight - sum
	FMLS(11, 2, 3);  \ // - n*product
	FMUL(9, 3, 3);   \ // * rstd
	ST(3, R0)

// The gradient of a normalised row
//
// func normGradientNEON(dx, dy, x, weight []float32, mean, rstd, sum, product float32)
TEXT ·normGradientNEON(SB), NOSPLIT, $0-112
	MOVD dx_base+0(FP), R0
	MOVD dy_base+24(FP), R4
	MOVD x_base+48(FP), R1
	MOVD x_len+56(FP), R3
	MOVD weight_base+72(FP), R2
	SPREAD(mean+96(FP), 8)
	SPREAD(rstd+100(FP), 9)
	SPREAD(sum+104(FP), 10)
	SPREAD(product+108(FP), 11)
	FNEG(10, 10)
	EACH(NORM_GRADIENT)            // for i { dx[i] = rstd*(dy[i]*weight[i] - sum - n*product) }
	RET

// NORM_WEIGHT: dweight[i] += dy[i] * (x[i] - mean)*rstd; R0 and R4 dweight, R1 dy, R2 x
#define NORM_WEIGHT(LD, ST) \
	LD(R1, 1);      \
	LD(R2, 0);      \
	LD(R4, 2);      \
	FSUB(8, 0, 0);  \
	FMUL(9, 0, 0);  \ // n
	FMLA(1, 0, 2);  \ // dweight + dy*n
	ST(2, R0)

// A row's share of the gradient of the weights
//
// func normWeightNEON(dweight, dy, x []float32, mean, rstd float32)
TEXT ·normWeightNEON(SB), NOSPLIT, $0-80
	MOVD dweight_base+0(FP), R0
	MOVD dy_base+24(FP), R1
	MOVD x_base+48(FP), R2
	MOVD x_len+56(FP), R3
	SPREAD(mean+72(FP), 8)
	SPREAD(rstd+76(FP), 9)
	MOVD R0, R4
	EACH(NORM_WEIGHT)              // for i { dweight[i] += dy[i]*(x[i] - mean)*rstd }
	RET
