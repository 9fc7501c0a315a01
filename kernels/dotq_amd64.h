// Products of quantised rows with a quantised vector, on any vector width. Include textflag.h
// and const_amd64.h first, and define NARROW: V0-V3, of what is wider than 8 lanes, into Y0-Y3.
//
//	for ; n >= 4; n -= 4 { y[0:4] = four rows of w · x }    // x is unpacked once for four rows
//	for ; n > 0; n--     { y[0] = one row of w · x }
//
// DI y, CX n, SI R8 R9 R10 four rows of w, R11 bytes of a row, DX x, R12 bytes of x.
// AX position in x, BX position in the rows, R13 the same place four rows on, to be fetched:
// reading four rows at a time loses the processor's own prefetcher at every page (from memory,
// 20 GB/s with and 10 without, AMD EPYC, 2026-11). V0-V3 sums of the four rows.

CONST(bytes8, 0x08080808)
CONST(bytes15, 0x0f0f0f0f)

// START: the four rows from SI on, at their first blocks, with sums of 0.
#define START \
	LEAQ (SI)(R11*1), R8;  \
	LEAQ (R8)(R11*1), R9;  \
	LEAQ (R9)(R11*1), R10; \
	XORL AX, AX;           \
	XORL BX, BX;           \
	VXORPS X0, X0, X0;     \ // clears wider registers too
	VXORPS X1, X1, X1;     \
	VXORPS X2, X2, X2;     \
	VXORPS X3, X3, X3

// LANES_SUM: X0 = the sums of the lanes of V0, V1, V2 and V3. Clobbers V1 and V2.
#define LANES_SUM \
	NARROW;                  \
	VHADDPS Y1, Y0, Y0;      \ // pairs of row 0, pairs of row 1, in each 128 bits
	VHADDPS Y3, Y2, Y2;      \
	VHADDPS Y2, Y0, Y0;      \ // rows 0, 1, 2, 3
	VEXTRACTF128 $1, Y0, X1; \
	VADDPS X1, X0, X0

// DOT_ROWS: FOUR adds the products of all blocks of four rows to V0-V3, ONE those of one row
// to V0. They begin with AX and BX at 0; R12 is where AX ends.
#define DOT_ROWS(FOUR, ONE) \
fours:                       \
	SUBQ $4, CX;             \ // if n -= 4; n < 0 { goto rest }
	JLT rest;                \
	START;                   \
	FOUR;                    \
	LANES_SUM;               \
	VMOVUPS X0, (DI);        \ // y[0:4]
	ADDQ $16, DI;            \ // y = y[4:]
	LEAQ (R10)(R11*1), SI;   \ // the next rows
	JMP fours;               \
rest:                        \
	ADDQ $4, CX;             \
ones:                        \
	SUBQ $1, CX;             \ // if n--; n < 0 { goto done }
	JLT done;                \
	START;                   \
	ONE;                     \
	LANES_SUM;               \
	VMOVSS X0, (DI);         \ // y[0]
	ADDQ $4, DI;             \ // y = y[1:]
	MOVQ R8, SI;             \ // the next row
	JMP ones;                \
done:                        \
	VZEROUPPER

// Q4_ROW_BYTES: R11 = the bytes of a row in q4_0, whose blocks have 18 of them, those of x 34.
// Clobbers AX, BX and DX.
#define Q4_ROW_BYTES \
	MOVQ R12, AX;    \
	XORL DX, DX;     \
	MOVL $34, BX;    \
	DIVQ BX;         \ // AX = blocks
	IMUL3Q $18, AX, R11
