//go:build !purego

#include "textflag.h"
#include "asm_amd64.h"

// The bfloat16 twin of gemv_avx512_amd64.s: a word holds a pair of numbers of a column, and one
// instruction multiplies sixteen pairs.
//
//	for i := range k {                          // pairs
//		for p, j { sum[p][j] += x[i][0] * b[p*ldb + i*48+j][0] + x[i][1] * b[p*ldb + i*48+j][1] }
//	}
//
// Registers are those of gemv_avx512_amd64.s, and: Z24-Z26 b

// COLUMNS: sum += x * b, three vectors of one panel. s0, s1 and s2 are numbers of registers.
#define COLUMNS(panel, s0, s1, s2) \
	VMOVUPS (panel)(DX*1), Z24;              \ // b[p, i, 0:16]
	VMOVUPS 64(panel)(DX*1), Z25;            \
	VMOVUPS 128(panel)(DX*1), Z26;           \
	VDPBF16PS(24, 31, s0);                   \ // sum[p, 0:16] += x[i] * b[p, i, 0:16]
	VDPBF16PS(25, 31, s1);                   \
	VDPBF16PS(26, 31, s2)

#define STEP \
	VBROADCASTSS (SI), Z31;                  \ // x[i]
	COLUMNS(BX, 0, 1, 2);                    \
	COLUMNS(R9, 3, 4, 5);                    \
	COLUMNS(R10, 6, 7, 8);                   \
	COLUMNS(R11, 9, 10, 11)

// func gemvPairsAVX512BF16(y, x, b []float32, ldb, panels int, add bool)
TEXT ·gemvPairsAVX512BF16(SB), NOSPLIT, $0-89
#include "gemv_avx512_amd64.h"
