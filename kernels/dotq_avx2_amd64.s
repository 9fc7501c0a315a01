//go:build !purego

#include "textflag.h"
#include "const_amd64.h"
#include "dotq_amd64.h"

CONST(ones16, 0x00010001)

// The shifts that bring 4 bits down: the lower halves of 16 bytes, then the upper ones.
DATA nibbles<>+0(SB)/8, $0
DATA nibbles<>+8(SB)/8, $0
DATA nibbles<>+16(SB)/8, $0x0000000400000004
DATA nibbles<>+24(SB)/8, $0x0000000400000004
GLOBL nibbles<>(SB), RODATA|NOPTR, $32

// Eight lanes are sums of eight lanes already.
#define NARROW

// BLOCKS: for b in blocks { ROWS_OF_BLOCK }, where a block of a row has size bytes
#define BLOCKS(ROWS_OF_BLOCK, size, loop, end) \
loop:                      \
	CMPQ AX, R12;          \ // if x is at its end { goto end }
	JGE end;               \
	LEAQ (BX)(R11*4), R13; \
	ROWS_OF_BLOCK;         \
	ADDQ $34, AX;          \ // the next blocks
	ADDQ $size, BX;        \
	JMP loop;              \
end:

// X_SCALE: Y6 = the scale of a block of x, in all lanes.
#define X_SCALE \
	VPBROADCASTW (DX)(AX*1), X6; \
	VCVTPH2PS X6, Y6

// TERM: sum += Y7 * (scale of row * scale of x), Y7 eight int32. Clobbers Y8.
#define TERM(row, sum) \
	PREFETCHT1 (row)(R13*1);      \
	VCVTDQ2PS Y7, Y7;             \
	VPBROADCASTW (row)(BX*1), X8; \
	VCVTPH2PS X8, Y8;             \
	VMULPS Y6, Y8, Y8;            \
	VFMADD231PS Y7, Y8, sum

// Q8_X: a block of x: Y4, Y5 = its numbers as int16, Y6 = its scale.
#define Q8_X \
	VPMOVSXBW 2(DX)(AX*1), Y4;  \
	VPMOVSXBW 18(DX)(AX*1), Y5; \
	X_SCALE

// Q8_ROW: sum += a block of row · a block of x. Products of int16 are exact for any bytes, which
// VPMADDUBSW's are not: it saturates at 128·128·2.
#define Q8_ROW(row, sum) \
	VPMOVSXBW 2(row)(BX*1), Y7;  \
	VPMOVSXBW 18(row)(BX*1), Y8; \
	VPMADDWD Y4, Y7, Y7;         \ // w[0]*x[0] + w[1]*x[1], …
	VPMADDWD Y5, Y8, Y8;         \
	VPADDD Y8, Y7, Y7;           \
	TERM(row, sum)

#define Q8_FOUR \
	Q8_X;            \
	Q8_ROW(SI, Y0);  \
	Q8_ROW(R8, Y1);  \
	Q8_ROW(R9, Y2);  \
	Q8_ROW(R10, Y3)

#define Q8_ONE \
	Q8_X;            \
	Q8_ROW(SI, Y0)

#define Q8_FOURS BLOCKS(Q8_FOUR, 34, four, fourEnd)
#define Q8_ONES BLOCKS(Q8_ONE, 34, one, oneEnd)

// Products of rows in q8_0 with a vector in q8_0, see dotq_amd64.h
//
//	for b in blocks { sum[0:8] += (d(w)*d(x)) * float32(sums of 4 products w*x) }
//
// Y0-Y3 sums of four rows   Y4-Y6 see Q8_X   Y7 Y8 products
//
// func dotQ8AVX2(y []float32, w, x []byte)
TEXT ·dotQ8AVX2(SB), NOSPLIT, $0-72
	MOVQ y_base+0(FP), DI
	MOVQ y_len+8(FP), CX
	MOVQ w_base+24(FP), SI
	MOVQ x_base+48(FP), DX
	MOVQ x_len+56(FP), R12
	MOVQ R12, R11              // a row has as many bytes as x
	DOT_ROWS(Q8_FOURS, Q8_ONES)
	RET

// Q4_X: a block of x: Y4 = its numbers, Y5 = 8*(x[0] + x[1]), … as int16, Y6 = its scale.
#define Q4_X \
	VMOVDQU 2(DX)(AX*1), Y4; \
	VPMADDUBSW Y4, Y9, Y5;   \
	X_SCALE

// Q4_ROW: sum += a block of row · a block of x. The 4 bits u stand for u - 8, and
// Σ (u-8)*x = Σ u*x - 8*Σ x; sums of two such products are far from saturating int16.
#define Q4_ROW(row, sum) \
	VBROADCASTI128 2(row)(BX*1), Y7; \
	VPSRLVD Y12, Y7, Y7;             \ // upper 4 bits to the lower, in the upper 128 bits
	VPAND Y11, Y7, Y7;               \ // u
	VPMADDUBSW Y4, Y7, Y7;           \ // u[0]*x[0] + u[1]*x[1], …
	VPSUBW Y5, Y7, Y7;               \ // less 8*(x[0] + x[1]), …
	VPMADDWD Y10, Y7, Y7;            \ // sums of 4
	TERM(row, sum)

#define Q4_FOUR \
	Q4_X;            \
	Q4_ROW(SI, Y0);  \
	Q4_ROW(R8, Y1);  \
	Q4_ROW(R9, Y2);  \
	Q4_ROW(R10, Y3)

#define Q4_ONE \
	Q4_X;            \
	Q4_ROW(SI, Y0)

#define Q4_FOURS BLOCKS(Q4_FOUR, 18, four, fourEnd)
#define Q4_ONES BLOCKS(Q4_ONE, 18, one, oneEnd)

// Products of rows in q4_0 with a vector in q8_0, see dotq_amd64.h
//
//	for b in blocks { sum[0:8] += (d(w)*d(x)) * float32(sums of 4 products (u(w)-8)*x) }
//
// Y0-Y3 sums of four rows   Y4-Y6 see Q4_X   Y7 Y8 products   Y9 8s   Y10 1s   Y11 15s
// Y12 shifts
//
// func dotQ4AVX2(y []float32, w, x []byte)
TEXT ·dotQ4AVX2(SB), NOSPLIT, $0-72
	MOVQ    y_base+0(FP), DI
	MOVQ    y_len+8(FP), CX
	MOVQ    w_base+24(FP), SI
	MOVQ    x_len+56(FP), R12
	Q4_ROW_BYTES               // R11
	MOVQ    x_base+48(FP), DX
	VMOVDQU bytes8<>(SB), Y9
	VMOVDQU ones16<>(SB), Y10
	VMOVDQU bytes15<>(SB), Y11
	VMOVDQU nibbles<>(SB), Y12
	DOT_ROWS(Q4_FOURS, Q4_ONES)
	RET
