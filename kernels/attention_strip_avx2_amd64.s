//go:build !purego

#include "textflag.h"

// Eight rows of a matrix product: c = a·b, or c += a·b.
//
//	for ; n > 0; n -= 16 {
//		for half := range 2 {                // rows 0-3, rows 4-7
//			for r, j { acc[r][j] = 0 }       // 4 × 16, in 8 registers
//			for i := range k {
//				for r, j { acc[r][j] += a[r, i] * b[i, j] }
//			}
//			c[half, :16] = acc, or c[half, :16] += acc
//		}
//		b, c = b[:, 16:], c[:, 16:]
//	}
//
// As attention_strip_avx512_amd64.s: a at any strides, b in whole vectors, no tail. Eight accumulators are
// just enough for two FMA a cycle of 4 cycles' latency.
//
// DI c   R14 ldc   SI a   R8, R9 one and three ars   R10 acs   BX b   R11 ldb   CX n
// DX rows left   AX k   R12, R13, R15 running c or a, a of the half, b (strides in bytes)
// Y0 Y1 b   Y2 a   Y3 add mask   Y4 Y5 c   Y8-Y15 acc

// ROW: acc = (x, y) += a[r, i] * b[i, 0:16]
#define ROW(a, x, y) \
	VBROADCASTSS a, Y2;       \
	VFMADD231PS  Y2, Y0, x;   \
	VFMADD231PS  Y2, Y1, y

// OUT: a row of c = (x, y), or += where Y3 is set; c goes to the next row.
#define OUT(x, y) \
	VMASKMOVPS (R12), Y3, Y4;   \ // c, or 0 (and not read) unless add
	VMASKMOVPS 32(R12), Y3, Y5; \
	VADDPS     x, Y4, Y4;       \
	VADDPS     y, Y5, Y5;       \
	VMOVUPS    Y4, (R12);       \
	VMOVUPS    Y5, 32(R12);     \
	ADDQ       R14, R12

// func stripAVX2(c []float32, ldc int, a []float32, ars, acs int, b []float32, ldb, n, k int, add bool)
TEXT ·stripAVX2(SB), NOSPLIT, $0-121
	MOVQ         c_base+0(FP), DI
	MOVQ         ldc+24(FP), R14
	MOVQ         a_base+32(FP), SI
	MOVQ         ars+56(FP), R8
	MOVQ         acs+64(FP), R10
	MOVQ         b_base+72(FP), BX
	MOVQ         ldb+96(FP), R11
	MOVQ         n+104(FP), CX
	SHLQ         $2, R14             // strides in bytes
	SHLQ         $2, R8
	SHLQ         $2, R10
	SHLQ         $2, R11
	LEAQ         (R8)(R8*2), R9      // 3*ars
	MOVBLZX      add+120(FP), AX
	NEGL         AX
	VMOVD        AX, X3
	VPBROADCASTD X3, Y3              // all ones if add

panel:
	SUBQ $16, CX                     // if n -= 16; n < 0 { goto done }
	JLT  done
	MOVQ SI, R13                     // a of rows 0-3
	MOVQ DI, R12                     // c of row 0
	MOVL $8, DX                      // rows left

half:
	VXORPS Y8, Y8, Y8                // acc = 0
	VXORPS Y9, Y9, Y9
	VXORPS Y10, Y10, Y10
	VXORPS Y11, Y11, Y11
	VXORPS Y12, Y12, Y12
	VXORPS Y13, Y13, Y13
	VXORPS Y14, Y14, Y14
	VXORPS Y15, Y15, Y15
	MOVQ   BX, R15                   // b
	MOVQ   k+112(FP), AX

products:
	VMOVUPS (R15), Y0                // b[i, 0:8]
	VMOVUPS 32(R15), Y1              // b[i, 8:16]
	ROW((R13), Y8, Y9)
	ROW((R13)(R8*1), Y10, Y11)
	ROW((R13)(R8*2), Y12, Y13)
	ROW((R13)(R9*1), Y14, Y15)
	ADDQ    R10, R13                 // a = a[:, 1:]
	ADDQ    R11, R15                 // b = b[1:, :]
	DECQ    AX
	JNE     products
	OUT(Y8, Y9)
	OUT(Y10, Y11)
	OUT(Y12, Y13)
	OUT(Y14, Y15)
	LEAQ    (SI)(R8*4), R13          // a of rows 4-7
	SUBQ    $4, DX
	JGT     half
	ADDQ    $64, BX                  // b = b[:, 16:]
	ADDQ    $64, DI                  // c = c[:, 16:]
	JMP     panel

done:
	VZEROUPPER
	RET
