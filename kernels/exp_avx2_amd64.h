// Vector exponential for AVX2, within 1 unit in the last place of the true value. Include
// textflag.h and const_amd64.h first.
//
// x = n·ln2 + r with n whole and |r| <= ln2/2, so eˣ = 2ⁿ·eʳ, and eʳ is a polynomial
// (Cody and Waite, 1980, ch. 6). ln2 is split in two float32, so that r is exact to the
// last bit. x is first clamped to [-105, 89], beyond which the result is 0 or Inf; NaN
// goes through, because VMINPS and VMAXPS return their first Go operand when one is NaN.

#include "exp_const_amd64.h"

// EXP_CLAMP: x = max(-105, min(89, x)). Clobbers t.
#define EXP_CLAMP(x, t) \
	VBROADCASTSS expHigh<>(SB), t; \
	VMINPS x, t, x;                \ // x = min(89, x)
	VBROADCASTSS expLow<>(SB), t;  \
	VMAXPS x, t, x                   // x = max(-105, x)

// EXP_REDUCE: n = round(x/ln2), r = x - n·ln2; r takes the place of x.
#define EXP_REDUCE(x, n) \
	VMULPS log2e<>(SB), x, n;         \
	VROUNDPS $0, n, n;                \ // n = round(x·log2e), ties to even
	VFNMADD231PS ln2High<>(SB), n, x; \
	VFNMADD231PS ln2Low<>(SB), n, x     // r = x - n·ln2High - n·ln2Low

// EXP_POLY: p = c2 + c3·r + c4·r² + c5·r³ + c6·r⁴, so that eʳ - 1 = r + r²·p.
#define EXP_POLY(r, p) \
	VBROADCASTSS expC6<>(SB), p;   \
	VFMADD213PS expC5<>(SB), r, p; \ // p = p·r + c5
	VFMADD213PS expC4<>(SB), r, p; \
	VFMADD213PS expC3<>(SB), r, p; \
	VFMADD213PS expC2<>(SB), r, p

// EXP_POW2: p = 2ⁿ for whole -126 <= n <= 127. p may be n.
#define EXP_POW2(n, p) \
	VCVTPS2DQ n, p;             \
	VPADDD expBias<>(SB), p, p; \
	VPSLLD $23, p, p              // n + 127 in the exponent field

// EXP: x = eˣ. Clobbers n and p. 2ⁿ is applied in two halves, because n runs from -151 to
// 128 but a float32 exponent only from -126 to 127; small results lose bits gradually, as
// float32 arithmetic does.
#define EXP(x, n, p) \
	EXP_CLAMP(x, n);             \
	EXP_REDUCE(x, n);            \
	EXP_POLY(x, p);              \
	VFMADD213PS one<>(SB), x, p; \ // p = 1 + r·p
	VFMADD213PS one<>(SB), x, p; \ // p = 1 + r·p = eʳ
	VCVTPS2DQ n, n;              \
	VPSRAD $1, n, x;             \ // half = n >> 1
	VPSUBD x, n, n;              \ // rest = n - half
	VPADDD expBias<>(SB), x, x;  \
	VPADDD expBias<>(SB), n, n;  \
	VPSLLD $23, x, x;            \
	VPSLLD $23, n, n;            \
	VMULPS x, p, p;              \ // p·2^half
	VMULPS n, p, x                 // x = p·2^half·2^rest
