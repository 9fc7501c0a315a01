//go:build !purego

#include "textflag.h"

// Dot product: sum = Σ x[i]*y[i]
//
//	for ; n >= 32; n -= 32 { s0..s3 += x[0:32]*y[0:32] }   // four accumulators hide FMA latency
//	for ; n >= 8; n -= 8   { s0 += x[0:8]*y[0:8] }
//	sum = hsum(s0+s1+s2+s3)
//	for ; n > 0; n--       { sum += x[0]*y[0] }
//
// SI x   DI y   CX n   Y0-Y3 s0..s3   Y4-Y7 x
//
// func dotAVX2(x, y []float32) float32
TEXT ·dotAVX2(SB), NOSPLIT, $0-52
	MOVQ   x_base+0(FP), SI
	MOVQ   x_len+8(FP), CX
	MOVQ   y_base+24(FP), DI
	VXORPS Y0, Y0, Y0                // s0 = 0
	VXORPS Y1, Y1, Y1                // s1 = 0
	VXORPS Y2, Y2, Y2                // s2 = 0
	VXORPS Y3, Y3, Y3                // s3 = 0

blocks:
	SUBQ        $32, CX              // if n -= 32; n < 0 { goto vectors }
	JLT         vectors
	VMOVUPS     (SI), Y4
	VMOVUPS     32(SI), Y5
	VMOVUPS     64(SI), Y6
	VMOVUPS     96(SI), Y7
	VFMADD231PS (DI), Y4, Y0         // s0 += x[0:8] * y[0:8]
	VFMADD231PS 32(DI), Y5, Y1       // s1 += x[8:16] * y[8:16]
	VFMADD231PS 64(DI), Y6, Y2       // s2 += x[16:24] * y[16:24]
	VFMADD231PS 96(DI), Y7, Y3       // s3 += x[24:32] * y[24:32]
	ADDQ        $128, SI             // x = x[32:]
	ADDQ        $128, DI             // y = y[32:]
	JMP         blocks

vectors:
	ADDQ $32, CX

vector:
	SUBQ        $8, CX               // if n -= 8; n < 0 { goto reduce }
	JLT         reduce
	VMOVUPS     (SI), Y4
	VFMADD231PS (DI), Y4, Y0         // s0 += x[0:8] * y[0:8]
	ADDQ        $32, SI              // x = x[8:]
	ADDQ        $32, DI              // y = y[8:]
	JMP         vector

reduce:
	VADDPS       Y1, Y0, Y0          // s0 += s1
	VADDPS       Y3, Y2, Y2          // s2 += s3
	VADDPS       Y2, Y0, Y0          // s0 += s2
	VEXTRACTF128 $1, Y0, X1
	VADDPS       X1, X0, X0          // 8 lanes to 4
	VMOVHLPS     X0, X0, X1
	VADDPS       X1, X0, X0          // 4 lanes to 2
	VMOVSHDUP    X0, X1
	VADDSS       X1, X0, X0          // 2 lanes to 1
	ADDQ         $8, CX

tail:
	SUBQ        $1, CX               // if n--; n < 0 { goto done }
	JLT         done
	VMOVSS      (SI), X4
	VFMADD231SS (DI), X4, X0         // sum += x[0] * y[0]
	ADDQ        $4, SI
	ADDQ        $4, DI
	JMP         tail

done:
	VZEROUPPER
	VMOVSS X0, ret+48(FP)
	RET
