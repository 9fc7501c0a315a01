//go:build !purego

#include "textflag.h"
#include "const_amd64.h"
#include "map_avx2_amd64.h"
#include "map_amd64.h"

#define ADD VADDPS V1, V0, V0

// Sum: dst[i] = a[i] + b[i]
//
// func addAVX2(dst, a, b []float32)
TEXT ·addAVX2(SB), NOSPLIT, $0-72
	MOVQ dst_base+0(FP), DI
	MOVQ dst_len+8(FP), CX
	MOVQ a_base+24(FP), SI
	MOVQ b_base+48(FP), DX
	MAP2(ADD) // for i { dst[i] = a[i] + b[i] }
	RET

#define SUB VSUBPS V1, V0, V0

// Difference: dst[i] = a[i] - b[i]
//
// func subAVX2(dst, a, b []float32)
TEXT ·subAVX2(SB), NOSPLIT, $0-72
	MOVQ dst_base+0(FP), DI
	MOVQ dst_len+8(FP), CX
	MOVQ a_base+24(FP), SI
	MOVQ b_base+48(FP), DX
	MAP2(SUB) // for i { dst[i] = a[i] - b[i] }
	RET

#define MUL VMULPS V1, V0, V0

// Product: dst[i] = a[i] * b[i]
//
// func mulAVX2(dst, a, b []float32)
TEXT ·mulAVX2(SB), NOSPLIT, $0-72
	MOVQ dst_base+0(FP), DI
	MOVQ dst_len+8(FP), CX
	MOVQ a_base+24(FP), SI
	MOVQ b_base+48(FP), DX
	MAP2(MUL) // for i { dst[i] = a[i] * b[i] }
	RET

#define DIV VDIVPS V1, V0, V0

// Quotient: dst[i] = a[i] / b[i]
//
// func divAVX2(dst, a, b []float32)
TEXT ·divAVX2(SB), NOSPLIT, $0-72
	MOVQ dst_base+0(FP), DI
	MOVQ dst_len+8(FP), CX
	MOVQ a_base+24(FP), SI
	MOVQ b_base+48(FP), DX
	MAP2(DIV) // for i { dst[i] = a[i] / b[i] }
	RET
