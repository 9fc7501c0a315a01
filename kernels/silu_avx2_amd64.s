//go:build !purego

#include "textflag.h"
#include "const_amd64.h"
#include "map_avx2_amd64.h"
#include "map_amd64.h"
#include "exp_avx2_amd64.h"
#include "sigmoid_amd64.h"

#define SILU_V0 SILU(V0, V1, V2, V3)

// SiLU: dst[i] = x[i]/(1 + exp(-x[i])), see sigmoid_amd64.h
//
// func siluAVX2(dst, x []float32)
TEXT ·siluAVX2(SB), NOSPLIT, $0-48
	MOVQ dst_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	MAP1(SILU_V0) // for i { dst[i] = x[i] / (1 + exp(-x[i])) }
	RET

// V0 = dy·silu'(x) of dy = V0, x = V1
#define SILU_BACKWARD \
	SILU_SLOPE(V1, V2, V3, V4); \
	VMULPS V2, V0, V0

// V0 = silu(gate)·up of gate = V0, up = V1
#define SWIGLU \
	SILU(V0, V2, V3, V4); \
	VMULPS V1, V0, V0

// V0, V1 = dgate, dup of dy = V0, gate = V1, up = V2
#define SWIGLU_BACKWARD \
	VMOVAPS V1, V3;             \
	SILU(V1, V4, V5, V6);       \
	VMULPS V0, V1, V1;          \ // dup = dy·silu(gate)
	SILU_SLOPE(V3, V4, V5, V6); \
	VMULPS V2, V0, V0;          \
	VMULPS V4, V0, V0             // dgate = dy·up·silu'(gate)

// Gradient of SiLU: dx[i] = dy[i] * silu'(x[i]), see sigmoid_amd64.h
//
// func siluBackwardAVX2(dx, dy, x []float32)
TEXT ·siluBackwardAVX2(SB), NOSPLIT, $0-72
	MOVQ dx_base+0(FP), DI
	MOVQ dx_len+8(FP), CX
	MOVQ dy_base+24(FP), SI
	MOVQ x_base+48(FP), DX
	MAP2(SILU_BACKWARD) // for i { dx[i] = dy[i] * silu'(x[i]) }
	RET

// SwiGLU: dst[i] = silu(gate[i]) * up[i], see sigmoid_amd64.h
//
// func swigluAVX2(dst, gate, up []float32)
TEXT ·swigluAVX2(SB), NOSPLIT, $0-72
	MOVQ dst_base+0(FP), DI
	MOVQ dst_len+8(FP), CX
	MOVQ gate_base+24(FP), SI
	MOVQ up_base+48(FP), DX
	MAP2(SWIGLU) // for i { dst[i] = silu(gate[i]) * up[i] }
	RET

// Gradients of SwiGLU: dgate[i], dup[i] = dy[i]*up[i]*silu'(gate[i]), dy[i]*silu(gate[i])
//
// DI dgate   R8 dup   SI dy   DX gate   R9 up   CX n   BX i
//
// func swigluBackwardAVX2(dgate, dup, dy, gate, up []float32)
TEXT ·swigluBackwardAVX2(SB), NOSPLIT, $0-120
	MOVQ dgate_base+0(FP), DI
	MOVQ dgate_len+8(FP), CX
	MOVQ dup_base+24(FP), R8
	MOVQ dy_base+48(FP), SI
	MOVQ gate_base+72(FP), DX
	MOVQ up_base+96(FP), R9
	XORL BX, BX                    // i = 0

vectors:
	SUBQ    $LANES, CX             // if n -= LANES; n < 0 { goto tail }
	JLT     tail
	VMOVUPS (SI)(BX*4), V0         // V0 = dy[i:]
	VMOVUPS (DX)(BX*4), V1         // V1 = gate[i:]
	VMOVUPS (R9)(BX*4), V2         // V2 = up[i:]
	SWIGLU_BACKWARD
	VMOVUPS V0, (DI)(BX*4)         // dgate[i:] = V0
	VMOVUPS V1, (R8)(BX*4)         // dup[i:] = V1
	ADDQ    $LANES, BX             // i += LANES
	JMP     vectors

tail:
	ADDQ $LANES, CX
	JEQ  done                      // if n == 0 { goto done }
	MASK_TAIL
	LOAD_TAIL((SI)(BX*4), V0)      // V0 = dy[i:i+n]
	LOAD_TAIL((DX)(BX*4), V1)      // V1 = gate[i:i+n]
	LOAD_TAIL((R9)(BX*4), V2)      // V2 = up[i:i+n]
	SWIGLU_BACKWARD
	STORE_TAIL(V0, (DI)(BX*4))     // dgate[i:i+n] = V0
	STORE_TAIL(V1, (R8)(BX*4))     // dup[i:i+n] = V1

done:
	VZEROUPPER
	RET
