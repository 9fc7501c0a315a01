// Instructions of NEON that Go's assembler lacks, spelled as words, and some that it has, for
// use in macros: registers are numbers here, and the preprocessor cannot make their names out of
// them. Operands stand as in Go, sources first: FSUB(m, n, d) is d = n - m. Vectors are of 4
// float32 or int32 unless a name says otherwise. TestMacrosNEON decodes each macro.

// NEON3 and NEON2: an instruction of two sources and one, by its bits without registers.
#define NEON3(bits, m, n, d) WORD $((bits) | ((m) << 16) | ((n) << 5) | (d))
#define NEON2(bits, n, d) WORD $((bits) | ((n) << 5) | (d))

// float32: d = n op m. FMAX and FMIN give NaN where either is.
#define FADD(m, n, d) NEON3(0x4e20d400, m, n, d)
#define FSUB(m, n, d) NEON3(0x4ea0d400, m, n, d)
#define FMUL(m, n, d) NEON3(0x6e20dc00, m, n, d)
#define FDIV(m, n, d) NEON3(0x6e20fc00, m, n, d)
#define FMAX(m, n, d) NEON3(0x4e20f400, m, n, d)
#define FMIN(m, n, d) NEON3(0x4ea0f400, m, n, d)
#define FMLA(m, n, d) NEON3(0x4e20cc00, m, n, d) // d += n*m, rounded once
#define FMLS(m, n, d) NEON3(0x4ea0cc00, m, n, d) // d -= n*m, rounded once

// FMLA_LANE: d += n * m[i], for all lanes of n.
#define FMLA_LANE(m, i, n, d) NEON3(0x4f801000 | (((i) & 1) << 21) | (((i) >> 1) << 11), m, n, d)

// float32: d = op n
#define FNEG(n, d) NEON2(0x6ea0f800, n, d)
#define FABS(n, d) NEON2(0x4ea0f800, n, d)
#define FSQRT(n, d) NEON2(0x6ea1f800, n, d)
#define FRINTN(n, d) NEON2(0x4e218800, n, d) // to a whole number, ties to even

// Masks of all ones or zeros: d = n > 0, n < 0, false for NaN.
#define FCMGT0(n, d) NEON2(0x4ea0c800, n, d)
#define FCMLT0(n, d) NEON2(0x4ea0e800, n, d)
#define FCMEQ(m, n, d) NEON3(0x4e20e400, m, n, d) // n == m

// float64: d = n + m, d += n*m, and the two lanes of n added up.
#define FADD_D(m, n, d) NEON3(0x4e60d400, m, n, d)
#define FMLA_D(m, n, d) NEON3(0x4e60cc00, m, n, d)
#define FADDP_D(n, d) NEON2(0x7e70d800, n, d)

// Across lanes: pairs of n, then of m, added up; the two lower lanes of n added up; the largest.
#define FADDP(m, n, d) NEON3(0x6e20d400, m, n, d)
#define FADDP2(n, d) NEON2(0x7e30d800, n, d)
#define FMAXV(n, d) NEON2(0x6e30f800, n, d)
#define UMAXV(n, d) NEON2(0x6eb0a800, n, d)

// Conversions: float32 to int32, to nearest with ties to even or away from zero; back; the lower
// or upper two float32 to float64; four float16 to float32 and back.
#define FCVTNS(n, d) NEON2(0x4e21a800, n, d)
#define FCVTAS(n, d) NEON2(0x4e21c800, n, d)
#define SCVTF(n, d) NEON2(0x4e21d800, n, d)
#define FCVTL_D(n, d) NEON2(0x0e617800, n, d)
#define FCVTL2_D(n, d) NEON2(0x4e617800, n, d)
#define FCVTL_H(n, d) NEON2(0x0e217800, n, d)
#define FCVTN_H(n, d) NEON2(0x0e216800, n, d)

// Bits: d = n & m, n &^ m, n | m, n ^ m; BSL: d = n where d is set, m elsewhere; BIT: d = n where
// m is set; MOV: d = n.
#define AND(m, n, d) NEON3(0x4e201c00, m, n, d)
#define BIC(m, n, d) NEON3(0x4e601c00, m, n, d)
#define ORR(m, n, d) NEON3(0x4ea01c00, m, n, d)
#define EOR(m, n, d) NEON3(0x6e201c00, m, n, d)
#define BSL(m, n, d) NEON3(0x6e601c00, m, n, d)
#define BIT(m, n, d) NEON3(0x6ea01c00, m, n, d)
#define MOV(n, d) ORR(n, n, d)

// int32: d = n op m, the comparison unsigned; shifts by a number.
#define ADD4(m, n, d) NEON3(0x4ea08400, m, n, d)
#define SUB4(m, n, d) NEON3(0x6ea08400, m, n, d)
#define UMAX4(m, n, d) NEON3(0x6ea06400, m, n, d)
#define CMHI(m, n, d) NEON3(0x6ea03400, m, n, d)
#define SHL4(s, n, d) NEON2(0x4f205400 | ((s) << 16), n, d)
#define USHR4(s, n, d) NEON2(0x6f000400 | ((64 - (s)) << 16), n, d)
#define SSHR4(s, n, d) NEON2(0x4f000400 | ((64 - (s)) << 16), n, d)

// Wider and narrower integers. SMULL, SMULL2: products of the lower or upper 8 int8, as int16.
// SADDLP and SADALP: d = or += pairs of int16, as int32. SDOT: d += sums of 4 products of int8, as
// int32; it needs FEAT_DotProd. UMULL, UMULL2: products of the lower or upper 2 uint32, as uint64.
// XTN, XTN2: the lower halves of int32 into the lower or upper half of d; XTN_B, XTN2_B: those of
// int16.
#define SMULL(m, n, d) NEON3(0x0e20c000, m, n, d)
#define SMULL2(m, n, d) NEON3(0x4e20c000, m, n, d)
#define SADDLP(n, d) NEON2(0x4e602800, n, d)
#define SADALP(n, d) NEON2(0x4e606800, n, d)
#define SDOT(m, n, d) NEON3(0x4e809400, m, n, d)
#define UMULL(m, n, d) NEON3(0x2ea0c000, m, n, d)
#define UMULL2(m, n, d) NEON3(0x6ea0c000, m, n, d)
#define XTN(n, d) NEON2(0x0e612800, n, d)
#define XTN2(n, d) NEON2(0x4e612800, n, d)
#define XTN_B(n, d) NEON2(0x0e212800, n, d)
#define XTN2_B(n, d) NEON2(0x4e212800, n, d)

// Lanes: d = lane i of n in all lanes; d = lane i of n, then zeros; lane i of d = lane 0 of n.
#define DUP(n, i, d) NEON2(0x4e040400 | ((i) << 19), n, d)
#define LANE(n, i, d) NEON2(0x5e040400 | ((i) << 19), n, d)
#define INS(n, i, d) NEON2(0x6e040400 | ((i) << 19), n, d)
