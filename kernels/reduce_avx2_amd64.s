//go:build !purego

#include "textflag.h"
#include "const_amd64.h"
#include "map_avx2_amd64.h"
#include "reduce_amd64.h"

// Sum in float64: sum = Σ float64(x[i]), see reduce_amd64.h
//
// func sumAVX2(x []float32) float64
TEXT ·sumAVX2(SB), NOSPLIT, $0-32
	MOVQ  x_base+0(FP), SI
	MOVQ  x_len+8(FP), CX
	SUM64(ADD_TERM)             // for i { X0 += float64(x[i]) }
	MOVSD X0, ret+24(FP)
	RET

// Sum of squares in float64: sum = Σ float64(x[i])², see reduce_amd64.h
//
// func squaredNormAVX2(x []float32) float64
TEXT ·squaredNormAVX2(SB), NOSPLIT, $0-32
	MOVQ  x_base+0(FP), SI
	MOVQ  x_len+8(FP), CX
	SUM64(SQUARE_TERM)          // for i { X0 += float64(x[i])² }
	MOVSD X0, ret+24(FP)
	RET

// Maximum, where NaN wins
//
//	m, bits := -Inf, 0
//	for i { m = max(m, x[i]); bits = max(bits, float32bits(x[i]) without sign) }
//	if bits > float32bits(+Inf) { m = NaN }    // bits of NaN are above those of Inf
//
// SI x   CX n   V0, V1 m   V2, V3 bits   V4, V5 x   V6, V7 x without sign   V8 -Inf
//
// func maxAVX2(x []float32) float32
TEXT ·maxAVX2(SB), NOSPLIT, $0-28
	MOVQ    x_base+0(FP), SI
	MOVQ    x_len+8(FP), CX
	VBROADCASTSS negInf<>(SB), V8
	VMOVAPS V8, V0                  // m = -Inf
	VMOVAPS V8, V1
	VXORPS  V2, V2, V2              // bits = 0
	VXORPS  V3, V3, V3

blocks:
	SUBQ    $(2*LANES), CX          // if n -= 2*LANES; n < 0 { goto rest }
	JLT     rest
	VMOVUPS (SI), V4
	VMOVUPS (4*LANES)(SI), V5
	VANDPS BCAST absMask<>(SB), V4, V6
	VANDPS BCAST absMask<>(SB), V5, V7
	VMAXPS  V4, V0, V0              // m = max(m, x[0:LANES])
	VMAXPS  V5, V1, V1              // m = max(m, x[LANES:])
	VPMAXUD V6, V2, V2              // bits = max(bits, |x[0:LANES]|)
	VPMAXUD V7, V3, V3              // bits = max(bits, |x[LANES:]|)
	ADDQ    $(8*LANES), SI          // x = x[2*LANES:]
	JMP     blocks

rest:
	ADDQ $(2*LANES), CX

tail:
	TESTQ   CX, CX
	JLE     reduce                  // if n <= 0 { goto reduce }
	MASK_TAIL
	LOAD_TAIL_OR((SI), V8, V4)      // x[0:min(n, LANES)], then -Inf
	VANDPS BCAST absMask<>(SB), V4, V6
	VMAXPS  V4, V0, V0
	VPMAXUD V6, V2, V2
	ADDQ    $(4*LANES), SI          // x = x[LANES:]
	SUBQ    $LANES, CX              // n -= LANES
	JMP     tail

reduce:
	VMAXPS  V1, V0, V8              // V8 = m
	VPMAXUD V3, V2, V0
	FOLD4(VPMAXUD)
	VMOVD   X0, AX                  // AX = bits
	VMOVAPS V8, V0
	FOLD4(VMAXPS)                   // X0 = m
	VZEROUPPER
	CMPL    AX, $0x7f800000         // if bits <= +Inf { goto done }
	JLS     done
	MOVL    $0x7fc00000, AX
	MOVD    AX, X0                  // m = NaN

done:
	MOVSS X0, ret+24(FP)
	RET

// Whether all numbers are finite: their largest bits without sign are below those of Inf
//
// SI x   CX n   V0, V1 bits   V4, V5 x
//
// func allFiniteAVX2(x []float32) bool
TEXT ·allFiniteAVX2(SB), NOSPLIT, $0-25
	MOVQ   x_base+0(FP), SI
	MOVQ   x_len+8(FP), CX
	VXORPS V0, V0, V0               // bits = 0
	VXORPS V1, V1, V1

blocks:
	SUBQ    $(2*LANES), CX          // if n -= 2*LANES; n < 0 { goto rest }
	JLT     rest
	VMOVUPS (SI), V4
	VMOVUPS (4*LANES)(SI), V5
	VANDPS BCAST absMask<>(SB), V4, V4
	VANDPS BCAST absMask<>(SB), V5, V5
	VPMAXUD V4, V0, V0              // bits = max(bits, |x[0:LANES]|)
	VPMAXUD V5, V1, V1              // bits = max(bits, |x[LANES:]|)
	ADDQ    $(8*LANES), SI          // x = x[2*LANES:]
	JMP     blocks

rest:
	ADDQ $(2*LANES), CX

tail:
	TESTQ   CX, CX
	JLE     reduce                  // if n <= 0 { goto reduce }
	MASK_TAIL
	LOAD_TAIL((SI), V4)             // x[0:min(n, LANES)], then zeros
	VANDPS BCAST absMask<>(SB), V4, V4
	VPMAXUD V4, V0, V0
	ADDQ    $(4*LANES), SI          // x = x[LANES:]
	SUBQ    $LANES, CX              // n -= LANES
	JMP     tail

reduce:
	VPMAXUD V1, V0, V0
	FOLD4(VPMAXUD)
	VMOVD   X0, AX                  // AX = bits
	VZEROUPPER
	CMPL    AX, $0x7f800000
	SETCS   ret+24(FP)              // return bits < +Inf
	RET
