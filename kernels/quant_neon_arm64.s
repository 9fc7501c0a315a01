//go:build !purego

#include "textflag.h"
#include "asm_arm64.h"

// ABS_MAX: d = max(abs(x), abs(y)) as integers, where NaN > Inf > any number. Clobbers V18, V19.
#define ABS_MAX(x, y, d) \
	FABS(x, 18);      \
	FABS(y, 19);      \
	UMAX4(18, 19, d)

// ROUND: v = round(v * V17) as int32, halves away from zero
#define ROUND(v) \
	FMUL(17, v, v); \
	FCVTAS(v, v)

// NARROW: d = the int32 of four registers as int8
#define NARROW(a, b, c, e, d) \
	XTN(a, a);    \
	XTN2(b, a);   \ // 8 int16
	XTN(c, c);    \
	XTN2(e, c);   \
	XTN_B(a, d);  \
	XTN2_B(c, d)    // 16 int8

// A vector to blocks of q8_0
//
//	for each block {
//		a = max(abs(x[0:32]))
//		d = a/127
//		inverse = 1/d                        // if that is Inf or a is not finite, q = 0
//		q[0:32] = round(x[0:32] * inverse)
//	}
//
// R0 dst   R1 x   R2 n   R3 bits of a   R4 bits of Inf   R5 bits of inverse   V0-V7 x, q
// V16 a   V17 a, inverse   V18 V19 see ABS_MAX  F22 127   F23 1   F24 d
//
// func quantizeQ8NEON(dst []byte, x []float32)
TEXT ·quantizeQ8NEON(SB), NOSPLIT, $0-48
	MOVD  dst_base+0(FP), R0
	MOVD  x_base+24(FP), R1
	MOVD  x_len+32(FP), R2
	MOVD  $0x7f800000, R4
	MOVD  $0x42fe0000, R3
	FMOVS R3, F22                              // 127
	FMOVS $1.0, F23

blocks:
	SUBS   $32, R2                             // if n -= 32; n < 0 { goto done }
	BLT    done
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P 64(R1), [V4.S4, V5.S4, V6.S4, V7.S4] // x = x[32:]
	ABS_MAX(0, 1, 16)
	ABS_MAX(2, 3, 17)
	UMAX4(16, 17, 16)
	ABS_MAX(4, 5, 17)
	UMAX4(16, 17, 16)
	ABS_MAX(6, 7, 17)
	UMAX4(16, 17, 16)
	UMAXV(16, 16)                              // a
	FMOVS  F16, R3
	FDIVS  F22, F16, F24                       // d = a/127
	FDIVS  F24, F23, F17                       // inverse = 1/d
	FMOVS  F17, R5
	FCVTSH F24, F24
	VST1.P V24.H[0], 2(R0)                     // d, as float16
	CMPW   R4, R3                              // if a >= Inf { goto zeros }
	BHS    zeros
	CMPW   R4, R5                              // if inverse >= Inf { goto zeros }
	BHS    zeros
	DUP(17, 0, 17)
	ROUND(0)
	ROUND(1)
	ROUND(2)
	ROUND(3)
	ROUND(4)
	ROUND(5)
	ROUND(6)
	ROUND(7)
	NARROW(0, 1, 2, 3, 0)
	NARROW(4, 5, 6, 7, 1)

store:
	VST1.P [V0.B16, V1.B16], 32(R0)            // q[0:32]; dst = dst[34:]
	B      blocks

zeros:
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16
	B    store

done:
	RET
