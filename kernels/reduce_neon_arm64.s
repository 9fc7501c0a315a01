//go:build !purego

#include "textflag.h"
#include "asm_arm64.h"
#include "map_arm64.h"

// SUM64: F16 = the sum in float64 of TERM over x, four vectors of partial sums V16-V19.
// TERM(v, s) adds the two float64 of v, or a function of them, to s. R1 x, R3 n.
#define SUM64(TERM) \
	VEOR V16.B16, V16.B16, V16.B16; \
	VEOR V17.B16, V17.B16, V17.B16; \
	VEOR V18.B16, V18.B16, V18.B16; \
	VEOR V19.B16, V19.B16, V19.B16; \
blocks:                             \
	SUBS $8, R3;                    \ // if n -= 8; n < 0 { goto rest }
	BLT rest;                       \
	LOAD(R1, 0);                    \
	LOAD(R1, 1);                    \
	TERMS(TERM, 0, 16, 17);         \
	TERMS(TERM, 1, 18, 19);         \
	B blocks;                       \
rest:                               \
	ADDS $4, R3;                    \ // if n < 4 { goto tail }
	BLT tail;                       \
	LOAD(R1, 0);                    \
	TERMS(TERM, 0, 16, 17);         \
	SUB $4, R3;                     \
tail:                               \
	ADDS $4, R3;                    \
	BEQ reduce;                     \ // if n == 0 { goto reduce }
	TAIL;                           \
	LOAD_TAIL(R1, 0);               \
	AND(30, 0, 0);                  \ // x[0:n], then zeros
	TERMS(TERM, 0, 16, 17);         \
reduce:                             \
	FADD_D(17, 16, 16);             \
	FADD_D(19, 18, 18);             \
	FADD_D(18, 16, 16);             \
	FADDP_D(16, 16)

// TERMS: TERM of the lower two numbers of v to s, of the upper two to t. Clobbers V4 and V5.
#define TERMS(TERM, v, s, t) \
	FCVTL_D(v, 4);  \
	FCVTL2_D(v, 5); \
	TERM(4, s);     \
	TERM(5, t)

#define ADD_TERM(v, s) FADD_D(v, s, s)
#define SQUARE_TERM(v, s) FMLA_D(v, v, s)

// Sum in float64: sum = Σ float64(x[i])
//
// func sumNEON(x []float32) float64
TEXT ·sumNEON(SB), NOSPLIT, $0-32
	MOVD  x_base+0(FP), R1
	MOVD  x_len+8(FP), R3
	SUM64(ADD_TERM)             // for i { F16 += float64(x[i]) }
	FMOVD F16, ret+24(FP)
	RET

// Sum of squares in float64: sum = Σ float64(x[i])²
//
// func squaredNormNEON(x []float32) float64
TEXT ·squaredNormNEON(SB), NOSPLIT, $0-32
	MOVD  x_base+0(FP), R1
	MOVD  x_len+8(FP), R3
	SUM64(SQUARE_TERM)          // for i { F16 += float64(x[i])² }
	FMOVD F16, ret+24(FP)
	RET

// LARGEST: V16 = max(V16, x)
#define LARGEST(LD, ST) \
	LD(R1, 0);       \
	FMAX(0, 16, 16)

// Maximum, where NaN wins: m = max(m, x[i])
//
// func maxNEON(x []float32) float32
TEXT ·maxNEON(SB), NOSPLIT, $0-28
	MOVD  x_base+0(FP), R1
	MOVD  x_len+8(FP), R3
	MOVD  $0xff800000, R4
	VDUP  R4, V16.S4            // m = -Inf
	EACH(LARGEST)               // for i { m = max(m, x[i]) }
	FMAXV(16, 16)               // 4 lanes to 1
	FMOVS F16, ret+24(FP)
	RET

// LARGEST_BITS: V16 = max(V16, bits of x without sign)
#define LARGEST_BITS(LD, ST) \
	LD(R1, 0);        \
	FABS(0, 0);       \
	UMAX4(0, 16, 16)

// Whether all numbers are finite: their largest bits without sign are below those of Inf
//
// func allFiniteNEON(x []float32) bool
TEXT ·allFiniteNEON(SB), NOSPLIT, $0-25
	MOVD  x_base+0(FP), R1
	MOVD  x_len+8(FP), R3
	VEOR  V16.B16, V16.B16, V16.B16 // bits = 0
	EACH(LARGEST_BITS)          // for i { bits = max(bits, |x[i]|) }
	UMAXV(16, 16)               // 4 lanes to 1
	FMOVS F16, R4
	MOVD  $0x7f800000, R5
	CMPW  R5, R4
	CSET  LO, R4
	MOVB  R4, ret+24(FP)        // return bits < +Inf
	RET
