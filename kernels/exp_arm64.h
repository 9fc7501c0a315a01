// Vector exponential for NEON, within 1 unit in the last place of the true value. Include
// textflag.h, asm_arm64.h and map_arm64.h first. The method and the numbers are those of
// exp_avx2_amd64.h: x = n·ln2 + r, eˣ = 2ⁿ·eʳ. NaN goes through.

// The constants stand in registers; EXP_CONSTANTS loads them.
#define EXP_HIGH 16
#define EXP_LOW 17
#define LOG2E 18
#define LN2_HIGH 19
#define LN2_LOW 20
#define EXP_C2 21
#define EXP_C3 22
#define EXP_C4 23
#define EXP_C5 24
#define EXP_C6 25
#define ONE 26
#define EXP_BIAS 27

DATA exp<>+0(SB)/4, $0x42b20000  // 89: e⁸⁹ is above the largest float32
DATA exp<>+4(SB)/4, $0xc2d20000  // -105: e⁻¹⁰⁵ is below half the smallest float32
DATA exp<>+8(SB)/4, $0x3fb8aa3b  // 1/ln2
DATA exp<>+12(SB)/4, $0x3f317218 // ln2 rounded to float32
DATA exp<>+16(SB)/4, $0xb102e308 // ln2 - LN2_HIGH
DATA exp<>+20(SB)/4, $0x3efffffe // 0.49999994, see exp_const_amd64.h
DATA exp<>+24(SB)/4, $0x3e2aaa46 // 0.16666517
DATA exp<>+28(SB)/4, $0x3d2aac2c // 0.0416681
DATA exp<>+32(SB)/4, $0x3c091ef2 // 0.008369194
DATA exp<>+36(SB)/4, $0x3ab56385 // 0.0013838863
DATA exp<>+40(SB)/4, $0x3f800000 // 1
DATA exp<>+44(SB)/4, $127        // of the exponent field
GLOBL exp<>(SB), RODATA|NOPTR, $48

// EXP_CONSTANTS: V16-V27. Clobbers R9.
#define EXP_CONSTANTS \
	MOVD $exp<>(SB), R9;                                  \
	VLD4R.P 16(R9), [V16.S4, V17.S4, V18.S4, V19.S4];     \
	VLD4R.P 16(R9), [V20.S4, V21.S4, V22.S4, V23.S4];     \
	VLD4R (R9), [V24.S4, V25.S4, V26.S4, V27.S4]

// EXP_REDUCE: n = round(x/ln2), r = x - n·ln2; r takes the place of x.
#define EXP_REDUCE(x, n) \
	FMUL(LOG2E, x, n);    \
	FRINTN(n, n);         \ // n = round(x·log2e), ties to even
	FMLS(LN2_HIGH, n, x); \
	FMLS(LN2_LOW, n, x)     // r = x - n·ln2High - n·ln2Low

// EXP_POLY: p = c2 + c3·r + c4·r² + c5·r³ + c6·r⁴, so that eʳ - 1 = r + r²·p. Clobbers t.
#define EXP_POLY(r, p, t) \
	MOV(EXP_C5, t);     \
	FMLA(EXP_C6, r, t); \ // t = c5 + c6·r
	MOV(EXP_C4, p);     \
	FMLA(t, r, p);      \ // p = c4 + t·r
	MOV(EXP_C3, t);     \
	FMLA(p, r, t);      \
	MOV(EXP_C2, p);     \
	FMLA(t, r, p)

// EXP_POW2: p = 2ⁿ for whole -126 <= n <= 127. p may be n.
#define EXP_POW2(n, p) \
	FCVTNS(n, p);         \
	ADD4(EXP_BIAS, p, p); \
	SHL4(23, p, p)          // n + 127 in the exponent field

// EXP: x = eˣ. Clobbers n, p and t. 2ⁿ is applied in two halves, because n runs from -151 to 128
// but a float32 exponent only from -126 to 127.
#define EXP(x, n, p, t) \
	FMIN(EXP_HIGH, x, x); \
	FMAX(EXP_LOW, x, x);  \ // x = max(-105, min(89, x))
	EXP_REDUCE(x, n);     \
	EXP_POLY(x, p, t);    \
	MOV(ONE, t);          \
	FMLA(p, x, t);        \ // t = 1 + r·p
	MOV(ONE, p);          \
	FMLA(t, x, p);        \ // p = 1 + r·t = eʳ
	FCVTNS(n, n);         \
	SSHR4(1, n, x);       \ // half = n >> 1
	SUB4(x, n, n);        \ // rest = n - half
	ADD4(EXP_BIAS, x, x); \
	ADD4(EXP_BIAS, n, n); \
	SHL4(23, x, x);       \
	SHL4(23, n, n);       \
	FMUL(x, p, p);        \ // p·2^half
	FMUL(n, p, x)           // x = p·2^half·2^rest
