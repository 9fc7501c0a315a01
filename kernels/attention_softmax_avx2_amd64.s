//go:build !purego

#include "textflag.h"
#include "const_amd64.h"
#include "map_avx2_amd64.h"
#include "exp_avx2_amd64.h"

// REDUCE: X0 = OP over the 8 lanes of Y0. Clobbers X1.
#define REDUCE(OP) \
	VEXTRACTF128 $1, Y0, X1;     \
	OP           X1, X0, X0;     \ // 8 lanes to 4
	VPERMILPS    $0x4e, X0, X1;  \
	OP           X1, X0, X0;     \ // 4 lanes to 2
	VPERMILPS    $0xb1, X0, X1;  \
	OP           X1, X0, X0      // 2 lanes to 1

// A row of scores enters the running softmax:
//
//	for i { m = max(m, scale*row[i]) }
//	for i { row[i] = exp(scale*row[i] - m); sum += row[i] }
//
// The tail goes the same way under the mask Y15; lanes outside it keep m and sum.
//
// DI row   CX n   DX n of whole vectors   BX index   Y0 row[i:]   Y1 Y2 exp
// Y3 scale   Y4 m   Y5 sum   Y15 mask
//
// func softmaxStepAVX2(row []float32, scale, m float32) (newMax, sum float32)
TEXT ·softmaxStepAVX2(SB), NOSPLIT, $0-40
	MOVQ         row_base+0(FP), DI
	MOVQ         row_len+8(FP), CX
	VBROADCASTSS scale+24(FP), Y3
	VBROADCASTSS m+28(FP), Y4
	VXORPS       Y5, Y5, Y5          // sum = 0
	MOVQ         CX, DX
	ANDQ         $-8, DX             // n of whole vectors
	SUBQ         DX, CX              // n of the tail
	MASK_TAIL                        // Y15: its lanes
	XORL         BX, BX              // i = 0

largest:
	CMPQ   BX, DX
	JGE    largestTail
	VMULPS (DI)(BX*4), Y3, Y0        // scale*row[i:]
	VMAXPS Y4, Y0, Y4                // m = max(m, scale*row[i:])
	ADDQ   $8, BX
	JMP    largest

largestTail:
	VMASKMOVPS   (DI)(BX*4), Y15, Y0
	VMULPS       Y3, Y0, Y0
	VMAXPS       Y4, Y0, Y0          // max(m, scale*row[i:n])
	VBLENDVPS    Y15, Y0, Y4, Y0     // where there is one, else m
	REDUCE(VMAXPS)
	VMOVSS       X0, newMax+32(FP)
	VBROADCASTSS X0, Y4              // m
	XORL         BX, BX

exps:
	CMPQ        BX, DX
	JGE         expsTail
	VMOVUPS     (DI)(BX*4), Y0
	VFMSUB213PS Y4, Y3, Y0           // scale*row[i:] - m
	EXP(Y0, Y1, Y2)
	VMOVUPS     Y0, (DI)(BX*4)       // row[i:] = exp
	VADDPS      Y0, Y5, Y5           // sum += row[i:]
	ADDQ        $8, BX
	JMP         exps

expsTail:
	VMASKMOVPS  (DI)(BX*4), Y15, Y0
	VFMSUB213PS Y4, Y3, Y0           // scale*row[i:n] - m
	EXP(Y0, Y1, Y2)
	VMASKMOVPS  Y0, Y15, (DI)(BX*4)  // row[i:n] = exp
	VANDPS      Y15, Y0, Y0          // 0 past the end
	VADDPS      Y5, Y0, Y0           // sum += row[i:n]
	REDUCE(VADDPS)
	VMOVSS      X0, sum+36(FP)
	VZEROUPPER
	RET

// The gradient of a row of scores:
//
//	for i { p[i] = exp(scale*p[i] - lse); ds[i] = scale * p[i] * (ds[i] - delta) }
//
// with the tail under the mask Y15.
//
// DI p   SI ds   CX n   Y0 p[i:]   Y1 Y2 exp   Y3 ds[i:]   Y4 scale   Y5 lse   Y6 delta
//
// func softmaxGradientAVX2(p, ds []float32, scale, lse, delta float32)
TEXT ·softmaxGradientAVX2(SB), NOSPLIT, $0-60
	MOVQ         p_base+0(FP), DI
	MOVQ         p_len+8(FP), CX
	MOVQ         ds_base+24(FP), SI
	VBROADCASTSS scale+48(FP), Y4
	VBROADCASTSS lse+52(FP), Y5
	VBROADCASTSS delta+56(FP), Y6
	VPCMPEQD     Y15, Y15, Y15       // all lanes

vectors:
	SUBQ $8, CX
	JLT  tail

vector:
	VMASKMOVPS  (DI), Y15, Y0
	VMASKMOVPS  (SI), Y15, Y3
	VFMSUB213PS Y5, Y4, Y0           // scale*p[i:] - lse
	EXP(Y0, Y1, Y2)
	VMASKMOVPS  Y0, Y15, (DI)        // p[i:] = exp
	VSUBPS      Y6, Y3, Y3           // ds[i:] - delta
	VMULPS      Y4, Y3, Y3           // scale*(ds[i:] - delta)
	VMULPS      Y0, Y3, Y3
	VMASKMOVPS  Y3, Y15, (SI)        // ds[i:] = scale*p[i:]*(ds[i:] - delta)
	ADDQ        $32, DI
	ADDQ        $32, SI
	JMP         vectors

tail:
	ADDQ $8, CX
	JLE  done                        // if n <= 0 { goto done }
	MASK_TAIL                        // Y15: the last n lanes
	XORL CX, CX                      // and no more after them
	JMP  vector

done:
	VZEROUPPER
	RET
