//go:build !purego

#include "textflag.h"

// Transpose rows × cols numbers, both multiples of 4.
//
//	for r := 0; r < rows; r += 4 {
//		for c := 0; c < cols; c += 4 { dst[c:c+4, r:r+4] = src[r:r+4, c:c+4]ᵀ }
//	}
//
// R0 dst   R1 ldd   R2 src   R3 lds   R4 rows   R5 cols left   R6 cols   R7 running dst
// R8 running src   R9 a row of either (strides in bytes)   V0-V3 rows   V4-V7 pairs
//
// func transposeNEON(dst []float32, ldd int, src []float32, lds, rows, cols int)
TEXT ·transposeNEON(SB), NOSPLIT, $0-80
	MOVD dst_base+0(FP), R0
	MOVD ldd+24(FP), R1
	MOVD src_base+32(FP), R2
	MOVD lds+56(FP), R3
	MOVD rows+64(FP), R4
	MOVD cols+72(FP), R6
	LSL  $2, R1                       // strides in bytes
	LSL  $2, R3

band:
	SUBS $4, R4                       // if rows -= 4; rows < 0 { goto done }
	BLT  done
	MOVD R0, R7
	MOVD R2, R8
	MOVD R6, R5

tile:
	SUBS  $4, R5                      // if cols -= 4; cols < 0 { goto next }
	BLT   next
	MOVD  R8, R9
	VLD1  (R9), [V0.S4]               // row 0
	ADD   R3, R9
	VLD1  (R9), [V1.S4]
	ADD   R3, R9
	VLD1  (R9), [V2.S4]
	ADD   R3, R9
	VLD1  (R9), [V3.S4]
	VTRN1 V1.S4, V0.S4, V4.S4         // columns 0 and 2 of rows 0 and 1
	VTRN2 V1.S4, V0.S4, V5.S4         // columns 1 and 3
	VTRN1 V3.S4, V2.S4, V6.S4         // the same of rows 2 and 3
	VTRN2 V3.S4, V2.S4, V7.S4
	VTRN1 V6.D2, V4.D2, V0.D2         // column 0
	VTRN1 V7.D2, V5.D2, V1.D2         // column 1
	VTRN2 V6.D2, V4.D2, V2.D2
	VTRN2 V7.D2, V5.D2, V3.D2
	VST1  [V0.S4], (R7)               // dst[c, r:r+4]
	ADD   R1, R7
	VST1  [V1.S4], (R7)
	ADD   R1, R7
	VST1  [V2.S4], (R7)
	ADD   R1, R7
	VST1  [V3.S4], (R7)
	ADD   R1, R7                      // c += 4
	ADD   $16, R8
	B     tile

next:
	ADD $16, R0                       // r += 4
	ADD R3<<2, R2
	B   band

done:
	RET
