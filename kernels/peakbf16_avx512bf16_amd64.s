//go:build !purego

#include "textflag.h"
#include "asm_amd64.h"

// The AVX512-BF16 peak: peak_avx512_amd64.s with VDPBF16PS, which does two products and two
// sums a number.
//
//	for ; n > 0; n-- { for i := range a { a[i] += x[0]*y[0] + x[1]*y[1] } }
//
// CX n   Z0 x   Z1 y   Z8-Z31 a
//
// func peakAVX512BF16(n int) int
TEXT ·peakAVX512BF16(SB), NOSPLIT, $0-16
	MOVQ n+0(FP), CX
	IMUL3Q $1536, CX, AX         // 24 registers of 16 numbers, four operations each
	MOVQ AX, ret+8(FP)
	VPXORQ Z0, Z0, Z0
	VPXORQ Z1, Z1, Z1
	VPXORQ Z8, Z8, Z8
	VPXORQ Z9, Z9, Z9
	VPXORQ Z10, Z10, Z10
	VPXORQ Z11, Z11, Z11
	VPXORQ Z12, Z12, Z12
	VPXORQ Z13, Z13, Z13
	VPXORQ Z14, Z14, Z14
	VPXORQ Z15, Z15, Z15
	VPXORQ Z16, Z16, Z16
	VPXORQ Z17, Z17, Z17
	VPXORQ Z18, Z18, Z18
	VPXORQ Z19, Z19, Z19
	VPXORQ Z20, Z20, Z20
	VPXORQ Z21, Z21, Z21
	VPXORQ Z22, Z22, Z22
	VPXORQ Z23, Z23, Z23
	VPXORQ Z24, Z24, Z24
	VPXORQ Z25, Z25, Z25
	VPXORQ Z26, Z26, Z26
	VPXORQ Z27, Z27, Z27
	VPXORQ Z28, Z28, Z28
	VPXORQ Z29, Z29, Z29
	VPXORQ Z30, Z30, Z30
	VPXORQ Z31, Z31, Z31

round:
	TESTQ CX, CX                 // n == 0?
	JLE   done
	VDPBF16PS(0, 1, 8)    // a[0] += x[0]*y[0] + x[1]*y[1]
	VDPBF16PS(0, 1, 9)    // a[1] += x[0]*y[0] + x[1]*y[1]
	VDPBF16PS(0, 1, 10)   // a[2] += x[0]*y[0] + x[1]*y[1]
	VDPBF16PS(0, 1, 11)   // a[3] += x[0]*y[0] + x[1]*y[1]
	VDPBF16PS(0, 1, 12)   // a[4] += x[0]*y[0] + x[1]*y[1]
	VDPBF16PS(0, 1, 13)   // a[5] += x[0]*y[0] + x[1]*y[1]
	VDPBF16PS(0, 1, 14)   // a[6] += x[0]*y[0] + x[1]*y[1]
	VDPBF16PS(0, 1, 15)   // a[7] += x[0]*y[0] + x[1]*y[1]
	VDPBF16PS(0, 1, 16)   // a[8] += x[0]*y[0] + x[1]*y[1]
	VDPBF16PS(0, 1, 17)   // a[9] += x[0]*y[0] + x[1]*y[1]
	VDPBF16PS(0, 1, 18)   // a[10] += x[0]*y[0] + x[1]*y[1]
	VDPBF16PS(0, 1, 19)   // a[11] += x[0]*y[0] + x[1]*y[1]
	VDPBF16PS(0, 1, 20)   // a[12] += x[0]*y[0] + x[1]*y[1]
	VDPBF16PS(0, 1, 21)   // a[13] += x[0]*y[0] + x[1]*y[1]
	VDPBF16PS(0, 1, 22)   // a[14] += x[0]*y[0] + x[1]*y[1]
	VDPBF16PS(0, 1, 23)   // a[15] += x[0]*y[0] + x[1]*y[1]
	VDPBF16PS(0, 1, 24)   // a[16] += x[0]*y[0] + x[1]*y[1]
	VDPBF16PS(0, 1, 25)   // a[17] += x[0]*y[0] + x[1]*y[1]
	VDPBF16PS(0, 1, 26)   // a[18] += x[0]*y[0] + x[1]*y[1]
	VDPBF16PS(0, 1, 27)   // a[19] += x[0]*y[0] + x[1]*y[1]
	VDPBF16PS(0, 1, 28)   // a[20] += x[0]*y[0] + x[1]*y[1]
	VDPBF16PS(0, 1, 29)   // a[21] += x[0]*y[0] + x[1]*y[1]
	VDPBF16PS(0, 1, 30)   // a[22] += x[0]*y[0] + x[1]*y[1]
	VDPBF16PS(0, 1, 31)   // a[23] += x[0]*y[0] + x[1]*y[1]
	DECQ  CX                     // n--
	JMP   round

done:
	VZEROUPPER
	RET
