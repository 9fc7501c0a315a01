//go:build !purego

#include "textflag.h"

// Fused multiply-add of 8 lanes at a time: d[i] = x[i]·y[i] + z[i], rounded once. The length
// of d is a multiple of 8. Go has no fused multiply-add of float32; the way through float64
// makes a whole product of matrices five times slower (Zen 5, 2026-11).
//
// func fmaAVX2(d, x, y, z []float32)
TEXT ·fmaAVX2(SB), NOSPLIT, $0-96
	MOVQ d_base+0(FP), DI
	MOVQ d_len+8(FP), CX
	MOVQ x_base+24(FP), SI
	MOVQ y_base+48(FP), DX
	MOVQ z_base+72(FP), BX
	XORQ AX, AX // i = 0

eight:
	CMPQ AX, CX
	JGE  done                        // for i < len(d)
	VMOVUPS (SI)(AX*4), Y0           // Y0 = x[i:i+8]
	VMOVUPS (BX)(AX*4), Y1           // Y1 = z[i:i+8]
	VFMADD132PS (DX)(AX*4), Y1, Y0   // Y0 = Y0·y[i:i+8] + Y1
	VMOVUPS Y0, (DI)(AX*4)           // d[i:i+8] = Y0
	ADDQ $8, AX                      // i += 8
	JMP  eight

done:
	VZEROUPPER
	RET
