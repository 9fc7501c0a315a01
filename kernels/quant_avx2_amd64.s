//go:build !purego

#include "textflag.h"
#include "const_amd64.h"

CONST(q8Max, 0x42fe0000)    // 127
CONST(belowHalf, 0x3effffff)      // the largest number below 1/2

// What VPACKSSDW and VPACKSSWB leave apart, by 4 bytes: they work within 128 bits.
DATA packed<>+0(SB)/8, $0x0000000400000000
DATA packed<>+8(SB)/8, $0x0000000500000001
DATA packed<>+16(SB)/8, $0x0000000600000002
DATA packed<>+24(SB)/8, $0x0000000700000003
GLOBL packed<>(SB), RODATA|NOPTR, $32

// ROUND: v = round(v * Y8) as int32, halves away from zero: 1/2 would take the largest number
// below 1/2 to 1, what is just below 1/2 does not and still takes 1/2 there. Clobbers Y5.
#define ROUND(v) \
	VMULPS Y8, v, v;   \
	VANDPS Y9, v, Y5;  \ // sign
	VORPS Y10, Y5, Y5; \ // ± just below 1/2
	VADDPS Y5, v, v;   \
	VCVTTPS2DQ v, v

// A vector to blocks of q8_0
//
//	for each block {
//		a = max(abs(x[0:32]))                // as integers, where NaN > Inf > any number
//		d = a/127
//		inverse = 1/d                        // if that is Inf or a is not finite, q = 0
//		q[0:32] = round(x[0:32] * inverse)
//	}
//
// DI dst   SI x   CX n   Y0-Y3 x, q   Y4 Y5 a, halves   X6 d   X7 1   Y8 inverse   Y9 sign bit
// Y10 just below 1/2   Y11 abs mask   Y12 order
//
// func quantizeQ8AVX2(dst []byte, x []float32)
TEXT ·quantizeQ8AVX2(SB), NOSPLIT, $0-48
	MOVQ    dst_base+0(FP), DI
	MOVQ    x_base+24(FP), SI
	MOVQ    x_len+32(FP), CX
	VMOVUPS one<>(SB), Y7
	VMOVUPS signBit<>(SB), Y9
	VMOVUPS belowHalf<>(SB), Y10
	VMOVUPS absMask<>(SB), Y11
	VMOVDQU packed<>(SB), Y12

blocks:
	SUBQ         $32, CX           // if n -= 32; n < 0 { goto done }
	JLT          done
	VMOVUPS      (SI), Y0
	VMOVUPS      32(SI), Y1
	VMOVUPS      64(SI), Y2
	VMOVUPS      96(SI), Y3
	VANDPS       Y11, Y0, Y4       // abs(x)
	VANDPS       Y11, Y1, Y5
	VPMAXUD      Y5, Y4, Y4
	VANDPS       Y11, Y2, Y5
	VPMAXUD      Y5, Y4, Y4
	VANDPS       Y11, Y3, Y5
	VPMAXUD      Y5, Y4, Y4
	VEXTRACTI128 $1, Y4, X5
	VPMAXUD      X5, X4, X4        // 8 lanes to 4
	VPSHUFD      $0xee, X4, X5
	VPMAXUD      X5, X4, X4        // 4 lanes to 2
	VPSHUFD      $0x55, X4, X5
	VPMAXUD      X5, X4, X4        // 2 lanes to 1: a
	VDIVSS       q8Max<>(SB), X4, X6
	VCVTPS2PH    $0, X6, X5
	VPEXTRW      $0, X5, (DI)      // d = a/127, as float16
	VDIVSS       X6, X7, X8        // inverse = 1/d
	VMOVD        X4, AX
	VMOVD        X8, BX
	CMPL         AX, $0x7f800000   // if a >= Inf { goto zeros }
	JCC          zeros
	CMPL         BX, $0x7f800000   // if inverse >= Inf { goto zeros }
	JCC          zeros
	VBROADCASTSS X8, Y8
	ROUND(Y0)
	ROUND(Y1)
	ROUND(Y2)
	ROUND(Y3)
	VPACKSSDW    Y1, Y0, Y0        // int32 to int16
	VPACKSSDW    Y3, Y2, Y2
	VPACKSSWB    Y2, Y0, Y0        // int16 to int8
	VPERMD       Y0, Y12, Y0       // in order

store:
	VMOVDQU Y0, 2(DI)              // q[0:32]
	ADDQ    $34, DI                // dst = dst[34:]
	ADDQ    $128, SI               // x = x[32:]
	JMP     blocks

zeros:
	VXORPS Y0, Y0, Y0
	JMP    store

done:
	VZEROUPPER
	RET
