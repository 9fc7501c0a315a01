//go:build !purego

#include "textflag.h"
#include "const_amd64.h"
#include "map_avx512_amd64.h"
#include "convert_const_amd64.h"

// float32 to bfloat16, see convert_const_amd64.h
//
// func bf16FromF32AVX512(dst []uint16, x []float32)
TEXT ·bf16FromF32AVX512(SB), NOSPLIT, $0-48
	MOVQ dst_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	XORL BX, BX                        // i = 0

vectors:
	SUBQ $16, CX                       // if n -= 16; n < 0 { goto tail }
	JLT  tail
	VMOVUPS   (SI)(BX*4), Z0           // Z0 = x[i:i+16]
	VCMPPS    $3, Z0, Z0, K2           // K2 = x is NaN
	BF16_ROUND
	VMOVDQA32 Z1, K2, Z0               // Z0 = rounded, or NaN
	VPMOVDW   Z0, (DI)(BX*2)           // dst[i:i+16] = low halves of Z0
	ADDQ $16, BX                       // i += 16
	JMP  vectors

tail:
	ADDQ $16, CX
	JEQ  done                          // if n == 0 { goto done }
	MASK_TAIL
	VMOVUPS.Z (SI)(BX*4), K1, Z0       // Z0 = x[i:i+n]
	VCMPPS    $3, Z0, Z0, K2           // K2 = x is NaN
	BF16_ROUND
	VMOVDQA32 Z1, K2, Z0               // Z0 = rounded, or NaN
	VPMOVDW   Z0, K1, (DI)(BX*2)       // dst[i:i+n] = low halves of Z0

done:
	VZEROUPPER
	RET

// bfloat16 to float32: dst[i] = bits of x[i] << 16
//
// func f32FromBF16AVX512(dst []float32, x []uint16)
TEXT ·f32FromBF16AVX512(SB), NOSPLIT, $0-48
	MOVQ dst_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	XORL BX, BX                        // i = 0

vectors:
	SUBQ $16, CX                       // if n -= 16; n < 0 { goto tail }
	JLT  tail
	VPMOVZXWD (SI)(BX*2), Z0           // Z0 = x[i:i+16]
	VPSLLD    $16, Z0, Z0
	VMOVUPS   Z0, (DI)(BX*4)           // dst[i:i+16] = Z0
	ADDQ $16, BX                       // i += 16
	JMP  vectors

tail:
	ADDQ $16, CX
	JEQ  done                          // if n == 0 { goto done }
	MASK_TAIL
	VPMOVZXWD.Z (SI)(BX*2), K1, Z0     // Z0 = x[i:i+n]
	VPSLLD      $16, Z0, Z0
	VMOVUPS     Z0, K1, (DI)(BX*4)     // dst[i:i+n] = Z0

done:
	VZEROUPPER
	RET

// float32 to float16, to nearest, ties to even
//
// func f16FromF32AVX512(dst []uint16, x []float32)
TEXT ·f16FromF32AVX512(SB), NOSPLIT, $0-48
	MOVQ dst_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	XORL BX, BX                        // i = 0

vectors:
	SUBQ $16, CX                       // if n -= 16; n < 0 { goto tail }
	JLT  tail
	VMOVUPS   (SI)(BX*4), Z0           // Z0 = x[i:i+16]
	VCVTPS2PH $0, Z0, (DI)(BX*2)       // dst[i:i+16] = Z0
	ADDQ $16, BX                       // i += 16
	JMP  vectors

tail:
	ADDQ $16, CX
	JEQ  done                          // if n == 0 { goto done }
	MASK_TAIL
	VMOVUPS.Z (SI)(BX*4), K1, Z0       // Z0 = x[i:i+n]
	VCVTPS2PH $0, Z0, K1, (DI)(BX*2)   // dst[i:i+n] = Z0

done:
	VZEROUPPER
	RET

// float16 to float32
//
// func f32FromF16AVX512(dst []float32, x []uint16)
TEXT ·f32FromF16AVX512(SB), NOSPLIT, $0-48
	MOVQ dst_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	XORL BX, BX                        // i = 0

vectors:
	SUBQ $16, CX                       // if n -= 16; n < 0 { goto tail }
	JLT  tail
	VCVTPH2PS (SI)(BX*2), Z0           // Z0 = x[i:i+16]
	VMOVUPS   Z0, (DI)(BX*4)           // dst[i:i+16] = Z0
	ADDQ $16, BX                       // i += 16
	JMP  vectors

tail:
	ADDQ $16, CX
	JEQ  done                          // if n == 0 { goto done }
	MASK_TAIL
	VCVTPH2PS.Z (SI)(BX*2), K1, Z0     // Z0 = x[i:i+n]
	VMOVUPS     Z0, K1, (DI)(BX*4)     // dst[i:i+n] = Z0

done:
	VZEROUPPER
	RET
