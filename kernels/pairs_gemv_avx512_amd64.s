//go:build !purego

#include "textflag.h"

// The bfloat16 twin of gemv_avx512_amd64.s where no instruction multiplies pairs: a word has two
// numbers of each column, one in each half, and a half is the upper half of a float32.
//
//	for i := range k {                          // words
//		for p, j {
//			sum[p][j] += x[i].low * b[p*ldb + i*48+j].low
//			sum[p][j] += x[i].high * b[p*ldb + i*48+j].high
//		}
//	}
//
// Registers are those of gemv_avx512_amd64.s, and: Z24 b, Z25 b.low, Z29 mask, Z30 x.low, Z31 x.high

// COLUMN: sum += x * b, one vector
#define COLUMN(at, sum) \
	VMOVDQU32 at, Z24;                       \ // b[p, i, 0:16]
	VPSLLD $16, Z24, Z25;                    \ // its lower halves as float32
	VFMADD231PS Z25, Z30, sum;               \ // sum[p, 0:16] += x[i].low * b.low
	VPANDD Z29, Z24, Z24;                    \ // its upper halves
	VFMADD231PS Z24, Z31, sum                  // sum[p, 0:16] += x[i].high * b.high

#define COLUMNS(panel, s0, s1, s2) \
	COLUMN((panel)(DX*1), s0);               \
	COLUMN(64(panel)(DX*1), s1);             \
	COLUMN(128(panel)(DX*1), s2)

#define STEP \
	VPBROADCASTD (SI), Z31;                  \ // x[i]
	VPSLLD $16, Z31, Z30;                    \
	VPANDD Z29, Z31, Z31;                    \
	COLUMNS(BX, Z0, Z1, Z2);                 \
	COLUMNS(R9, Z3, Z4, Z5);                 \
	COLUMNS(R10, Z6, Z7, Z8);                \
	COLUMNS(R11, Z9, Z10, Z11)

// func gemvPairsAVX512(y, x, b []float32, ldb, panels int, add bool)
TEXT ·gemvPairsAVX512(SB), NOSPLIT, $0-89
	VPTERNLOGD $0xff, Z29, Z29, Z29  // ones
	VPSLLD $16, Z29, Z29             // in the upper halves
#include "gemv_avx512_amd64.h"
