//go:build !purego

#include "textflag.h"

// The AVX-512 peak: 24 independent chains of fused multiply-adds, more than the latency
// (4 cycles) times the throughput (2 a cycle), so that only throughput counts.
//
//	for ; n > 0; n-- { for i := range a { a[i] += x*y } }
//
// CX n   Z0 x   Z1 y   Z8-Z31 a
//
// func peakAVX512(n int) int
TEXT ·peakAVX512(SB), NOSPLIT, $0-16
	MOVQ n+0(FP), CX
	IMUL3Q $768, CX, AX          // 24 registers of 16 numbers, two operations each
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
	VFMADD231PS Z0, Z1, Z8   // a[0] += x*y
	VFMADD231PS Z0, Z1, Z9   // a[1] += x*y
	VFMADD231PS Z0, Z1, Z10   // a[2] += x*y
	VFMADD231PS Z0, Z1, Z11   // a[3] += x*y
	VFMADD231PS Z0, Z1, Z12   // a[4] += x*y
	VFMADD231PS Z0, Z1, Z13   // a[5] += x*y
	VFMADD231PS Z0, Z1, Z14   // a[6] += x*y
	VFMADD231PS Z0, Z1, Z15   // a[7] += x*y
	VFMADD231PS Z0, Z1, Z16   // a[8] += x*y
	VFMADD231PS Z0, Z1, Z17   // a[9] += x*y
	VFMADD231PS Z0, Z1, Z18   // a[10] += x*y
	VFMADD231PS Z0, Z1, Z19   // a[11] += x*y
	VFMADD231PS Z0, Z1, Z20   // a[12] += x*y
	VFMADD231PS Z0, Z1, Z21   // a[13] += x*y
	VFMADD231PS Z0, Z1, Z22   // a[14] += x*y
	VFMADD231PS Z0, Z1, Z23   // a[15] += x*y
	VFMADD231PS Z0, Z1, Z24   // a[16] += x*y
	VFMADD231PS Z0, Z1, Z25   // a[17] += x*y
	VFMADD231PS Z0, Z1, Z26   // a[18] += x*y
	VFMADD231PS Z0, Z1, Z27   // a[19] += x*y
	VFMADD231PS Z0, Z1, Z28   // a[20] += x*y
	VFMADD231PS Z0, Z1, Z29   // a[21] += x*y
	VFMADD231PS Z0, Z1, Z30   // a[22] += x*y
	VFMADD231PS Z0, Z1, Z31   // a[23] += x*y
	DECQ  CX                     // n--
	JMP   round

done:
	VZEROUPPER
	RET
