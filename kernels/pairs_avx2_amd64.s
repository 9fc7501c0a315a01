//go:build !purego

#include "textflag.h"

// high is the mask of the upper halves of eight words.
DATA high<>+0(SB)/8, $0xffff0000ffff0000
DATA high<>+8(SB)/8, $0xffff0000ffff0000
DATA high<>+16(SB)/8, $0xffff0000ffff0000
DATA high<>+24(SB)/8, $0xffff0000ffff0000
GLOBL high<>(SB), RODATA|NOPTR, $32

// The words of a panel are taken apart:
//
//	for ; len(dst) > 0; dst, words = dst[2*cols:], words[cols:] {
//		dst[0:cols] = words[0:cols] << 16
//		dst[cols:2*cols] = words[0:cols] & 0xffff0000     // but not past the end of dst
//	}
//
// DI dst   CX len(dst)   SI words   R8 cols   R9 columns left   R10 the second row   Y0-Y2 words
//
// func unpairsAVX2(dst, words []float32, cols int)
TEXT ·unpairsAVX2(SB), NOSPLIT, $0-56
	MOVQ    dst_base+0(FP), DI
	MOVQ    dst_len+8(FP), CX
	MOVQ    words_base+24(FP), SI
	MOVQ    cols+48(FP), R8
	VMOVDQU high<>(SB), Y2

rows:
	SUBQ R8, CX                      // if len(dst) -= cols; len(dst) < 0 { return }
	JLT  done
	LEAQ (DI)(R8*4), R10             // the second row
	MOVQ R8, R9
	CMPQ CX, R8
	JLT  last                        // if there is none { goto last }
	SUBQ R8, CX

both:
	VMOVDQU (SI), Y0                 // words[0:8]
	VPSLLD  $16, Y0, Y1
	VPAND   Y2, Y0, Y0
	VMOVDQU Y1, (DI)                 // dst[0:8] = the lower halves
	VMOVDQU Y0, (R10)                // dst[cols:cols+8] = the upper halves
	ADDQ    $32, SI
	ADDQ    $32, DI
	ADDQ    $32, R10
	SUBQ    $8, R9
	JNZ     both
	MOVQ    R10, DI
	JMP     rows

last:
	VMOVDQU (SI), Y0                 // words[0:8]
	VPSLLD  $16, Y0, Y1
	VMOVDQU Y1, (DI)                 // dst[0:8] = the lower halves
	ADDQ    $32, SI
	ADDQ    $32, DI
	SUBQ    $8, R9
	JNZ     last

done:
	VZEROUPPER
	RET

// The bfloat16 twin of gemv_avx2_amd64.s: a word has two numbers of each column, one in each
// half, and a half is the upper half of a float32.
//
//	for i := range k {                          // words
//		for p, j {
//			sum[p][j] += x[i].low * b[p*ldb + i*24+j].low
//			sum[p][j] += x[i].high * b[p*ldb + i*24+j].high
//		}
//	}
//
// Registers are those of gemv_avx2_amd64.s, but: Y12 b, Y13 b.low, Y14 x.low, Y15 x.high

// COLUMN: sum += x * b, one vector
#define COLUMN(at, sum) \
	VMOVDQU at, Y12;                         \ // b[p, i, 0:8]
	VPSLLD $16, Y12, Y13;                    \ // its lower halves as float32
	VFMADD231PS Y13, Y14, sum;               \ // sum[p, 0:8] += x[i].low * b.low
	VPAND high<>(SB), Y12, Y12;              \ // its upper halves
	VFMADD231PS Y12, Y15, sum                  // sum[p, 0:8] += x[i].high * b.high

#define COLUMNS(panel, s0, s1, s2) \
	COLUMN((panel)(DX*1), s0);               \
	COLUMN(32(panel)(DX*1), s1);             \
	COLUMN(64(panel)(DX*1), s2)

#define STEP \
	VPBROADCASTD (SI), Y15;                  \ // x[i]
	VPSLLD $16, Y15, Y14;                    \
	VPAND high<>(SB), Y15, Y15;              \
	COLUMNS(BX, Y0, Y1, Y2);                 \
	COLUMNS(R9, Y3, Y4, Y5);                 \
	COLUMNS(R10, Y6, Y7, Y8);                \
	COLUMNS(R11, Y9, Y10, Y11)

// func gemvPairsAVX2(y, x, b []float32, ldb, panels int, add bool)
TEXT ·gemvPairsAVX2(SB), NOSPLIT, $0-89
#include "gemv_avx2_amd64.h"
