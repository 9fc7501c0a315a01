// GELU in the tanh form, on any vector width, upon EXP.

CONST(geluLow, 0xc2200000)  // -40
CONST(slopeLow, 0xc1200000)  // -10
CONST(slopeHigh, 0x41200000) // 10
CONST(geluA, 0x3fcc422a)    // 2√(2/π), called A
CONST(geluNegA, 0xbfcc422a) // -A
CONST(geluNegB, 0xbd922279) // -B, B = 0.044715·A
CONST(gelu3B, 0x3e5b33b6)   // 3·B

// GELU: V0 = x/(1 + e^(-2u)), 2u = x·(A + B·x²), of x = V0. Clobbers V1-V3.
#define GELU \
	VBROADCASTSS geluLow<>(SB), V1;           \
	VMAXPS V0, V1, V0;                        \ // x = max(-40, x), NaN goes through
	VMULPS V0, V0, V1;                        \
	VBROADCASTSS geluNegB<>(SB), V2;          \
	VFMADD213PS BCAST geluNegA<>(SB), V2, V1; \ // V1 = -B·x² - A
	VMULPS V0, V1, V1;                        \ // V1 = -2u
	EXP(V1, V2, V3);                          \
	VADDPS BCAST one<>(SB), V1, V1;           \
	VDIVPS V1, V0, V0                           // V0 = x/(1 + e^(-2u))

// GELU_BACKWARD: V0 = dy·(s + s·x·(1 - s)·2u'), s = σ(2u), of dy = V0, x = V1. With
// E = e^(-2u), s = 1/(1 + E) and 1 - s = E·s, without cancellation; x is clamped to ±10
// to keep E finite. Clobbers V1-V6.
#define GELU_BACKWARD \
	VBROADCASTSS slopeLow<>(SB), V2;          \
	VMAXPS V1, V2, V1;                        \
	VBROADCASTSS slopeHigh<>(SB), V2;         \
	VMINPS V1, V2, V1;                        \ // x = max(-10, min(10, x)), NaN goes through
	VMULPS V1, V1, V2;                        \
	VBROADCASTSS gelu3B<>(SB), V4;            \
	VFMADD213PS BCAST geluA<>(SB), V2, V4;    \ // V4 = 2u' = A + 3B·x²
	VBROADCASTSS geluNegB<>(SB), V3;          \
	VFMADD213PS BCAST geluNegA<>(SB), V3, V2; \
	VMULPS V1, V2, V2;                        \ // V2 = -2u = x·(-A - B·x²)
	EXP(V2, V5, V6);                          \ // V2 = E
	VADDPS BCAST one<>(SB), V2, V3;           \
	VBROADCASTSS one<>(SB), V5;               \
	VDIVPS V3, V5, V3;                        \ // V3 = s
	VMULPS V3, V2, V2;                        \ // V2 = 1 - s
	VMULPS V1, V2, V2;                        \
	VMULPS V4, V2, V2;                        \
	VFMADD213PS V3, V3, V2;                   \ // V2 = s·x·(1 - s)·2u' + s
	VMULPS V2, V0, V0                           // V0 = dy·V2
