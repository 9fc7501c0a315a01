//go:build !purego

#include "textflag.h"
#include "const_amd64.h"
#include "map_avx512_amd64.h"
#include "reduce_amd64.h"

// Dot product: sum = Σ x[i]*y[i]
//
//	for ; n >= 64; n -= 64 { s0..s3 += x[0:64]*y[0:64] }   // four accumulators hide FMA latency
//	for ; n > 0; n -= 16   { s0 += x[0:16]*y[0:16] }       // under a mask where n < 16
//	sum = hsum(s0+s1+s2+s3)
//
// SI x   DI y   CX n   Z0-Z3 s0..s3   Z4-Z7 x   K1 mask
//
// func dotAVX512(x, y []float32) float32
TEXT ·dotAVX512(SB), NOSPLIT, $0-52
	MOVQ   x_base+0(FP), SI
	MOVQ   x_len+8(FP), CX
	MOVQ   y_base+24(FP), DI
	VXORPS Z0, Z0, Z0                // s0 = 0
	VXORPS Z1, Z1, Z1                // s1 = 0
	VXORPS Z2, Z2, Z2                // s2 = 0
	VXORPS Z3, Z3, Z3                // s3 = 0

blocks:
	SUBQ        $64, CX              // if n -= 64; n < 0 { goto rest }
	JLT         rest
	VMOVUPS     (SI), Z4
	VMOVUPS     64(SI), Z5
	VMOVUPS     128(SI), Z6
	VMOVUPS     192(SI), Z7
	VFMADD231PS (DI), Z4, Z0         // s0 += x[0:16] * y[0:16]
	VFMADD231PS 64(DI), Z5, Z1       // s1 += x[16:32] * y[16:32]
	VFMADD231PS 128(DI), Z6, Z2      // s2 += x[32:48] * y[32:48]
	VFMADD231PS 192(DI), Z7, Z3      // s3 += x[48:64] * y[48:64]
	ADDQ        $256, SI             // x = x[64:]
	ADDQ        $256, DI             // y = y[64:]
	JMP         blocks

rest:
	ADDQ $64, CX

tail:
	TESTQ       CX, CX
	JLE         reduce               // if n <= 0 { goto reduce }
	MASK_TAIL
	LOAD_TAIL((SI), Z4)              // x[0:min(n, 16)], then zeros
	LOAD_TAIL((DI), Z5)
	VFMADD231PS Z5, Z4, Z0           // s0 += x[0:16] * y[0:16]
	ADDQ        $64, SI              // x = x[16:]
	ADDQ        $64, DI              // y = y[16:]
	SUBQ        $16, CX              // n -= 16
	JMP         tail

reduce:
	VADDPS Z1, Z0, Z0                // s0 += s1
	VADDPS Z3, Z2, Z2                // s2 += s3
	VADDPS Z2, Z0, Z0                // s0 += s2
	FOLD4(VADDPS)
	VZEROUPPER
	MOVSS  X0, ret+48(FP)
	RET
