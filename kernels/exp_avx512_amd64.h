// Vector exponential for AVX-512, within 1 unit in the last place of the true value.
// Include textflag.h and const_amd64.h first. The method is that of exp_avx2_amd64.h;
// VSCALEFPS multiplies by 2ⁿ for any n, in one step.

#include "exp_const_amd64.h"

// EXP_CLAMP: x = max(-105, min(89, x)), NaN goes through. Clobbers t.
#define EXP_CLAMP(x, t) \
	VBROADCASTSS expHigh<>(SB), t; \
	VMINPS x, t, x;                \ // x = min(89, x)
	VBROADCASTSS expLow<>(SB), t;  \
	VMAXPS x, t, x                   // x = max(-105, x)

// EXP_REDUCE: n = round(x/ln2), r = x - n·ln2; r takes the place of x.
#define EXP_REDUCE(x, n) \
	VMULPS.BCST log2e<>(SB), x, n;         \
	VRNDSCALEPS $0, n, n;                  \ // n = round(x·log2e), ties to even
	VFNMADD231PS.BCST ln2High<>(SB), n, x; \
	VFNMADD231PS.BCST ln2Low<>(SB), n, x     // r = x - n·ln2High - n·ln2Low

// EXP_POLY: p = c2 + c3·r + c4·r² + c5·r³ + c6·r⁴, so that eʳ - 1 = r + r²·p.
#define EXP_POLY(r, p) \
	VBROADCASTSS expC6<>(SB), p;        \
	VFMADD213PS.BCST expC5<>(SB), r, p; \ // p = p·r + c5
	VFMADD213PS.BCST expC4<>(SB), r, p; \
	VFMADD213PS.BCST expC3<>(SB), r, p; \
	VFMADD213PS.BCST expC2<>(SB), r, p

// EXP_POW2: p = 2ⁿ. p may not be n.
#define EXP_POW2(n, p) \
	VBROADCASTSS one<>(SB), p; \
	VSCALEFPS n, p, p            // p = 1·2ⁿ

// EXP: x = eˣ. Clobbers n and p.
#define EXP(x, n, p) \
	EXP_CLAMP(x, n);                  \
	EXP_REDUCE(x, n);                 \
	EXP_POLY(x, p);                   \
	VFMADD213PS.BCST one<>(SB), x, p; \ // p = 1 + r·p
	VFMADD213PS.BCST one<>(SB), x, p; \ // p = 1 + r·p = eʳ
	VSCALEFPS n, p, x                   // x = p·2ⁿ
