//go:build !purego

#include "textflag.h"
#include "const_amd64.h"
#include "map_avx512_amd64.h"
#include "map_amd64.h"
#include "exp_avx512_amd64.h"
#include "geluerf_amd64.h"

// GELU, exact form: dst[i] = x[i]*Φ(x[i]), see geluerf_amd64.h
//
// func geluErfAVX512(dst, x []float32)
TEXT ·geluErfAVX512(SB), NOSPLIT, $0-48
	MOVQ dst_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	MAP1(GELU_ERF) // for i { dst[i] = max(0, x[i]) - abs(x[i])*Φ(-abs(x[i])) }
	RET

// Gradient of GELU, exact form, see geluerf_amd64.h
//
// func geluErfBackwardAVX512(dx, dy, x []float32)
TEXT ·geluErfBackwardAVX512(SB), NOSPLIT, $0-72
	MOVQ dx_base+0(FP), DI
	MOVQ dx_len+8(FP), CX
	MOVQ dy_base+24(FP), SI
	MOVQ x_base+48(FP), DX
	MAP2(GELU_ERF_BACKWARD) // for i { dx[i] = dy[i] * (Φ(x[i]) + x[i]*φ(x[i])) }
	RET
