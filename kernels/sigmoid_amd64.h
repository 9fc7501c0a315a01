// Sigmoid and SiLU on any vector width, upon EXP of exp_avx2_amd64.h or exp_avx512_amd64.h.

CONST(siluLow, 0xc47a0000)  // -1000
CONST(slopeLow, 0xc2b00000)  // -88
CONST(slopeHigh, 0x42b00000) // 88

// SIGMOID: x = 1/(1 + e⁻ˣ). Clobbers a and b.
#define SIGMOID(x, a, b) \
	VXORPS BCAST signBit<>(SB), x, x; \ // x = -x
	EXP(x, a, b);                     \
	VADDPS BCAST one<>(SB), x, x;     \
	VBROADCASTSS one<>(SB), a;        \
	VDIVPS x, a, x                      // x = 1/(1 + e⁻ˣ)

// SILU: x = max(x, -1000)/(1 + e⁻ˣ). Clobbers e, a and b.
#define SILU(x, e, a, b) \
	VBROADCASTSS siluLow<>(SB), e;    \
	VMAXPS x, e, x;                   \ // x = max(-1000, x), NaN goes through
	VXORPS BCAST signBit<>(SB), x, e; \
	EXP(e, a, b);                     \ // e = e⁻ˣ
	VADDPS BCAST one<>(SB), e, e;     \
	VDIVPS e, x, x                      // x = x/(1 + e⁻ˣ)

// SILU_SLOPE: s = σ(x)·(1 + x·(1 - σ(x))). With E = e⁻ˣ, σ = 1/(1 + E) and 1 - σ = E·σ,
// without cancellation; x is clamped to ±88 to keep E finite. Clobbers x, a and b.
#define SILU_SLOPE(x, s, a, b) \
	VBROADCASTSS slopeLow<>(SB), s;    \
	VMAXPS x, s, x;                    \
	VBROADCASTSS slopeHigh<>(SB), s;   \
	VMINPS x, s, x;                    \ // x = max(-88, min(88, x)), NaN goes through
	VXORPS BCAST signBit<>(SB), x, s;  \
	EXP(s, a, b);                      \ // s = E
	VADDPS BCAST one<>(SB), s, a;      \
	VBROADCASTSS one<>(SB), b;         \
	VDIVPS a, b, a;                    \ // a = σ
	VMULPS a, s, s;                    \ // s = 1 - σ
	VFMADD213PS BCAST one<>(SB), x, s; \ // s = 1 + x·(1 - σ)
	VMULPS a, s, s
