//go:build !purego

#include "textflag.h"
#include "const_amd64.h"
#include "map_avx2_amd64.h"
#include "convert_const_amd64.h"

// AVX2 has no masks for 16-bit lanes, so the last n < 8 numbers of a 16-bit slice move in
// pieces of 4, 2 and 1, by the bits of n.

// STORE_HALF_TAIL: dst[i:i+n] = the low n 16-bit lanes of X0. Clobbers X0 and BX.
#define STORE_HALF_TAIL \
	TESTQ $4, CX;               \
	JEQ stored4;                \
	VMOVQ X0, (DI)(BX*2);       \ // dst[i:i+4] = lanes 0-3
	VPSRLDQ $8, X0, X0;         \
	ADDQ $4, BX;                \
stored4:                        \
	TESTQ $2, CX;               \
	JEQ stored2;                \
	VMOVD X0, (DI)(BX*2);       \ // dst[i:i+2] = the next 2 lanes
	VPSRLDQ $4, X0, X0;         \
	ADDQ $2, BX;                \
stored2:                        \
	TESTQ $1, CX;               \
	JEQ stored1;                \
	VPEXTRW $0, X0, (DI)(BX*2); \ // dst[i] = the next lane
stored1:

// LOAD_HALF_TAIL: the low n 16-bit lanes of X0 = x[i:i+n], the others 0. It takes the last
// piece first and shifts it up for the piece before it. Clobbers AX.
#define LOAD_HALF_TAIL \
	LEAQ (BX)(CX*1), AX;            \ // end = i + n
	VPXOR X0, X0, X0;               \
	TESTQ $1, CX;                   \
	JEQ loaded1;                    \
	SUBQ $1, AX;                    \
	VPINSRW $0, (SI)(AX*2), X0, X0; \ // lane 0 = x[end-1]
loaded1:                            \
	TESTQ $2, CX;                   \
	JEQ loaded2;                    \
	SUBQ $2, AX;                    \
	VPSLLDQ $4, X0, X0;             \
	VPINSRD $0, (SI)(AX*2), X0, X0; \ // lanes 0-1 = the 2 before
loaded2:                            \
	TESTQ $4, CX;                   \
	JEQ loaded4;                    \
	SUBQ $4, AX;                    \
	VPSLLDQ $8, X0, X0;             \
	VPINSRQ $0, (SI)(AX*2), X0, X0; \ // lanes 0-3 = the 4 before
loaded4:

// BF16_PACK: X0 = the 8 bfloat16 of x = Y0. Clobbers Y1-Y3.
#define BF16_PACK \
	VCMPPS $3, Y0, Y0, Y3;    \ // Y3 = x is NaN
	BF16_ROUND;               \
	VBLENDVPS Y3, Y1, Y0, Y0; \ // Y0 = rounded, or NaN
	VPACKUSDW Y0, Y0, Y0;     \ // the low halves of each 128 bits, twice
	VPERMQ $8, Y0, Y0           // quarters 0 and 2

// float32 to bfloat16, see convert_const_amd64.h
//
// func bf16FromF32AVX2(dst []uint16, x []float32)
TEXT ·bf16FromF32AVX2(SB), NOSPLIT, $0-48
	MOVQ dst_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	XORL BX, BX                    // i = 0

vectors:
	SUBQ    $8, CX                 // if n -= 8; n < 0 { goto tail }
	JLT     tail
	VMOVUPS (SI)(BX*4), Y0         // Y0 = x[i:i+8]
	BF16_PACK
	VMOVUPS X0, (DI)(BX*2)         // dst[i:i+8] = X0
	ADDQ    $8, BX                 // i += 8
	JMP     vectors

tail:
	ADDQ $8, CX
	MASK_TAIL
	LOAD_TAIL((SI)(BX*4), Y0)      // Y0 = x[i:i+n]
	BF16_PACK
	STORE_HALF_TAIL                // dst[i:i+n] = X0
	VZEROUPPER
	RET

// float32 to float16, to nearest, ties to even
//
// func f16FromF32AVX2(dst []uint16, x []float32)
TEXT ·f16FromF32AVX2(SB), NOSPLIT, $0-48
	MOVQ dst_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	XORL BX, BX                    // i = 0

vectors:
	SUBQ    $8, CX                 // if n -= 8; n < 0 { goto tail }
	JLT     tail
	VMOVUPS (SI)(BX*4), Y0         // Y0 = x[i:i+8]
	VCVTPS2PH $0, Y0, X0
	VMOVUPS X0, (DI)(BX*2)         // dst[i:i+8] = X0
	ADDQ    $8, BX                 // i += 8
	JMP     vectors

tail:
	ADDQ $8, CX
	MASK_TAIL
	LOAD_TAIL((SI)(BX*4), Y0)      // Y0 = x[i:i+n]
	VCVTPS2PH $0, Y0, X0
	STORE_HALF_TAIL                // dst[i:i+n] = X0
	VZEROUPPER
	RET

// BF16_WIDEN: Y0 = the 8 bfloat16 of X0 as float32
#define BF16_WIDEN \
	VPMOVZXWD X0, Y0;  \
	VPSLLD $16, Y0, Y0

// bfloat16 to float32: dst[i] = bits of x[i] << 16
//
// func f32FromBF16AVX2(dst []float32, x []uint16)
TEXT ·f32FromBF16AVX2(SB), NOSPLIT, $0-48
	MOVQ dst_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	XORL BX, BX                    // i = 0

vectors:
	SUBQ    $8, CX                 // if n -= 8; n < 0 { goto tail }
	JLT     tail
	VMOVUPS (SI)(BX*2), X0         // X0 = x[i:i+8]
	BF16_WIDEN
	VMOVUPS Y0, (DI)(BX*4)         // dst[i:i+8] = Y0
	ADDQ    $8, BX                 // i += 8
	JMP     vectors

tail:
	ADDQ $8, CX
	LOAD_HALF_TAIL                 // X0 = x[i:i+n]
	BF16_WIDEN
	MASK_TAIL
	STORE_TAIL(Y0, (DI)(BX*4))     // dst[i:i+n] = Y0
	VZEROUPPER
	RET

// float16 to float32
//
// func f32FromF16AVX2(dst []float32, x []uint16)
TEXT ·f32FromF16AVX2(SB), NOSPLIT, $0-48
	MOVQ dst_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	XORL BX, BX                    // i = 0

vectors:
	SUBQ    $8, CX                 // if n -= 8; n < 0 { goto tail }
	JLT     tail
	VMOVUPS (SI)(BX*2), X0         // X0 = x[i:i+8]
	VCVTPH2PS X0, Y0
	VMOVUPS Y0, (DI)(BX*4)         // dst[i:i+8] = Y0
	ADDQ    $8, BX                 // i += 8
	JMP     vectors

tail:
	ADDQ $8, CX
	LOAD_HALF_TAIL                 // X0 = x[i:i+n]
	VCVTPH2PS X0, Y0
	MASK_TAIL
	STORE_TAIL(Y0, (DI)(BX*4))     // dst[i:i+n] = Y0
	VZEROUPPER
	RET
