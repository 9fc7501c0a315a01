//go:build !purego

#include "textflag.h"

// The AVX2 peak: 12 independent chains of fused multiply-adds, more than the latency
// (4 cycles) times the throughput (2 a cycle), so that only throughput counts.
//
//	for ; n > 0; n-- { for i := range a { a[i] += x*y } }
//
// CX n   Y0 x   Y1 y   Y4-Y15 a
//
// func peakAVX2(n int) int
TEXT ·peakAVX2(SB), NOSPLIT, $0-16
	MOVQ n+0(FP), CX
	IMUL3Q $192, CX, AX          // 12 registers of 8 numbers, two operations each
	MOVQ AX, ret+8(FP)
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y4, Y4, Y4
	VXORPS Y5, Y5, Y5
	VXORPS Y6, Y6, Y6
	VXORPS Y7, Y7, Y7
	VXORPS Y8, Y8, Y8
	VXORPS Y9, Y9, Y9
	VXORPS Y10, Y10, Y10
	VXORPS Y11, Y11, Y11
	VXORPS Y12, Y12, Y12
	VXORPS Y13, Y13, Y13
	VXORPS Y14, Y14, Y14
	VXORPS Y15, Y15, Y15

round:
	TESTQ CX, CX                 // n == 0?
	JLE   done
	VFMADD231PS Y0, Y1, Y4   // a[0] += x*y
	VFMADD231PS Y0, Y1, Y5   // a[1] += x*y
	VFMADD231PS Y0, Y1, Y6   // a[2] += x*y
	VFMADD231PS Y0, Y1, Y7   // a[3] += x*y
	VFMADD231PS Y0, Y1, Y8   // a[4] += x*y
	VFMADD231PS Y0, Y1, Y9   // a[5] += x*y
	VFMADD231PS Y0, Y1, Y10   // a[6] += x*y
	VFMADD231PS Y0, Y1, Y11   // a[7] += x*y
	VFMADD231PS Y0, Y1, Y12   // a[8] += x*y
	VFMADD231PS Y0, Y1, Y13   // a[9] += x*y
	VFMADD231PS Y0, Y1, Y14   // a[10] += x*y
	VFMADD231PS Y0, Y1, Y15   // a[11] += x*y
	DECQ  CX                     // n--
	JMP   round

done:
	VZEROUPPER
	RET
