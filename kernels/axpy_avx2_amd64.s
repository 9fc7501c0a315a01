//go:build !purego

#include "textflag.h"
#include "const_amd64.h"
#include "map_avx2_amd64.h"
#include "map_amd64.h"

#define AXPY VFMADD231PS V14, V1, V0

// Multiply and add: y[i] += a * x[i]
//
// func axpyAVX2(y, x []float32, a float32)
TEXT ·axpyAVX2(SB), NOSPLIT, $0-52
	MOVQ         y_base+0(FP), DI
	MOVQ         y_len+8(FP), CX
	MOVQ         x_base+24(FP), DX
	VBROADCASTSS a+48(FP), V14 // V14 = a in every lane
	MOVQ         DI, SI
	MAP2(AXPY)                 // for i { y[i] = y[i] + a*x[i] }
	RET

#define SCALE VMULPS V14, V0, V0

// Scale: x[i] *= a
//
// func scaleAVX2(x []float32, a float32)
TEXT ·scaleAVX2(SB), NOSPLIT, $0-28
	MOVQ         x_base+0(FP), DI
	MOVQ         x_len+8(FP), CX
	VBROADCASTSS a+24(FP), V14 // V14 = a in every lane
	MOVQ         DI, SI
	MAP1(SCALE)                // for i { x[i] = x[i]*a }
	RET

#define ADD_SCALAR VADDPS V14, V0, V0

// Sum with a number: dst[i] = x[i] + a
//
// func addScalarAVX2(dst, x []float32, a float32)
TEXT ·addScalarAVX2(SB), NOSPLIT, $0-52
	MOVQ         dst_base+0(FP), DI
	MOVQ         x_base+24(FP), SI
	MOVQ         x_len+32(FP), CX
	VBROADCASTSS a+48(FP), V14 // V14 = a in every lane
	MAP1(ADD_SCALAR)           // for i { dst[i] = x[i] + a }
	RET

// Fill: x[i] = a
//
// func fillAVX2(x []float32, a float32)
TEXT ·fillAVX2(SB), NOSPLIT, $0-28
	MOVQ         x_base+0(FP), DI
	MOVQ         x_len+8(FP), CX
	VBROADCASTSS a+24(FP), V14      // V14 = a in every lane

vectors:
	SUBQ    $LANES, CX              // if n -= LANES; n < 0 { goto tail }
	JLT     tail
	VMOVUPS V14, (DI)               // x[0:LANES] = a
	ADDQ    $(4*LANES), DI          // x = x[LANES:]
	JMP     vectors

tail:
	ADDQ $LANES, CX
	JEQ  done                       // if n == 0 { goto done }
	MASK_TAIL
	STORE_TAIL(V14, (DI))           // x[0:n] = a

done:
	VZEROUPPER
	RET
