//go:build !purego

#include "textflag.h"

// Packs k rows of width numbers into panels that lie one after another:
//
//	for i := range k {
//		prefetch src[(i+16)*along:]               // rows may be pages apart
//		for at := 0; at < width; at += panel {
//			to := dst[at*k + i*panel:][:panel]   // row i of a panel
//			clear(to[copy(to, src[i*along:][at:width]):])
//		}
//	}
//
// panel is a multiple of 8. A row's last numbers are read by masked load, so nothing past
// them is; their vector is stored whole, for the panel has room and wants zeros there.
//
// AX row i of the first panel   R11 of this panel   DI in it   R12 bytes left in it
// SI row i of src   R8 in it   R13 width   CX bytes left in it   DX along   R14 16*along
// R9 panel   R10 from a panel to the next   BX k   (all in bytes)   Y1 mask   Y2 zero

// func packRowsAVX2(dst, src []float32, along, width, panel, k int)
TEXT ·packRowsAVX2(SB), NOSPLIT, $0-80
	MOVQ   dst_base+0(FP), AX
	MOVQ   src_base+24(FP), SI
	MOVQ   along+48(FP), DX
	MOVQ   width+56(FP), R13
	MOVQ   panel+64(FP), R9
	MOVQ   k+72(FP), BX
	SHLQ   $2, DX                    // bytes
	SHLQ   $2, R9
	MOVQ   R9, R10
	IMULQ  BX, R10                   // a panel has k rows
	MOVQ   DX, R14
	SHLQ   $4, R14
	MOVQ   R13, R8
	ANDQ   $7, R8                    // the lanes of the mask: j < width % 8
	LEAQ   lanes<>(SB), DI
	SHLQ   $2, R8
	NEGQ   R8
	VMOVDQU 32(DI)(R8*1), Y1
	SHLQ   $2, R13
	VPXOR  Y2, Y2, Y2

row:
	MOVQ SI, R8                      // src[i*along:]
	MOVQ AX, R11                     // dst[i*panel:]
	MOVQ R13, CX

side:
	CMPQ CX, R9                      // a whole panel?
	MOVQ R11, DI
	MOVQ R9, R12
	JLT  edge

whole:
	VMOVUPS    (R8), Y0              // copy(to[:8], src)
	PREFETCHT0 (R8)(R14*1)
	VMOVUPS    Y0, (DI)
	ADDQ       $32, R8
	ADDQ       $32, DI
	SUBQ       $32, R12
	JNZ        whole
	ADDQ       R10, R11              // the next panel
	SUBQ       R9, CX
	JNZ        side

next:
	ADDQ R9, AX                      // i++
	ADDQ DX, SI
	DECQ BX
	JNZ  row
	VZEROUPPER
	RET

edge:
	CMPQ       CX, $32
	JLT        last
	VMOVUPS    (R8), Y0              // copy(to[:8], src)
	PREFETCHT0 (R8)(R14*1)
	VMOVUPS    Y0, (DI)
	ADDQ       $32, R8
	ADDQ       $32, DI
	SUBQ       $32, CX
	SUBQ       $32, R12
	JMP        edge

last:
	VMASKMOVPS (R8), Y1, Y0          // what is left of the row, then zeros
	PREFETCHT0 (R8)(R14*1)

fill:
	VMOVUPS Y0, (DI)
	VMOVAPS Y2, Y0                   // only zeros from here
	ADDQ    $32, DI
	SUBQ    $32, R12
	JNZ     fill
	JMP     next

// Eight lanes of ones and eight of zeros: read n numbers before the middle, n lanes are set.
DATA lanes<>+0(SB)/8, $-1
DATA lanes<>+8(SB)/8, $-1
DATA lanes<>+16(SB)/8, $-1
DATA lanes<>+24(SB)/8, $-1
DATA lanes<>+32(SB)/8, $0
DATA lanes<>+40(SB)/8, $0
DATA lanes<>+48(SB)/8, $0
DATA lanes<>+56(SB)/8, $0
GLOBL lanes<>(SB), RODATA|NOPTR, $64
