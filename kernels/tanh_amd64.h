// Hyperbolic tangent on any vector width, within 2 units in the last place, upon EXP of
// exp_avx2_amd64.h or exp_avx512_amd64.h.
//
// tanh |x| = m/(m + 2) with m = e^(2|x|) - 1. Like e^r, m comes from 2|x| = n·ln2 + r and
// the polynomial q = e^r - 1, but as m = 2ⁿ·q + (2ⁿ - 1), so that nothing cancels near 0.

CONST(tanhOne, 0x41200000) // 10: from 9.02 on tanh rounds to 1

// TANH: V0 = tanh V0. Clobbers V1-V5.
#define TANH \
	VANDPS BCAST signBit<>(SB), V0, V1; \ // V1 = sign of x
	VANDPS BCAST absMask<>(SB), V0, V0; \
	VBROADCASTSS tanhOne<>(SB), V2;     \
	VMINPS V0, V2, V0;                  \ // V0 = min(10, |x|), NaN goes through
	VADDPS V0, V0, V0;                  \
	EXP_REDUCE(V0, V2);                 \ // V2, V0 = n, r
	EXP_POLY(V0, V3);                   \
	VMULPS V0, V3, V3;                  \
	VFMADD213PS V0, V0, V3;             \ // V3 = q = r + r²·p
	EXP_POW2(V2, V4);                   \ // V4 = 2ⁿ
	VSUBPS BCAST one<>(SB), V4, V5;     \ // V5 = 2ⁿ - 1
	VFMADD213PS V5, V4, V3;             \ // V3 = m = q·2ⁿ + (2ⁿ - 1)
	VADDPS BCAST two<>(SB), V3, V4;     \
	VDIVPS V4, V3, V0;                  \ // V0 = m/(m + 2)
	VORPS V1, V0, V0                      // V0 = sign of x · V0
