//go:build !purego

#include "textflag.h"

// A vector times four panels of 24 columns: gemv_avx512_amd64.s on vectors of half the width.
//
// DI y   SI x   CX k   BX R9 R10 R11 panels   DX i (bytes of a panel)   R8 ldb   R13 add
// Y0-Y11 sum   Y15 x

// COLUMNS: sum += x * b, three vectors of one panel
#define COLUMNS(panel, s0, s1, s2) \
	VFMADD231PS (panel)(DX*1), Y15, s0;      \ // sum[p, 0:8] += x[i] * b[p, i, 0:8]
	VFMADD231PS 32(panel)(DX*1), Y15, s1;    \
	VFMADD231PS 64(panel)(DX*1), Y15, s2

#define STEP \
	VBROADCASTSS (SI), Y15;                  \ // x[i]
	COLUMNS(BX, Y0, Y1, Y2);                 \
	COLUMNS(R9, Y3, Y4, Y5);                 \
	COLUMNS(R10, Y6, Y7, Y8);                \
	COLUMNS(R11, Y9, Y10, Y11)

// func gemvAVX2(y, x, b []float32, ldb, panels int, add bool)
TEXT ·gemvAVX2(SB), NOSPLIT, $0-89
#include "gemv_avx2_amd64.h"
