//go:build !purego

#include "textflag.h"
#include "asm_arm64.h"
#include "map_arm64.h"
#include "exp_arm64.h"

#define SILU_LOW 13
#define SLOPE_LOW 14
#define SLOPE_HIGH 15

DATA silu<>+0(SB)/4, $0xc47a0000 // -1000
DATA silu<>+4(SB)/4, $0xc2b00000 // -88
DATA silu<>+8(SB)/4, $0x42b00000 // 88
GLOBL silu<>(SB), RODATA|NOPTR, $12

// CONSTANTS: V13-V27. Clobbers R9.
#define CONSTANTS \
	EXP_CONSTANTS;                       \
	MOVD $silu<>(SB), R9;                \
	VLD3R (R9), [V13.S4, V14.S4, V15.S4]

// SILU: x = max(x, -1000)/(1 + e⁻ˣ). Clobbers e, a, b and c.
#define SILU(x, e, a, b, c) \
	FMAX(SILU_LOW, x, x); \ // x = max(-1000, x), NaN goes through
	FNEG(x, e);           \
	EXP(e, a, b, c);      \ // e = e⁻ˣ
	FADD(ONE, e, e);      \
	FDIV(e, x, x)           // x = x/(1 + e⁻ˣ)

// SILU_SLOPE: s = σ(x)·(1 + x·(1 - σ(x))). With E = e⁻ˣ, σ = 1/(1 + E) and 1 - σ = E·σ, without
// cancellation; x is clamped to ±88 to keep E finite. Clobbers x, a, b and c.
#define SILU_SLOPE(x, s, a, b, c) \
	FMAX(SLOPE_LOW, x, x);  \
	FMIN(SLOPE_HIGH, x, x); \ // x = min(88, max(-88, x)), NaN goes through
	FNEG(x, s);             \
	EXP(s, a, b, c);        \ // s = E
	FADD(ONE, s, a);        \
	FDIV(a, ONE, a);        \ // a = σ
	FMUL(a, s, s);          \ // s = 1 - σ
	MOV(ONE, b);            \
	FMLA(s, x, b);          \ // b = 1 + x·(1 - σ)
	FMUL(a, b, s)

#define SILU_V0 SILU(0, 1, 2, 3, 4)

// SiLU: dst[i] = x[i]/(1 + exp(-x[i]))
//
// func siluNEON(dst, x []float32)
TEXT ·siluNEON(SB), NOSPLIT, $0-48
	MOVD dst_base+0(FP), R0
	MOVD x_base+24(FP), R1
	MOVD x_len+32(FP), R3
	CONSTANTS
	MAP1(SILU_V0)         // for i { dst[i] = x[i] / (1 + exp(-x[i])) }
	RET

// V0 = dy·silu'(x) of dy = V0, x = V1
#define SILU_BACKWARD \
	SILU_SLOPE(1, 2, 3, 4, 5); \
	FMUL(2, 0, 0)

// Gradient of SiLU: dx[i] = dy[i] * silu'(x[i])
//
// func siluBackwardNEON(dx, dy, x []float32)
TEXT ·siluBackwardNEON(SB), NOSPLIT, $0-72
	MOVD dx_base+0(FP), R0
	MOVD dx_len+8(FP), R3
	MOVD dy_base+24(FP), R1
	MOVD x_base+48(FP), R2
	CONSTANTS
	MAP2(SILU_BACKWARD)   // for i { dx[i] = dy[i] * silu'(x[i]) }
	RET

// V0 = silu(gate)·up of gate = V0, up = V1
#define SWIGLU \
	SILU(0, 2, 3, 4, 5); \
	FMUL(1, 0, 0)

// SwiGLU: dst[i] = silu(gate[i]) * up[i]
//
// func swigluNEON(dst, gate, up []float32)
TEXT ·swigluNEON(SB), NOSPLIT, $0-72
	MOVD dst_base+0(FP), R0
	MOVD dst_len+8(FP), R3
	MOVD gate_base+24(FP), R1
	MOVD up_base+48(FP), R2
	CONSTANTS
	MAP2(SWIGLU)          // for i { dst[i] = silu(gate[i]) * up[i] }
	RET

// R0 dgate, R4 dup, R1 dy, R2 gate, R5 up
#define SWIGLU_BACKWARD(LD, ST) \
	LD(R1, 0);                 \
	LD(R2, 1);                 \
	LD(R5, 2);                 \
	MOV(1, 3);                 \
	SILU(1, 4, 5, 6, 7);       \
	FMUL(0, 1, 1);             \ // dup = dy·silu(gate)
	SILU_SLOPE(3, 4, 5, 6, 7); \
	FMUL(2, 0, 0);             \
	FMUL(4, 0, 0);             \ // dgate = dy·up·silu'(gate)
	ST(0, R0);                 \
	ST(1, R4)

// Gradients of SwiGLU: dgate[i], dup[i] = dy[i]*up[i]*silu'(gate[i]), dy[i]*silu(gate[i])
//
// func swigluBackwardNEON(dgate, dup, dy, gate, up []float32)
TEXT ·swigluBackwardNEON(SB), NOSPLIT, $0-120
	MOVD dgate_base+0(FP), R0
	MOVD dgate_len+8(FP), R3
	MOVD dup_base+24(FP), R4
	MOVD dy_base+48(FP), R1
	MOVD gate_base+72(FP), R2
	MOVD up_base+96(FP), R5
	CONSTANTS
	EACH(SWIGLU_BACKWARD) // for i { dgate[i], dup[i] = … }
	RET
