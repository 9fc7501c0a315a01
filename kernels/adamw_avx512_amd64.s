//go:build !purego

#include "textflag.h"
#include "const_amd64.h"
#include "map_avx512_amd64.h"
#include "map_amd64.h"

// One vector of the step. V0-V3 hold p, g, m, v; V6-V14 the fields of c.
#define ADAMW \
	VMULPS V6, V1, V1;        \ // g = scale·g
	VMULPS V8, V2, V2;        \
	VFMADD231PS V9, V1, V2;   \ // m = beta1·m + rest1·g
	VMULPS V1, V1, V1;        \
	VMULPS V10, V3, V3;       \
	VFMADD231PS V11, V1, V3;  \ // v = beta2·v + rest2·g²
	VSQRTPS V3, V4;           \
	VFMADD213PS V13, V12, V4; \ // denom = sqrt(v)·root + eps
	VDIVPS V4, V2, V4;        \
	VMULPS V7, V0, V0;        \
	VFNMADD231PS V14, V4, V0    // p = decay·p - rate·(m/denom)

// AdamW: one step of the optimiser in one pass, as memory-bound code: 16 bytes read and 12
// written per element.
//
// DI p   SI g   DX m   R8 v   CX n   BX i   V0-V4 see ADAMW   V6-V14 c
//
// func adamWAVX512(p, g, m, v []float32, c adamWStep[float32])
TEXT ·adamWAVX512(SB), NOSPLIT, $0-132
	MOVQ         p_base+0(FP), DI
	MOVQ         p_len+8(FP), CX
	MOVQ         g_base+24(FP), SI
	MOVQ         m_base+48(FP), DX
	MOVQ         v_base+72(FP), R8
	VBROADCASTSS c_scale+96(FP), V6
	VBROADCASTSS c_decay+100(FP), V7
	VBROADCASTSS c_beta1+104(FP), V8
	VBROADCASTSS c_rest1+108(FP), V9
	VBROADCASTSS c_beta2+112(FP), V10
	VBROADCASTSS c_rest2+116(FP), V11
	VBROADCASTSS c_root+120(FP), V12
	VBROADCASTSS c_eps+124(FP), V13
	VBROADCASTSS c_rate+128(FP), V14
	XORL         BX, BX              // i = 0

vectors:
	SUBQ    $LANES, CX               // if n -= LANES; n < 0 { goto tail }
	JLT     tail
	VMOVUPS (DI)(BX*4), V0           // V0 = p[i:]
	VMOVUPS (SI)(BX*4), V1           // V1 = g[i:]
	VMOVUPS (DX)(BX*4), V2           // V2 = m[i:]
	VMOVUPS (R8)(BX*4), V3           // V3 = v[i:]
	ADAMW
	VMOVUPS V0, (DI)(BX*4)           // p[i:] = V0
	VMOVUPS V2, (DX)(BX*4)           // m[i:] = V2
	VMOVUPS V3, (R8)(BX*4)           // v[i:] = V3
	ADDQ    $LANES, BX               // i += LANES
	JMP     vectors

tail:
	ADDQ $LANES, CX
	JEQ  done                        // if n == 0 { goto done }
	MASK_TAIL
	LOAD_TAIL((DI)(BX*4), V0)        // V0 = p[i:i+n]
	LOAD_TAIL((SI)(BX*4), V1)        // V1 = g[i:i+n]
	LOAD_TAIL((DX)(BX*4), V2)        // V2 = m[i:i+n]
	LOAD_TAIL((R8)(BX*4), V3)        // V3 = v[i:i+n]
	ADAMW
	STORE_TAIL(V0, (DI)(BX*4))       // p[i:i+n] = V0
	STORE_TAIL(V2, (DX)(BX*4))       // m[i:i+n] = V2
	STORE_TAIL(V3, (R8)(BX*4))       // v[i:i+n] = V3

done:
	VZEROUPPER
	RET
