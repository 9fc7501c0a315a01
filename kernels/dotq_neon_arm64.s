//go:build !purego

#include "textflag.h"
#include "asm_arm64.h"

// PRODUCTS: products as int16, pairs of them added up as int32: exact for any bytes.
#define PRODUCTS \
	SMULL(0, 4, 6);   \ // w[0]*x[0], … w[7]*x[7]
	SMULL2(0, 4, 7);  \
	SMULL(1, 5, 20);  \
	SMULL2(1, 5, 21); \
	SADDLP(6, 6);     \ // w[0]*x[0] + w[1]*x[1], …
	SADALP(7, 6);     \
	SADALP(20, 6);    \
	SADALP(21, 6)

#include "dotq_arm64.h"

// Products of rows in q8_0 with a vector in q8_0, see dotq_arm64.h
//
//	for b in blocks { sum[0:4] += (d(w)*d(x)) * float32(sums of 8 products w*x) }
//
// func dotQ8NEON(y []float32, w, x []byte)
TEXT ·dotQ8NEON(SB), NOSPLIT, $0-72
	ARGUMENTS
	Q8_BYTES
	DOT_ROWS(Q8)
	RET

// Products of rows in q4_0 with a vector in q8_0, see dotq_arm64.h
//
//	for b in blocks { sum[0:4] += (d(w)*d(x)) * float32(sums of 8 products (u(w)-8)*x) }
//
// func dotQ4NEON(y []float32, w, x []byte)
TEXT ·dotQ4NEON(SB), NOSPLIT, $0-72
	ARGUMENTS
	Q4_BYTES
	DOT_ROWS(Q4)
	RET
