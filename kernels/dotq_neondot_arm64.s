//go:build !purego

#include "textflag.h"
#include "asm_arm64.h"

// PRODUCTS: the instruction made for it.
#define PRODUCTS \
	VEOR V6.B16, V6.B16, V6.B16; \
	SDOT(0, 4, 6);               \ // w[0]*x[0] + … + w[3]*x[3], …
	SDOT(1, 5, 6)

#include "dotq_arm64.h"

// Products of rows in q8_0 with a vector in q8_0, see dotq_arm64.h
//
//	for b in blocks { sum[0:4] += (d(w)*d(x)) * float32(sums of 8 products w*x) }
//
// func dotQ8NEONDot(y []float32, w, x []byte)
TEXT ·dotQ8NEONDot(SB), NOSPLIT, $0-72
	ARGUMENTS
	Q8_BYTES
	DOT_ROWS(Q8)
	RET

// Products of rows in q4_0 with a vector in q8_0, see dotq_arm64.h
//
//	for b in blocks { sum[0:4] += (d(w)*d(x)) * float32(sums of 8 products (u(w)-8)*x) }
//
// func dotQ4NEONDot(y []float32, w, x []byte)
TEXT ·dotQ4NEONDot(SB), NOSPLIT, $0-72
	ARGUMENTS
	Q4_BYTES
	DOT_ROWS(Q4)
	RET
