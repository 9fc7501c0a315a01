//go:build !purego

#include "textflag.h"

// columns holds eight masks of ones before eight of zeros: a load that begins n numbers
// before the zeros is the mask of n columns.
DATA columns<>+0(SB)/8, $-1
DATA columns<>+8(SB)/8, $-1
DATA columns<>+16(SB)/8, $-1
DATA columns<>+24(SB)/8, $-1
DATA columns<>+32(SB)/8, $0
DATA columns<>+40(SB)/8, $0
DATA columns<>+48(SB)/8, $0
DATA columns<>+56(SB)/8, $0
GLOBL columns<>(SB), RODATA|NOPTR, $64

// The AVX2 microkernel: a tile of 8 × 24 numbers of C, four rows at a time.
//
//	for rows > 0 {                              // at most twice
//		for r, j { acc[r][j] = 0 }              // 12 registers
//		for i := range k {
//			for r, j { acc[r][j] += a[i*8+r] * b[i*24+j] }
//		}
//		c[:4, :cols] = alpha*acc + beta*c[:4, :cols]
//		a, c, rows = a[4:], c[4:, :], rows-4
//	}
//
// A step takes 12 FMAs for 7 loads. 16 registers do not hold the sums of eight rows; the
// panel of b is in the first-level cache when it is read the second time. Columns are cut
// by masked moves (slow on AMD, so whole tiles have plain ones), rows by leaving the stores
// early.
//
// DI c   R8 ldc (bytes)   SI, R11 a   BX, R12 b   CX, R13 k   R9 rows   R10 cols
// R14 R15 DX masks of columns 0-7, 8-15, 16-23   AX scratch
// Y0-Y11 acc   Y12-Y14 b, then mask, beta, c   Y15 a, then alpha

// ROW: acc row += a[r] * b
#define ROW(off, a0, a1, a2) \
	VBROADCASTSS off(R11), Y15;              \ // a[i, r]
	VFMADD231PS Y12, Y15, a0;                \ // acc[r, 0:8] += a[i, r] * b[i, 0:8]
	VFMADD231PS Y13, Y15, a1;                \
	VFMADD231PS Y14, Y15, a2

// STEP: one step of k
#define STEP(aoff, boff) \
	VMOVUPS boff(R12), Y12;                  \ // b[i, 0:8]
	VMOVUPS (boff+32)(R12), Y13;             \
	VMOVUPS (boff+64)(R12), Y14;             \
	ROW((aoff+0), Y0, Y1, Y2);               \
	ROW((aoff+4), Y3, Y4, Y5);               \
	ROW((aoff+8), Y6, Y7, Y8);               \
	ROW((aoff+12), Y9, Y10, Y11)

// SCALE: acc *= alpha
#define SCALE(a0, a1, a2) \
	VMULPS Y15, a0, a0; \
	VMULPS Y15, a1, a1; \
	VMULPS Y15, a2, a2

// BLEND: acc row += beta*c row, at whatever row AX stands
#define BLEND(a0, a1, a2) \
	VMOVUPS (R14), Y12;                      \ // the mask of the first eight columns
	VMASKMOVPS (AX), Y12, Y14;               \ // c[r, 0:8]
	VFMADD231PS Y13, Y14, a0;                \ // acc += beta*c
	VMOVUPS (R15), Y12;                      \
	VMASKMOVPS 32(AX), Y12, Y14;             \ // c[r, 8:16]
	VFMADD231PS Y13, Y14, a1;                \
	VMOVUPS (DX), Y12;                       \
	VMASKMOVPS 64(AX), Y12, Y14;             \ // c[r, 16:24]
	VFMADD231PS Y13, Y14, a2;                \
	ADDQ R8, AX;                             \ // the next row
	DECQ R13;                                \
	JZ   put

// WHOLE: c row = acc row
#define WHOLE(a0, a1, a2) \
	VMOVUPS a0, (DI);                        \ // c[r, 0:8] = acc
	VMOVUPS a1, 32(DI);                      \
	VMOVUPS a2, 64(DI);                      \
	ADDQ R8, DI;                             \ // the next row
	DECQ R9;                                 \
	JZ   done

// PART: c row = acc row, of some columns
#define PART(a0, a1, a2) \
	VMOVUPS (R14), Y12;                      \ // the mask of the first eight columns
	VMASKMOVPS a0, Y12, (DI);                \ // c[r, 0:8] = acc
	VMOVUPS (R15), Y12;                      \
	VMASKMOVPS a1, Y12, 32(DI);              \ // c[r, 8:16]
	VMOVUPS (DX), Y12;                       \
	VMASKMOVPS a2, Y12, 64(DI);              \ // c[r, 16:24]
	ADDQ R8, DI;                             \ // the next row
	DECQ R9;                                 \
	JZ   done

// MASK: p = &columns[8 - min(max(cols-skip, 0), 8)]
#define MASK(skip, p) \
	LEAQ    -skip(R10), p;                   \
	CMPQ    p, $0;                           \
	CMOVQLT R13, p;                          \ // R13 is 0
	CMPQ    p, R12;                          \ // R12 is 8
	CMOVQGT R12, p;                          \
	NEGQ    p;                               \
	LEAQ    (R11)(p*4), p                      // R11 is the address of the zeros

// func gemmTileAVX2(c []float32, ldc int, a, b []float32, k int, alpha, beta float32, rows, cols int)
TEXT ·gemmTileAVX2(SB), NOSPLIT, $0-112
	MOVQ c_base+0(FP), DI
	MOVQ ldc+24(FP), R8
	MOVQ a_base+32(FP), SI
	MOVQ b_base+56(FP), BX
	MOVQ k+80(FP), CX
	MOVQ rows+96(FP), R9
	MOVQ cols+104(FP), R10
	SHLQ $2, R8                      // bytes
	LEAQ columns<>+32(SB), R11
	MOVQ $8, R12
	XORQ R13, R13
	MASK(0, R14)
	MASK(8, R15)
	MASK(16, DX)

half:
	MOVQ SI, R11
	MOVQ BX, R12
	MOVQ CX, R13
	VXORPS Y0, Y0, Y0                // acc = 0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	VXORPS Y4, Y4, Y4
	VXORPS Y5, Y5, Y5
	VXORPS Y6, Y6, Y6
	VXORPS Y7, Y7, Y7
	VXORPS Y8, Y8, Y8
	VXORPS Y9, Y9, Y9
	VXORPS Y10, Y10, Y10
	VXORPS Y11, Y11, Y11
	SUBQ $2, R13
	JLT  tail

pair:
	STEP(0, 0)                       // two steps of k
	STEP(32, 96)
	ADDQ $64, R11
	ADDQ $192, R12
	SUBQ $2, R13
	JGE  pair

tail:
	ADDQ $2, R13                     // k % 2 steps are left
	JZ   scale
	STEP(0, 0)

scale:
	ADDQ $16, SI                     // the other four rows of the panel
	VBROADCASTSS alpha+88(FP), Y15
	SCALE(Y0, Y1, Y2)
	SCALE(Y3, Y4, Y5)
	SCALE(Y6, Y7, Y8)
	SCALE(Y9, Y10, Y11)
	VBROADCASTSS beta+92(FP), Y13
	VXORPS Y12, Y12, Y12
	VUCOMISS X12, X13                // beta == 0: c is not read
	JNE  blend
	JP   blend

put:
	CMPQ R10, $24
	JNE  part
	WHOLE(Y0, Y1, Y2)
	WHOLE(Y3, Y4, Y5)
	WHOLE(Y6, Y7, Y8)
	WHOLE(Y9, Y10, Y11)
	JMP half                         // rows are left

part:
	PART(Y0, Y1, Y2)
	PART(Y3, Y4, Y5)
	PART(Y6, Y7, Y8)
	PART(Y9, Y10, Y11)
	JMP half

blend:
	MOVQ DI, AX
	MOVQ R9, R13                     // rows left to read
	BLEND(Y0, Y1, Y2)
	BLEND(Y3, Y4, Y5)
	BLEND(Y6, Y7, Y8)
	BLEND(Y9, Y10, Y11)
	JMP put

done:
	VZEROUPPER
	RET
