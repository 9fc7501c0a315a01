//go:build !purego

#include "textflag.h"
#include "const_amd64.h"
#include "dotq_amd64.h"

CONST(bytes128, 0x80808080)

// The shifts that bring 4 bits down: the lower halves of 16 bytes, then the upper ones, twice.
DATA nibbles<>+0(SB)/8, $0
DATA nibbles<>+8(SB)/8, $0
DATA nibbles<>+16(SB)/8, $0x0000000400000004
DATA nibbles<>+24(SB)/8, $0x0000000400000004
DATA nibbles<>+32(SB)/8, $0
DATA nibbles<>+40(SB)/8, $0
DATA nibbles<>+48(SB)/8, $0x0000000400000004
DATA nibbles<>+56(SB)/8, $0x0000000400000004
GLOBL nibbles<>(SB), RODATA|NOPTR, $64

// NARROW: sixteen lanes of sums become eight.
#define NARROW \
	HALVE(Z0, Y0); \
	HALVE(Z1, Y1); \
	HALVE(Z2, Y2); \
	HALVE(Z3, Y3)

#define HALVE(z, y) \
	VEXTRACTF64X4 $1, z, Y4; \
	VADDPS Y4, y, y

// BLOCKS: PAIR on two blocks at a time, of size bytes in a row, LAST on what is left.
#define BLOCKS(PAIR, LAST, size, pair, last, end) \
pair:                      \
	LEAQ 68(AX), R14;      \ // after two blocks of x
	CMPQ R14, R12;         \ // if that is past its end { goto last }
	JGT last;              \
	LEAQ (BX)(R11*4), R13; \
	PAIR;                  \
	MOVQ R14, AX;          \ // the next blocks
	ADDQ $(2*size), BX;    \
	JMP pair;              \
last:                      \
	CMPQ AX, R12;          \ // if x is at its end { goto end }
	JGE end;               \
	LAST;                  \
end:

// SCALE_PAIR: z = the scale of a block, eight times, and that of the next one, eight times.
// SCALE_LAST: the scale of a block, eight times, and zeros. y and x are z's lower parts.
#define SCALE_PAIR(at, next, y, z) \
	VPBROADCASTW at, y;       \ // 16 times, as float16
	VPBROADCASTW next, K1, y; \ // over the upper 8
	VCVTPH2PS y, z

#define SCALE_LAST(at, x, y, z) \
	VPBROADCASTW at, x; \ // 8 times, then zeros
	VCVTPH2PS y, z

// X_PAIR, X_LAST: blocks of x: Z4 = their numbers, Z5 = -zero * sums of 4 of them, Z6 = their
// scales, for unsigned numbers of a row that are zero = Z10 above those they stand for.
#define X_PAIR \
	VMOVDQU 2(DX)(AX*1), Y4;                       \
	VINSERTI64X4 $1, 36(DX)(AX*1), Z4, Z4;         \
	SCALE_PAIR((DX)(AX*1), 34(DX)(AX*1), Y6, Z6);  \
	X_ZERO

#define X_LAST \
	VMOVDQU 2(DX)(AX*1), Y4;               \ // then zeros
	SCALE_LAST((DX)(AX*1), X6, Y6, Z6);    \
	X_ZERO

#define X_ZERO \
	VPXORD Z5, Z5, Z5;    \
	VPDPBUSD Z4, Z10, Z5; \ // zero*(x[0] + … + x[3]), …
	VPSUBD Z5, Z11, Z5

// TERM: sum += (u·x - zero·x) * (scale of row * scale of x), u = Z7 unsigned, Z8 = scale of row
#define TERM(sum) \
	VMOVDQA64 Z5, Z9;       \
	VPDPBUSD Z4, Z7, Z9;    \ // u[0]*x[0] + … + u[3]*x[3] - zero*(…), …
	VCVTDQ2PS Z9, Z9;       \
	VMULPS Z6, Z8, Z8;      \ // d(w)*d(x)
	VFMADD231PS Z9, Z8, sum

// Q8_PAIR, Q8_LAST: sum += blocks of row · blocks of x, with w + 128 as u
#define Q8_PAIR(row, sum) \
	VMOVDQU 2(row)(BX*1), Y7;                       \
	VINSERTI64X4 $1, 36(row)(BX*1), Z7, Z7;         \
	PREFETCHT1 (row)(R13*1);                        \
	SCALE_PAIR((row)(BX*1), 34(row)(BX*1), Y8, Z8); \
	VPXORD Z10, Z7, Z7;                             \ // w + 128
	TERM(sum)

#define Q8_LAST(row, sum) \
	VMOVDQU 2(row)(BX*1), Y7;               \
	SCALE_LAST((row)(BX*1), X8, Y8, Z8);    \
	VPXORD Z10, Z7, Z7;                     \
	TERM(sum)

#define Q8_PAIR_FOUR X_PAIR; Q8_PAIR(SI, Z0); Q8_PAIR(R8, Z1); Q8_PAIR(R9, Z2); Q8_PAIR(R10, Z3)
#define Q8_LAST_FOUR X_LAST; Q8_LAST(SI, Z0); Q8_LAST(R8, Z1); Q8_LAST(R9, Z2); Q8_LAST(R10, Z3)
#define Q8_PAIR_ONE X_PAIR; Q8_PAIR(SI, Z0)
#define Q8_LAST_ONE X_LAST; Q8_LAST(SI, Z0)
#define Q8_FOURS BLOCKS(Q8_PAIR_FOUR, Q8_LAST_FOUR, 34, four, fourLast, fourEnd)
#define Q8_ONES BLOCKS(Q8_PAIR_ONE, Q8_LAST_ONE, 34, one, oneLast, oneEnd)

// Products of rows in q8_0 with a vector in q8_0, see dotq_amd64.h
//
//	for b in pairs of blocks { sum[0:16] += (d(w)*d(x)) * float32(sums of 4 products w*x) }
//
// VPDPBUSD multiplies unsigned with signed bytes, so w*x is (w+128)*x - 128*x.
//
// Z0-Z3 sums of four rows   Z4-Z6 see X_PAIR   Z7-Z9 see TERM   Z10 128s   Z11 0
// K1 the upper half of 16 words
//
// func dotQ8AVX512VNNI(y []float32, w, x []byte)
TEXT ·dotQ8AVX512VNNI(SB), NOSPLIT, $0-72
	MOVQ         y_base+0(FP), DI
	MOVQ         y_len+8(FP), CX
	MOVQ         w_base+24(FP), SI
	MOVQ         x_base+48(FP), DX
	MOVQ         x_len+56(FP), R12
	MOVQ         R12, R11              // a row has as many bytes as x
	VPBROADCASTD bytes128<>(SB), Z10
	VPXORD       Z11, Z11, Z11
	MOVL         $0xff00, AX
	KMOVW        AX, K1
	DOT_ROWS(Q8_FOURS, Q8_ONES)
	RET

// Q4_PAIR, Q4_LAST: sum += blocks of row · blocks of x, with the 4 bits as u
#define Q4_PAIR(row, sum) \
	VBROADCASTI64X2 2(row)(BX*1), Y7;               \
	VBROADCASTI64X2 20(row)(BX*1), K2, Z7;          \ // the upper half
	PREFETCHT1 (row)(R13*1);                        \
	SCALE_PAIR((row)(BX*1), 18(row)(BX*1), Y8, Z8); \
	VPSRLVD Z13, Z7, Z7;                            \ // upper 4 bits to the lower, in odd 128 bits
	VPANDD Z12, Z7, Z7;                             \ // u
	TERM(sum)

#define Q4_LAST(row, sum) \
	VBROADCASTI64X2 2(row)(BX*1), Y7;    \
	SCALE_LAST((row)(BX*1), X8, Y8, Z8); \
	VPSRLVD Z13, Z7, Z7;                 \
	VPANDD Z12, Z7, Z7;                  \
	TERM(sum)

#define Q4_PAIR_FOUR X_PAIR; Q4_PAIR(SI, Z0); Q4_PAIR(R8, Z1); Q4_PAIR(R9, Z2); Q4_PAIR(R10, Z3)
#define Q4_LAST_FOUR X_LAST; Q4_LAST(SI, Z0); Q4_LAST(R8, Z1); Q4_LAST(R9, Z2); Q4_LAST(R10, Z3)
#define Q4_PAIR_ONE X_PAIR; Q4_PAIR(SI, Z0)
#define Q4_LAST_ONE X_LAST; Q4_LAST(SI, Z0)
#define Q4_FOURS BLOCKS(Q4_PAIR_FOUR, Q4_LAST_FOUR, 18, four, fourLast, fourEnd)
#define Q4_ONES BLOCKS(Q4_PAIR_ONE, Q4_LAST_ONE, 18, one, oneLast, oneEnd)

// Products of rows in q4_0 with a vector in q8_0, see dotq_amd64.h
//
//	for b in pairs of blocks { sum[0:16] += (d(w)*d(x)) * float32(sums of 4 products (u(w)-8)*x) }
//
// Registers are those of dotQ8AVX512VNNI, but for Z10 8s   Z12 15s   Z13 shifts   K2 the upper
// half of 8 quadwords
//
// func dotQ4AVX512VNNI(y []float32, w, x []byte)
TEXT ·dotQ4AVX512VNNI(SB), NOSPLIT, $0-72
	MOVQ         y_base+0(FP), DI
	MOVQ         y_len+8(FP), CX
	MOVQ         w_base+24(FP), SI
	MOVQ         x_len+56(FP), R12
	Q4_ROW_BYTES                       // R11
	MOVQ         x_base+48(FP), DX
	VPBROADCASTD bytes8<>(SB), Z10
	VPXORD       Z11, Z11, Z11
	VPBROADCASTD bytes15<>(SB), Z12
	VMOVDQU64    nibbles<>(SB), Z13
	MOVL         $0xff00, AX
	KMOVW        AX, K1
	MOVL         $0xf0, AX
	KMOVW        AX, K2
	DOT_ROWS(Q4_FOURS, Q4_ONES)
	RET
