//go:build !purego

#include "textflag.h"

// Transposition in blocks of 8 × 8: dst[c*ldd + r] = src[r*lds + c]
//
//	for r := 0; r < rows; r += 8 {
//		for c := 0; c < cols; c += 8 {
//			load eight rows of src; exchange pairs, then pairs of pairs, then halves
//			store eight rows of dst
//		}
//	}
//
// DI, R12 dst of columns c and c+4   SI, R13 src of rows r and r+4   R8, R9 one and three
// ldd   R10, R11 one and three lds (bytes)   DX rows   CX cols   BX cols left
// AX, R14 dst and src of the block row
//
// func transposeAVX2(dst []float32, ldd int, src []float32, lds, rows, cols int)
TEXT ·transposeAVX2(SB), NOSPLIT, $0-80
	MOVQ dst_base+0(FP), AX
	MOVQ ldd+24(FP), R8
	MOVQ src_base+32(FP), R14
	MOVQ lds+56(FP), R10
	MOVQ rows+64(FP), DX
	MOVQ cols+72(FP), CX
	SHLQ $2, R8                      // strides in bytes
	SHLQ $2, R10
	LEAQ (R8)(R8*2), R9              // 3*ldd
	LEAQ (R10)(R10*2), R11           // 3*lds

rows:
	SUBQ $8, DX                      // if rows -= 8; rows < 0 { goto done }
	JLT  done
	MOVQ AX, DI
	MOVQ R14, SI
	MOVQ CX, BX

block:
	LEAQ        (DI)(R8*4), R12
	LEAQ        (SI)(R10*4), R13
	LEAQ        (SI)(R10*8), R15     // the next eight rows
	PREFETCHT0  (R15)
	PREFETCHT0  (R15)(R10*1)
	PREFETCHT0  (R15)(R10*2)
	PREFETCHT0  (R15)(R11*1)
	LEAQ        (R13)(R10*8), R15
	PREFETCHT0  (R15)
	PREFETCHT0  (R15)(R10*1)
	PREFETCHT0  (R15)(R10*2)
	PREFETCHT0  (R15)(R11*1)
	VMOVUPS     (SI), Y0             // row 0: a0 a1 … a7
	VMOVUPS     (SI)(R10*1), Y1
	VMOVUPS     (SI)(R10*2), Y2
	VMOVUPS     (SI)(R11*1), Y3
	VMOVUPS     (R13), Y4
	VMOVUPS     (R13)(R10*1), Y5
	VMOVUPS     (R13)(R10*2), Y6
	VMOVUPS     (R13)(R11*1), Y7     // row 7: h0 h1 … h7
	VUNPCKLPS   Y1, Y0, Y8           // a0 b0 a1 b1 | a4 b4 a5 b5
	VUNPCKHPS   Y1, Y0, Y9           // a2 b2 a3 b3 | a6 b6 a7 b7
	VUNPCKLPS   Y3, Y2, Y10          // c0 d0 c1 d1 | …
	VUNPCKHPS   Y3, Y2, Y11
	VUNPCKLPS   Y5, Y4, Y12          // e0 f0 e1 f1 | …
	VUNPCKHPS   Y5, Y4, Y13
	VUNPCKLPS   Y7, Y6, Y14          // g0 h0 g1 h1 | …
	VUNPCKHPS   Y7, Y6, Y15
	VUNPCKLPD   Y10, Y8, Y0          // a0 b0 c0 d0 | a4 b4 c4 d4
	VUNPCKHPD   Y10, Y8, Y1          // a1 b1 c1 d1 | a5 …
	VUNPCKLPD   Y11, Y9, Y2          // a2 … | a6 …
	VUNPCKHPD   Y11, Y9, Y3          // a3 … | a7 …
	VUNPCKLPD   Y14, Y12, Y4         // e0 f0 g0 h0 | e4 f4 g4 h4
	VUNPCKHPD   Y14, Y12, Y5
	VUNPCKLPD   Y15, Y13, Y6
	VUNPCKHPD   Y15, Y13, Y7
	VPERM2F128  $0x20, Y4, Y0, Y8    // a0 … h0
	VPERM2F128  $0x20, Y5, Y1, Y9    // a1 … h1
	VPERM2F128  $0x20, Y6, Y2, Y10
	VPERM2F128  $0x20, Y7, Y3, Y11
	VPERM2F128  $0x31, Y4, Y0, Y12   // a4 … h4
	VPERM2F128  $0x31, Y5, Y1, Y13
	VPERM2F128  $0x31, Y6, Y2, Y14
	VPERM2F128  $0x31, Y7, Y3, Y15   // a7 … h7
	VMOVUPS     Y8, (DI)             // dst[c, r:r+8]
	VMOVUPS     Y9, (DI)(R8*1)
	VMOVUPS     Y10, (DI)(R8*2)
	VMOVUPS     Y11, (DI)(R9*1)
	VMOVUPS     Y12, (R12)
	VMOVUPS     Y13, (R12)(R8*1)
	VMOVUPS     Y14, (R12)(R8*2)
	VMOVUPS     Y15, (R12)(R9*1)
	LEAQ        (DI)(R8*8), DI       // dst = dst[8:, :]
	ADDQ        $32, SI              // src = src[:, 8:]
	SUBQ        $8, BX
	JGT         block
	ADDQ        $32, AX              // dst = dst[:, 8:]
	LEAQ        (R14)(R10*8), R14    // src = src[8:, :]
	JMP         rows

done:
	VZEROUPPER
	RET
