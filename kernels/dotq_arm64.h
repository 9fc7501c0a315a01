// Products of quantised rows with a quantised vector, for NEON with and without its dot product.
// Include textflag.h and asm_arm64.h first, and define PRODUCTS: V6 = sums of the products of the
// int8 in V0 and V1 with those in V4 and V5, as 4 int32; it may use V7, V20 and V21.
//
//	for ; n >= 4; n -= 4 { y[0:4] = four rows of w · x }    // x is unpacked once for four rows
//	for ; n > 0; n--     { y[0] = one row of w · x }
//
// R0 y, R1 n, R2-R5 four rows of w, R6 bytes of a row, R7 x, R8 where x ends, R9 position in x.
// V0 V1 a block of x, V2 its scale, V3 scale of a block of a row, V4 V5 the block, V6 products,
// V16-V19 sums of the four rows, V22 15s, V23 8s. Rows are read to their ends, where the next begin.

// START: the four rows from R2 on, at their first blocks, with sums of 0.
#define START \
	ADD R6, R2, R3;            \
	ADD R6, R3, R4;            \
	ADD R6, R4, R5;            \
	MOVD R7, R9;               \
	VEOR V16.B16, V16.B16, V16.B16; \
	VEOR V17.B16, V17.B16, V17.B16; \
	VEOR V18.B16, V18.B16, V18.B16; \
	VEOR V19.B16, V19.B16, V19.B16

// X: a block of x
#define X \
	VLD1.P 2(R9), V2.H[0];               \
	VLD1.P 32(R9), [V0.B16, V1.B16];     \
	FCVTHS F2, F2

// Q8, Q4: V4, V5 = a block of a row, the row at its next block
#define Q8(row) \
	VLD1.P 2(row), V3.H[0];              \
	VLD1.P 32(row), [V4.B16, V5.B16]

#define Q4(row) \
	VLD1.P 2(row), V3.H[0];              \
	VLD1.P 16(row), [V4.B16];            \
	VUSHR $4, V4.B16, V5.B16;            \ // upper 4 bits
	VAND V22.B16, V4.B16, V4.B16;        \ // lower 4 bits
	VSUB V23.B16, V4.B16, V4.B16;        \ // less 8
	VSUB V23.B16, V5.B16, V5.B16

// TERM: sum += products * (scale of row * scale of x)
#define TERM(sum) \
	PRODUCTS;                            \
	SCVTF(6, 6);                         \
	FCVTHS F3, F3;                       \
	FMULS F2, F3, F3;                    \
	FMLA_LANE(3, 0, 6, sum)

#define FOUR(Q) X; Q(R2); TERM(16); Q(R3); TERM(17); Q(R4); TERM(18); Q(R5); TERM(19)
#define ONE(Q) X; Q(R2); TERM(16)

// DOT_ROWS: the whole of it, for rows whose blocks Q reads.
#define DOT_ROWS(Q) \
fours:                                       \
	SUBS $4, R1;                         \ // if n -= 4; n < 0 { goto rest }
	BLT rest;                            \
	START;                               \
four:                                        \
	CMP R8, R9;                          \ // if x is at its end { goto fourEnd }
	BHS fourEnd;                         \
	FOUR(Q);                             \
	B four;                              \
fourEnd:                                     \
	FADDP(17, 16, 16);                   \ // pairs of row 0, pairs of row 1
	FADDP(19, 18, 18);                   \
	FADDP(18, 16, 16);                   \ // rows 0, 1, 2, 3
	VST1.P [V16.S4], 16(R0);             \ // y[0:4]; y = y[4:]
	MOVD R5, R2;                         \ // the next rows
	B fours;                             \
rest:                                        \
	ADD $4, R1;                          \
ones:                                        \
	SUBS $1, R1;                         \ // if n--; n < 0 { goto done }
	BLT done;                            \
	START;                               \
one:                                         \
	CMP R8, R9;                          \
	BHS oneEnd;                          \
	ONE(Q);                              \
	B one;                               \
oneEnd:                                      \
	FADDP(16, 16, 16);                   \
	FADDP(16, 16, 16);                   \
	FMOVS.P F16, 4(R0);                  \ // y[0]; y = y[1:]
	B ones;                              \
done:

// ARGUMENTS: those of dotQ8 and dotQ4, but for the bytes of a row.
#define ARGUMENTS \
	MOVD y_base+0(FP), R0;               \
	MOVD y_len+8(FP), R1;                \
	MOVD w_base+24(FP), R2;              \
	MOVD x_base+48(FP), R7;              \
	MOVD x_len+56(FP), R8

// Q8_BYTES, Q4_BYTES: R6 = bytes of a row, from those of x, whose blocks have 34; R8 = x's end.
#define Q8_BYTES \
	MOVD R8, R6;                         \
	ADD R7, R8

#define Q4_BYTES \
	MOVD $34, R6;                        \
	UDIV R6, R8, R6;                     \ // blocks
	MOVD $18, R9;                        \
	MUL R9, R6;                          \
	ADD R7, R8;                          \
	VMOVI $15, V22.B16;                  \
	VMOVI $8, V23.B16
