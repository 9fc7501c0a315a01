//go:build !purego

#include "textflag.h"
#include "const_amd64.h"
#include "map_avx512_amd64.h"

// The two products of a single query with its keys and values, as decoding needs them. A key
// has few numbers, so that a call for each costs more than its arithmetic: a query of 48 numbers
// and 34 keys takes 153 ns, with dot and axpy 567 (AMD EPYC, 2026-11).

// Dot products of q with the rows of k, four at a time:
//
//	for ; len(p) > 0; p, k = p[4:], k[4*ldk:] {
//		for i { s0..s3 += q[i:i+16] * k[0*ldk+i:], k[1*ldk+i:], k[2*ldk+i:], k[3*ldk+i:] }
//		p[0:4] = hsum(s0), hsum(s1), hsum(s2), hsum(s3)
//	}
//
// Of the last rows there may be fewer than four: the last one then stands for those that are
// missing, and their sums are not stored.
//
// DI p   BX rows left   R8 q   R9 d   R10 bytes of a row   SI R11 R12 R13 rows
// DX offset into them   CX numbers left   Z0-Z3 s0..s3   Z4 q   Z5 row   K1 mask
//
// func dotsAVX512(p, q, k []float32, ldk int)
TEXT ·dotsAVX512(SB), NOSPLIT, $0-80
	MOVQ  p_base+0(FP), DI
	MOVQ  p_len+8(FP), BX
	MOVQ  q_base+24(FP), R8
	MOVQ  q_len+32(FP), R9
	MOVQ  k_base+48(FP), SI
	MOVQ  ldk+72(FP), R10
	SHLQ  $2, R10
	TESTQ BX, BX
	JEQ   done                           // if len(p) == 0 { return }

rows:
	LEAQ    (SI)(R10*1), R11             // second row
	CMPQ    BX, $2
	CMOVQLT SI, R11                      // or the first, if that is the last
	LEAQ    (R11)(R10*1), R12            // third row
	CMPQ    BX, $3
	CMOVQLT R11, R12
	LEAQ    (R12)(R10*1), R13            // fourth row
	CMPQ    BX, $4
	CMOVQLT R12, R13
	XORL    DX, DX                       // i = 0
	MOVQ    R9, CX                       // n = d
	VXORPS  Z0, Z0, Z0                   // s0 = 0
	VXORPS  Z1, Z1, Z1                   // s1 = 0
	VXORPS  Z2, Z2, Z2                   // s2 = 0
	VXORPS  Z3, Z3, Z3                   // s3 = 0

columns:
	SUBQ        $16, CX                  // if n -= 16; n < 0 { goto tail }
	JLT         tail
	VMOVUPS     (R8)(DX*1), Z4           // q[i:i+16]
	VFMADD231PS (SI)(DX*1), Z4, Z0       // s0 += q[i:i+16] * k[0*ldk+i:]
	VFMADD231PS (R11)(DX*1), Z4, Z1      // s1 += q[i:i+16] * k[1*ldk+i:]
	VFMADD231PS (R12)(DX*1), Z4, Z2      // s2 += q[i:i+16] * k[2*ldk+i:]
	VFMADD231PS (R13)(DX*1), Z4, Z3      // s3 += q[i:i+16] * k[3*ldk+i:]
	ADDQ        $64, DX                  // i += 16
	JMP         columns

tail:
	ADDQ $16, CX
	JEQ  reduce                          // if n == 0 { goto reduce }
	MASK_TAIL
	LOAD_TAIL((R8)(DX*1), Z4)            // q[i:d], then zeros
	LOAD_TAIL((SI)(DX*1), Z5)
	VFMADD231PS Z5, Z4, Z0               // s0 += q[i:d] * k[0*ldk+i:]
	LOAD_TAIL((R11)(DX*1), Z5)
	VFMADD231PS Z5, Z4, Z1               // s1 += q[i:d] * k[1*ldk+i:]
	LOAD_TAIL((R12)(DX*1), Z5)
	VFMADD231PS Z5, Z4, Z2               // s2 += q[i:d] * k[2*ldk+i:]
	LOAD_TAIL((R13)(DX*1), Z5)
	VFMADD231PS Z5, Z4, Z3               // s3 += q[i:d] * k[3*ldk+i:]

reduce:
	VEXTRACTF64X4 $1, Z0, Y4
	VADDPS        Y4, Y0, Y0             // s0: 16 lanes to 8
	VEXTRACTF64X4 $1, Z1, Y4
	VADDPS        Y4, Y1, Y1             // s1
	VEXTRACTF64X4 $1, Z2, Y4
	VADDPS        Y4, Y2, Y2             // s2
	VEXTRACTF64X4 $1, Z3, Y4
	VADDPS        Y4, Y3, Y3             // s3
	VHADDPS       Y1, Y0, Y0             // in each half, two sums of s0, two of s1
	VHADDPS       Y3, Y2, Y2             // two of s2, two of s3
	VHADDPS       Y2, Y0, Y0             // one of each
	VEXTRACTF128  $1, Y0, X1
	VADDPS        X1, X0, X0             // hsum(s0), hsum(s1), hsum(s2), hsum(s3)
	CMPQ          BX, $4
	JLT           last                   // if len(p) < 4 { goto last }
	VMOVUPS       X0, (DI)               // p[0:4] = the sums
	ADDQ          $16, DI                // p = p[4:]
	LEAQ          (R13)(R10*1), SI       // k = k[4*ldk:]
	SUBQ          $4, BX
	JNE           rows
	JMP           done

last:
	MOVQ BX, CX
	MASK_TAIL
	STORE_TAIL(X0, (DI))                 // p[0:len(p)] = the sums of rows that are there

done:
	VZEROUPPER
	RET

// The sum of the rows of v, each times its weight, is added to o, 64 columns at a time:
//
//	for ; len(o) > 0; o, v = o[64:], v[64:] {
//		for c { o[0:64] += p[c] * v[c*ldv:] }
//	}
//
// All loads and stores are under masks, that of the last columns lets through what is there.
//
// DI o   R9 columns left   R8 p   BX rows   SI v   R10 bytes of a row   R11 row   R12 weight
// CX rows left   Z0-Z3 o   Z4 weight   Z5-Z8 row   K1-K4 masks
//
// func combineAVX512(o, p, v []float32, ldv int)
TEXT ·combineAVX512(SB), NOSPLIT, $0-80
	MOVQ  o_base+0(FP), DI
	MOVQ  o_len+8(FP), R9
	MOVQ  p_base+24(FP), R8
	MOVQ  p_len+32(FP), BX
	MOVQ  v_base+48(FP), SI
	MOVQ  ldv+72(FP), R10
	SHLQ  $2, R10
	TESTQ R9, R9
	JEQ   out                            // if len(o) == 0 { return }
	TESTQ BX, BX
	JEQ   out                            // if len(p) == 0 { return }

strips:
	MOVQ  $-1, AX
	CMPQ  R9, $64
	JGE   masks
	BZHIQ R9, AX, AX                     // the low len(o) bits

masks:
	KMOVW     AX, K1
	SHRQ      $16, AX
	KMOVW     AX, K2
	SHRQ      $16, AX
	KMOVW     AX, K3
	SHRQ      $16, AX
	KMOVW     AX, K4
	VMOVUPS.Z (DI), K1, Z0               // o[0:64]
	VMOVUPS.Z 64(DI), K2, Z1
	VMOVUPS.Z 128(DI), K3, Z2
	VMOVUPS.Z 192(DI), K4, Z3
	MOVQ      SI, R11
	MOVQ      R8, R12
	MOVQ      BX, CX

sum:
	VBROADCASTSS (R12), Z4               // p[c]
	VMOVUPS.Z    (R11), K1, Z5           // v[c*ldv:][0:64]
	VMOVUPS.Z    64(R11), K2, Z6
	VMOVUPS.Z    128(R11), K3, Z7
	VMOVUPS.Z    192(R11), K4, Z8
	VFMADD231PS  Z5, Z4, Z0              // o[0:16] += p[c] * v[c*ldv:][0:16]
	VFMADD231PS  Z6, Z4, Z1              // o[16:32] += …
	VFMADD231PS  Z7, Z4, Z2
	VFMADD231PS  Z8, Z4, Z3
	ADDQ         $4, R12                 // c++
	ADDQ         R10, R11
	DECQ         CX
	JNE          sum
	VMOVUPS      Z0, K1, (DI)            // o[0:64] = the sums
	VMOVUPS      Z1, K2, 64(DI)
	VMOVUPS      Z2, K3, 128(DI)
	VMOVUPS      Z3, K4, 192(DI)
	ADDQ         $256, DI                // o = o[64:]
	ADDQ         $256, SI                // v = v[64:]
	SUBQ         $64, R9
	JGT          strips

out:
	VZEROUPPER
	RET
