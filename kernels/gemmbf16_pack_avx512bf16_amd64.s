//go:build !purego

#include "textflag.h"
#include "asm_amd64.h"

// pairsBF16 picks 0, 16, 1, 17, …: it interleaves the halves of a register of 32 numbers.
DATA ·pairsBF16+0(SB)/8, $0x0011000100100000
DATA ·pairsBF16+8(SB)/8, $0x0013000300120002
DATA ·pairsBF16+16(SB)/8, $0x0015000500140004
DATA ·pairsBF16+24(SB)/8, $0x0017000700160006
DATA ·pairsBF16+32(SB)/8, $0x0019000900180008
DATA ·pairsBF16+40(SB)/8, $0x001b000b001a000a
DATA ·pairsBF16+48(SB)/8, $0x001d000d001c000c
DATA ·pairsBF16+56(SB)/8, $0x001f000f001e000e
GLOBL ·pairsBF16(SB), RODATA|NOPTR, $64

// Packs k rows of width numbers into panels of pairs that lie one after another:
//
//	for i := 0; i < k; i += 2 {
//		prefetch src[(i+16)*along:]               // rows may be pages apart
//		for at := 0; at < width; at += 16 {
//			x, y := row i, row i+1 of src [at:at+16]     // zeros past the end
//			words of panels at at, at+8 = pairs of x and y, rounded
//		}
//	}
//
// panel is 8 or a multiple of 16: sixteen words are half a cache line in each of two
// panels, or one in one panel.
//
// AX words of pair i in the first panel   R11 in this panel   DI in it   R12 its end
// SI rows i, R15 i+1 of src   R8 in row i   R14 from row i to i+1   R13 ones
// CX columns left   DX along   R9 panel   R10 from a panel to the next   BX k   (in bytes)
// K1 columns   K2 columns of row i+1   K3 whether there is a row i+1
// Z0 x   Z1 y   Z2 pairs
//
// func packRowsAVX512BF16(dst, src []float32, along, width, panel, k int)
TEXT ·packRowsAVX512BF16(SB), NOSPLIT, $0-80
	MOVQ dst_base+0(FP), AX
	MOVQ src_base+24(FP), SI
	MOVQ along+48(FP), DX
	MOVQ $-1, R13
	MOVQ panel+64(FP), R9
	MOVQ k+72(FP), BX
	SHLQ $2, DX                      // bytes
	SHLQ $2, R9
	LEAQ 1(BX), R10
	SHRQ $1, R10
	IMULQ R9, R10                    // a panel has (k+1)/2 rows of words
	VMOVDQU64 ·pairsBF16(SB), Z2
	KXNORW K3, K3, K3

row:
	MOVQ DX, R14
	CMPQ BX, $1
	JNE  columns
	XORL R14, R14                    // the last row has no other: zeros
	KXORW K3, K3, K3

columns:
	MOVQ SI, R8
	MOVQ AX, R11
	MOVQ AX, DI
	LEAQ (DI)(R9*1), R12
	MOVQ width+56(FP), CX

vector:
	KXNORW K1, K1, K1
	CMPQ CX, $16
	JGE  load
	XORL R15, R15
	CMPQ CX, $0
	CMOVQGT CX, R15
	BZHIL R15, R13, R15              // the columns that are left, if any
	KMOVW R15, K1

load:
	KANDW K3, K1, K2
	VMOVUPS.Z (R8), K1, Z0           // x
	VMOVUPS.Z (R8)(R14*1), K2, Z1    // y
	LEAQ (R8)(DX*8), R15
	LEAQ (R15)(DX*8), R15
	PREFETCHT0 (R15)
	PREFETCHT0 (R15)(DX*1)
	ADDQ $64, R8
	VCVTNE2PS2BF16(0, 1, 0)
	VPERMW Z0, Z2, Z0                // x[0] y[0] x[1] y[1] …
	LEAQ 64(DI), R15
	CMPQ R15, R12                    // do all fit into the panel?
	JGT  split
	VMOVDQU64 Z0, (DI)
	MOVQ R15, DI
	SUBQ $16, CX
	CMPQ DI, R12
	JNE  vector

next:
	TESTQ CX, CX
	JLE  done
	ADDQ R10, R11                    // the next panel
	MOVQ R11, DI
	LEAQ (DI)(R9*1), R12
	JMP  vector

split:
	VMOVDQU Y0, (DI)                 // half of them
	SUBQ $8, CX
	JLE  done
	ADDQ R10, R11                    // and half into the next panel
	VEXTRACTI64X4 $1, Z0, (R11)
	LEAQ 32(R11), DI
	LEAQ (R11)(R9*1), R12
	SUBQ $8, CX
	CMPQ DI, R12
	JNE  vector
	JMP  next

done:
	ADDQ R9, AX                      // i += 2
	LEAQ (SI)(DX*2), SI
	SUBQ $2, BX
	JGT  row
	VZEROUPPER
	RET

// ROUND: z, of number n, is 32 numbers rounded. Clobbers Z18 and Z19.
#define ROUND(lo, hi, z, n) \
	VMOVUPS.Z lo, K1, Z18;                   \
	VMOVUPS.Z hi, K2, Z19;                   \
	VCVTNE2PS2BF16(18, 19, n)

// AHEAD fetches 32 numbers that are wanted soon.
#define AHEAD(lo, hi) \
	PREFETCHT0 lo;                           \
	PREFETCHT0 hi

// HALVES: lo, hi = the lower two quarters of x and y by turns, and the upper two.
#define HALVES(x, y, lo, hi) \
	VMOVDQA64 Z16, lo;                       \
	VPERMI2Q y, x, lo;                       \
	VMOVDQA64 Z17, hi;                       \
	VPERMI2Q y, x, hi

// LOWER and UPPER store one pair of eight rows: half a register.
#define LOWER(y) \
	VMOVDQU y, (DI);                         \
	ADDQ R9, DI;                             \
	DECQ CX;                                 \
	JZ   stored

#define UPPER(z) \
	VEXTRACTI64X4 $1, z, (DI);               \
	ADDQ R9, DI;                             \
	DECQ CX;                                 \
	JZ   stored

// Packs rows of numbers that lie side by side along k into columns of a panel of pairs, 8
// rows and 32 numbers at a time:
//
//	for r := 0; r < rows; r += 8 {
//		for i := 0; i < k; i += 32 {
//			prefetch the next 8 rows
//			load 8 × 32 numbers of src, zeros past k; round them: 8 × 16 pairs
//			exchange pairs, then pairs of pairs, then halves: 16 × 8 pairs
//			for p := range min(16, (k-i+1)/2) { dst[(i/2+p)*panel + r:][:8] = pairs p }
//		}
//	}
//
// rows is a multiple of 8.
//
// DI dst   R9 panel   SI, R13, R12, R15 src of rows r, r+4, r+8, r+12   R10, R11 one and three across (bytes)
// DX rows   R8 k   BX k left   CX pairs left of 16   AX, R14 dst and src of the eight rows
// K1 K2 columns i:i+16, i+16:i+32   Z16 Z17 which halves go together
// Z0-Z7 rows, then abcd, efgh   Z8-Z15 the steps between
//
// func packColumnsAVX512BF16(dst, src []float32, across, rows, panel, k int)
TEXT ·packColumnsAVX512BF16(SB), NOSPLIT, $0-80
	MOVQ dst_base+0(FP), AX
	MOVQ src_base+24(FP), R14
	MOVQ across+48(FP), R10
	MOVQ rows+56(FP), DX
	MOVQ panel+64(FP), R9
	MOVQ k+72(FP), R8
	SHLQ $2, R10                     // bytes
	SHLQ $2, R9
	LEAQ (R10)(R10*2), R11           // 3*across
	VMOVDQU64 lower<>(SB), Z16
	VMOVDQU64 upper<>(SB), Z17

rows:
	SUBQ $8, DX                      // if rows -= 8; rows < 0 { goto done }
	JLT  done
	MOVQ AX, DI
	MOVQ R14, SI
	MOVQ R8, BX

block:
	KXNORW K1, K1, K1
	KXNORW K2, K2, K2
	MOVL $16, CX
	CMPQ BX, $32
	JGE  whole
	MOVL $-1, CX                     // the last k%32 numbers
	BZHIL BX, CX, CX
	KMOVW CX, K1
	SHRL $16, CX
	KMOVW CX, K2
	LEAQ 1(BX), CX
	SHRQ $1, CX

whole:
	LEAQ (SI)(R10*4), R13
	LEAQ (SI)(R10*8), R12            // the next eight rows
	LEAQ (R13)(R10*8), R15
	AHEAD((R12), 64(R12))
	AHEAD((R12)(R10*1), 64(R12)(R10*1))
	AHEAD((R12)(R10*2), 64(R12)(R10*2))
	AHEAD((R12)(R11*1), 64(R12)(R11*1))
	AHEAD((R15), 64(R15))
	AHEAD((R15)(R10*1), 64(R15)(R10*1))
	AHEAD((R15)(R10*2), 64(R15)(R10*2))
	AHEAD((R15)(R11*1), 64(R15)(R11*1))
	ROUND((SI), 64(SI), Z0, 0)                             // a, pairs 0-15
	ROUND((SI)(R10*1), 64(SI)(R10*1), Z1, 1)               // b
	ROUND((SI)(R10*2), 64(SI)(R10*2), Z2, 2)
	ROUND((SI)(R11*1), 64(SI)(R11*1), Z3, 3)
	ROUND((R13), 64(R13), Z4, 4)
	ROUND((R13)(R10*1), 64(R13)(R10*1), Z5, 5)
	ROUND((R13)(R10*2), 64(R13)(R10*2), Z6, 6)
	ROUND((R13)(R11*1), 64(R13)(R11*1), Z7, 7)             // h
	VPUNPCKLDQ Z1, Z0, Z8            // a0 b0 a1 b1 | a4 b4 a5 b5 | …
	VPUNPCKHDQ Z1, Z0, Z9            // a2 b2 a3 b3 | …
	VPUNPCKLDQ Z3, Z2, Z10           // c0 d0 c1 d1 | …
	VPUNPCKHDQ Z3, Z2, Z11
	VPUNPCKLDQ Z5, Z4, Z12           // e0 f0 e1 f1 | …
	VPUNPCKHDQ Z5, Z4, Z13
	VPUNPCKLDQ Z7, Z6, Z14           // g0 h0 g1 h1 | …
	VPUNPCKHDQ Z7, Z6, Z15
	VPUNPCKLQDQ Z10, Z8, Z0          // a0 b0 c0 d0 | a4 … | a8 … | a12 …
	VPUNPCKHQDQ Z10, Z8, Z1          // a1 … | a5 … | a9 … | a13 …
	VPUNPCKLQDQ Z11, Z9, Z2          // a2 …
	VPUNPCKHQDQ Z11, Z9, Z3          // a3 …
	VPUNPCKLQDQ Z14, Z12, Z4         // e0 f0 g0 h0 | e4 … | e8 … | e12 …
	VPUNPCKHQDQ Z14, Z12, Z5
	VPUNPCKLQDQ Z15, Z13, Z6
	VPUNPCKHQDQ Z15, Z13, Z7
	HALVES(Z0, Z4, Z8, Z12)          // a0 … h0 | a4 … h4,  a8 … h8 | a12 … h12
	HALVES(Z1, Z5, Z9, Z13)
	HALVES(Z2, Z6, Z10, Z14)
	HALVES(Z3, Z7, Z11, Z15)
	LOWER(Y8)
	LOWER(Y9)
	LOWER(Y10)
	LOWER(Y11)
	UPPER(Z8)
	UPPER(Z9)
	UPPER(Z10)
	UPPER(Z11)
	LOWER(Y12)
	LOWER(Y13)
	LOWER(Y14)
	LOWER(Y15)
	UPPER(Z12)
	UPPER(Z13)
	UPPER(Z14)
	UPPER(Z15)

stored:
	ADDQ $128, SI                    // i += 32
	SUBQ $32, BX
	JGT  block
	ADDQ $32, AX                     // dst = dst[8:]
	LEAQ (R14)(R10*8), R14           // src = src[8*across:]
	JMP  rows

done:
	VZEROUPPER
	RET

// lower and upper pick the halves of two registers by quarters: numbers from 8 on are those
// of the second.
DATA lower<>+0(SB)/8, $0
DATA lower<>+8(SB)/8, $1
DATA lower<>+16(SB)/8, $8
DATA lower<>+24(SB)/8, $9
DATA lower<>+32(SB)/8, $2
DATA lower<>+40(SB)/8, $3
DATA lower<>+48(SB)/8, $10
DATA lower<>+56(SB)/8, $11
GLOBL lower<>(SB), RODATA|NOPTR, $64
DATA upper<>+0(SB)/8, $4
DATA upper<>+8(SB)/8, $5
DATA upper<>+16(SB)/8, $12
DATA upper<>+24(SB)/8, $13
DATA upper<>+32(SB)/8, $6
DATA upper<>+40(SB)/8, $7
DATA upper<>+48(SB)/8, $14
DATA upper<>+56(SB)/8, $15
GLOBL upper<>(SB), RODATA|NOPTR, $64
