//go:build !purego

#include "textflag.h"
#include "const_amd64.h"
#include "map_avx512_amd64.h"
#include "exp_avx512_amd64.h"

// A row of scores enters the running softmax:
//
//	for i { m = max(m, scale*row[i]) }
//	for i { row[i] = exp(scale*row[i] - m); sum += row[i] }
//
// The tail goes the same way under the mask K1; lanes outside it keep m and sum.
//
// DI row   CX n   Z0 row[i:]   Z1 Z2 exp   Z16 scale   Z17 m   Z18 sum   BX index
//
// func softmaxStepAVX512(row []float32, scale, m float32) (newMax, sum float32)
TEXT ·softmaxStepAVX512(SB), NOSPLIT, $0-40
	MOVQ         row_base+0(FP), DI
	MOVQ         row_len+8(FP), CX
	VBROADCASTSS scale+24(FP), Z16
	VBROADCASTSS m+28(FP), Z17
	VPXORD       Z18, Z18, Z18       // sum = 0
	MOVQ         CX, DX
	ANDQ         $-16, DX            // n of whole vectors
	SUBQ         DX, CX              // n of the tail
	MASK_TAIL                        // K1: its lanes
	XORL         BX, BX              // i = 0

largest:
	CMPQ    BX, DX
	JGE     largestTail
	VMULPS  (DI)(BX*4), Z16, Z0      // scale*row[i:]
	VMAXPS  Z17, Z0, Z17             // m = max(m, scale*row[i:])
	ADDQ    $16, BX
	JMP     largest

largestTail:
	VMOVUPS.Z     (DI)(BX*4), K1, Z0
	VMULPS        Z16, Z0, Z0
	VMAXPS        Z17, Z0, K1, Z17   // m = max(m, scale*row[i:n]), where there is one
	VEXTRACTF64X4 $1, Z17, Y0
	VMAXPS        Y0, Y17, Y0        // 16 lanes to 8
	VEXTRACTF128  $1, Y0, X1
	VMAXPS        X1, X0, X0         // 8 lanes to 4
	VPERMILPS     $0x4e, X0, X1
	VMAXPS        X1, X0, X0         // 4 lanes to 2
	VPERMILPS     $0xb1, X0, X1
	VMAXPS        X1, X0, X0         // 2 lanes to 1
	VMOVSS        X0, newMax+32(FP)
	VBROADCASTSS  X0, Z17            // m
	XORL          BX, BX

exps:
	CMPQ        BX, DX
	JGE         expsTail
	VMOVUPS     (DI)(BX*4), Z0
	VFMSUB213PS Z17, Z16, Z0         // scale*row[i:] - m
	EXP(Z0, Z1, Z2)
	VMOVUPS     Z0, (DI)(BX*4)       // row[i:] = exp
	VADDPS      Z0, Z18, Z18         // sum += row[i:]
	ADDQ        $16, BX
	JMP         exps

expsTail:
	VMOVUPS.Z     (DI)(BX*4), K1, Z0
	VFMSUB213PS   Z17, Z16, Z0       // scale*row[i:n] - m
	EXP(Z0, Z1, Z2)
	VMOVUPS       Z0, K1, (DI)(BX*4) // row[i:n] = exp
	VADDPS        Z0, Z18, K1, Z18   // sum += row[i:n]
	VEXTRACTF64X4 $1, Z18, Y0
	VADDPS        Y0, Y18, Y0        // 16 lanes to 8
	VEXTRACTF128  $1, Y0, X1
	VADDPS        X1, X0, X0         // 8 lanes to 4
	VPERMILPS     $0x4e, X0, X1
	VADDPS        X1, X0, X0         // 4 lanes to 2
	VPERMILPS     $0xb1, X0, X1
	VADDPS        X1, X0, X0         // 2 lanes to 1
	VMOVSS        X0, sum+36(FP)
	VZEROUPPER
	RET

// The gradient of a row of scores:
//
//	for i { p[i] = exp(scale*p[i] - lse); ds[i] = scale * p[i] * (ds[i] - delta) }
//
// with the tail under the mask K1.
//
// DI p   SI ds   CX n   Z0 p[i:]   Z1 Z2 exp   Z3 ds[i:]   Z16 scale   Z17 lse   Z18 delta
//
// func softmaxGradientAVX512(p, ds []float32, scale, lse, delta float32)
TEXT ·softmaxGradientAVX512(SB), NOSPLIT, $0-60
	MOVQ         p_base+0(FP), DI
	MOVQ         p_len+8(FP), CX
	MOVQ         ds_base+24(FP), SI
	VBROADCASTSS scale+48(FP), Z16
	VBROADCASTSS lse+52(FP), Z17
	VBROADCASTSS delta+56(FP), Z18
	KXNORW       K1, K1, K1          // all lanes

vectors:
	SUBQ $16, CX
	JLT  tail

vector:
	VMOVUPS.Z   (DI), K1, Z0
	VMOVUPS.Z   (SI), K1, Z3
	VFMSUB213PS Z17, Z16, Z0         // scale*p[i:] - lse
	EXP(Z0, Z1, Z2)
	VMOVUPS     Z0, K1, (DI)         // p[i:] = exp
	VSUBPS      Z18, Z3, Z3          // ds[i:] - delta
	VMULPS      Z16, Z3, Z3          // scale*(ds[i:] - delta)
	VMULPS      Z0, Z3, Z3
	VMOVUPS     Z3, K1, (SI)         // ds[i:] = scale*p[i:]*(ds[i:] - delta)
	ADDQ        $64, DI
	ADDQ        $64, SI
	JMP         vectors

tail:
	ADDQ $16, CX
	JLE  done                        // if n <= 0 { goto done }
	MASK_TAIL                        // K1: the last n lanes
	XORL CX, CX                      // and no more after them
	JMP  vector

done:
	VZEROUPPER
	RET
