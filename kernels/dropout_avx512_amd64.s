//go:build !purego

#include "textflag.h"
#include "const_amd64.h"
#include "map_avx512_amd64.h"
#include "philox_amd64.h"

// KEEP: x = x/keep where word <= limit-1, else 0. Clobbers K2.
#define KEEP(word, x) \
	VPCMPUD $2, V13, word, K2; \ // K2 = word <= limit-1, unsigned
	VDIVPS.Z V14, x, K2, x

// KEYS: the keys of the first round, for PHILOX.
#define KEYS \
	VPBROADCASTD key_0+48(FP), V6; \
	VPBROADCASTD key_1+52(FP), V7

// Dropout: dst[i] = x[i]/keep if word[i] < limit, else 0, see philox_amd64.h
//
//	for ; n >= 2*LANES; n -= 2*LANES { make 2*LANES words; keep by them }
//	if n > 0 { make 2*LANES words; keep by the first n, LANES at a time under a mask }
//
// DI dst   SI x   CX n   V0, V1 words   V2, V3 x   V12 block numbers   V13 limit-1
// V14 keep   V8 blocks per round of the loop
//
// func dropoutAVX512(dst, x []float32, key [2]uint32, counter, limit uint64, keep float32)
TEXT ·dropoutAVX512(SB), NOSPLIT, $0-76
	MOVQ         dst_base+0(FP), DI
	MOVQ         x_base+24(FP), SI
	MOVQ         x_len+32(FP), CX
	VPBROADCASTQ counter+56(FP), V12
	VPADDQ       blocks8<>(SB), V12, V12 // V12 = counter + lane's block
	MOVL         $(LANES/2), AX
	VMOVQ        AX, X8
	VPBROADCASTQ X8, V8                // V8 = blocks per round of the loop
	MOVQ         limit+64(FP), AX
	SUBQ         $1, AX
	VMOVD        AX, X13
	VPBROADCASTD X13, V13              // V13 = limit-1
	VBROADCASTSS keep+72(FP), V14

blocks:
	SUBQ    $(2*LANES), CX             // if n -= 2*LANES; n < 0 { goto tail }
	JLT     tail
	KEYS
	PHILOX                             // V0, V1 = words
	VPADDQ  V8, V12, V12               // the next blocks
	VMOVUPS (SI), V2                   // x[0:LANES]
	VMOVUPS (4*LANES)(SI), V3          // x[LANES:2*LANES]
	KEEP(V0, V2)
	KEEP(V1, V3)
	VMOVUPS V2, (DI)                   // dst[0:LANES]
	VMOVUPS V3, (4*LANES)(DI)          // dst[LANES:2*LANES]
	ADDQ    $(8*LANES), SI             // x = x[2*LANES:]
	ADDQ    $(8*LANES), DI             // dst = dst[2*LANES:]
	JMP     blocks

tail:
	ADDQ $(2*LANES), CX
	JEQ  done                          // if n == 0 { goto done }
	KEYS
	PHILOX
	MASK_TAIL
	LOAD_TAIL((SI), V2)                // x[0:min(n, LANES)]
	KEEP(V0, V2)
	STORE_TAIL(V2, (DI))               // dst[0:min(n, LANES)]
	SUBQ $LANES, CX                    // if n -= LANES; n <= 0 { goto done }
	JLE  done
	MASK_TAIL
	LOAD_TAIL((4*LANES)(SI), V3)       // x[LANES:LANES+n]
	KEEP(V1, V3)
	STORE_TAIL(V3, (4*LANES)(DI))      // dst[LANES:LANES+n]

done:
	VZEROUPPER
	RET
