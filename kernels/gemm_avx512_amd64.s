//go:build !purego

#include "textflag.h"

// The AVX-512 microkernel: a tile of 8 × 48 numbers of C.
//
//	for r, j { acc[r][j] = 0 }                  // 24 registers
//	for i := range k {
//		for r, j { acc[r][j] += a[i*8+r] * b[i*48+j] }
//	}
//	c[:rows, :cols] = alpha*acc + beta*c[:rows, :cols]
//
// A step of k takes 24 FMAs, 12 cycles of two units, for 11 loads: each vector of b serves
// eight rows, each number of a three vectors. When only one or two of the three vectors of
// the tile's width are wanted, the others are not computed; columns are cut by opmask, rows
// by leaving the stores early.
//
// DI c   R8 ldc (bytes)   SI a   BX b   CX k   R9 rows   R10 cols   AX scratch
// Z0-Z23 acc   Z24-Z26 b   Z27 Z28 a   Z29 alpha   Z30 beta   Z31 c   K1-K3 columns

// ROW3: acc row += a[r] * b, three vectors
#define ROW3(off, z, a0, a1, a2) \
	VBROADCASTSS off(SI), z;                 \ // a[i, r]
	VFMADD231PS Z24, z, a0;                  \ // acc[r, 0:16] += a[i, r] * b[i, 0:16]
	VFMADD231PS Z25, z, a1;                  \
	VFMADD231PS Z26, z, a2

// STEP3: one step of k, three vectors wide
#define STEP3(aoff, boff) \
	VMOVUPS boff(BX), Z24;                   \ // b[i, 0:16]
	VMOVUPS (boff+64)(BX), Z25;              \
	VMOVUPS (boff+128)(BX), Z26;             \
	ROW3((aoff+0), Z27, Z0, Z1, Z2);         \
	ROW3((aoff+4), Z28, Z3, Z4, Z5);         \
	ROW3((aoff+8), Z27, Z6, Z7, Z8);         \
	ROW3((aoff+12), Z28, Z9, Z10, Z11);      \
	ROW3((aoff+16), Z27, Z12, Z13, Z14);     \
	ROW3((aoff+20), Z28, Z15, Z16, Z17);     \
	ROW3((aoff+24), Z27, Z18, Z19, Z20);     \
	ROW3((aoff+28), Z28, Z21, Z22, Z23)

// ROW2 and STEP2: the same, two vectors wide
#define ROW2(off, z, a0, a1) \
	VBROADCASTSS off(SI), z;                 \ // a[i, r]
	VFMADD231PS Z24, z, a0;                  \ // acc[r, 0:16] += a[i, r] * b[i, 0:16]
	VFMADD231PS Z25, z, a1

#define STEP2(aoff, boff) \
	VMOVUPS boff(BX), Z24;                   \ // b[i, 0:16]
	VMOVUPS (boff+64)(BX), Z25;              \
	ROW2((aoff+0), Z27, Z0, Z1); \
	ROW2((aoff+4), Z28, Z3, Z4); \
	ROW2((aoff+8), Z27, Z6, Z7); \
	ROW2((aoff+12), Z28, Z9, Z10); \
	ROW2((aoff+16), Z27, Z12, Z13); \
	ROW2((aoff+20), Z28, Z15, Z16); \
	ROW2((aoff+24), Z27, Z18, Z19); \
	ROW2((aoff+28), Z28, Z21, Z22)

// STEP1: the same, one vector wide. Eight sums alone would wait for one another's FMAs, so
// even and odd steps have sums of their own, s and t, which are added up in the end.
#define STEP1(aoff, boff, s0, s1, s2, s3, s4, s5, s6, s7) \
	VMOVUPS boff(BX), Z24;                   \ // b[i, 0:16]
	VFMADD231PS.BCST (aoff+0)(SI), Z24, s0; \ // acc[r, 0:16] += a[i, r] * b[i, 0:16]
	VFMADD231PS.BCST (aoff+4)(SI), Z24, s1; \
	VFMADD231PS.BCST (aoff+8)(SI), Z24, s2; \
	VFMADD231PS.BCST (aoff+12)(SI), Z24, s3; \
	VFMADD231PS.BCST (aoff+16)(SI), Z24, s4; \
	VFMADD231PS.BCST (aoff+20)(SI), Z24, s5; \
	VFMADD231PS.BCST (aoff+24)(SI), Z24, s6; \
	VFMADD231PS.BCST (aoff+28)(SI), Z24, s7

#define STEP1EVEN STEP1(0, 0, Z0, Z3, Z6, Z9, Z12, Z15, Z18, Z21)
#define STEP1ODD STEP1(32, 192, Z1, Z4, Z7, Z10, Z13, Z16, Z19, Z22)

// SET: c row = alpha*acc
#define SET(a0, a1, a2) \
	VMULPS Z29, a0, a0;                      \ // acc *= alpha
	VMULPS Z29, a1, a1;                      \
	VMULPS Z29, a2, a2;                      \
	VMOVUPS a0, K1, (DI);                    \ // c[r, 0:16] = acc
	VMOVUPS a1, K2, 64(DI);                  \
	VMOVUPS a2, K3, 128(DI);                 \
	ADDQ R8, DI;                             \ // the next row
	DECQ R9;                                 \
	JZ   done

// BLEND: c row = alpha*acc + beta*c row
#define BLEND(a0, a1, a2) \
	VMULPS Z29, a0, a0;                      \ // acc *= alpha
	VMULPS Z29, a1, a1;                      \
	VMULPS Z29, a2, a2;                      \
	VMOVUPS.Z (DI), K1, Z31;                 \ // acc += beta*c[r]
	VFMADD231PS Z31, Z30, a0;                \
	VMOVUPS.Z 64(DI), K2, Z31;               \
	VFMADD231PS Z31, Z30, a1;                \
	VMOVUPS.Z 128(DI), K3, Z31;              \
	VFMADD231PS Z31, Z30, a2;                \
	VMOVUPS a0, K1, (DI);                    \ // c[r, 0:16] = acc
	VMOVUPS a1, K2, 64(DI);                  \
	VMOVUPS a2, K3, 128(DI);                 \
	ADDQ R8, DI;                             \ // the next row
	DECQ R9;                                 \
	JZ   done

// func gemmTileAVX512(c []float32, ldc int, a, b []float32, k int, alpha, beta float32, rows, cols int)
TEXT ·gemmTileAVX512(SB), NOSPLIT, $0-112
	MOVQ c_base+0(FP), DI
	MOVQ ldc+24(FP), R8
	MOVQ a_base+32(FP), SI
	MOVQ b_base+56(FP), BX
	MOVQ k+80(FP), CX
	VBROADCASTSS alpha+88(FP), Z29
	VBROADCASTSS beta+92(FP), Z30
	MOVQ rows+96(FP), R9
	MOVQ cols+104(FP), R10
	SHLQ $2, R8                      // bytes
	MOVQ $-1, AX
	BZHIQ R10, AX, AX                // one bit a column
	KMOVW AX, K1
	SHRQ $16, AX
	KMOVW AX, K2
	SHRQ $16, AX
	KMOVW AX, K3
	MOVQ DI, AX                      // the tile of c is needed when the sums are done
	MOVQ R9, DX

prefetch:
	PREFETCHT0 (AX)
	PREFETCHT0 64(AX)
	PREFETCHT0 128(AX)
	ADDQ R8, AX
	DECQ DX
	JNZ  prefetch
	VPXORQ Z0, Z0, Z0                // acc = 0
	VPXORQ Z1, Z1, Z1
	VPXORQ Z2, Z2, Z2
	VPXORQ Z3, Z3, Z3
	VPXORQ Z4, Z4, Z4
	VPXORQ Z5, Z5, Z5
	VPXORQ Z6, Z6, Z6
	VPXORQ Z7, Z7, Z7
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
	CMPQ R10, $16                    // how many vectors wide?
	JLE  narrow
	CMPQ R10, $32
	JLE  middle
	SUBQ $4, CX
	JLT  tail

wide:
	STEP3(0, 0)                      // four steps of k
	STEP3(32, 192)
	STEP3(64, 384)
	STEP3(96, 576)
	ADDQ $128, SI
	ADDQ $768, BX
	SUBQ $4, CX
	JGE  wide

tail:
	ADDQ $4, CX                      // k % 4 steps are left
	JZ   store

single:
	STEP3(0, 0)
	ADDQ $32, SI
	ADDQ $192, BX
	DECQ CX
	JNZ  single
	JMP  store

middle:
	SUBQ $2, CX
	JLT  middletail

middlesteps:
	STEP2(0, 0)                      // two steps of k
	STEP2(32, 192)
	ADDQ $64, SI
	ADDQ $384, BX
	SUBQ $2, CX
	JGE  middlesteps

middletail:
	ADDQ $2, CX                      // k % 2 steps are left
	JZ   store
	STEP2(0, 0)
	JMP  store

narrow:
	SUBQ $2, CX
	JLT  narrowtail

narrowsteps:
	STEP1EVEN
	STEP1ODD
	ADDQ $64, SI
	ADDQ $384, BX
	SUBQ $2, CX
	JGE  narrowsteps

narrowtail:
	ADDQ $2, CX                      // k % 2 steps are left
	JZ   narrowsum
	STEP1EVEN

narrowsum:
	VADDPS Z1, Z0, Z0                // s += t
	VADDPS Z4, Z3, Z3
	VADDPS Z7, Z6, Z6
	VADDPS Z10, Z9, Z9
	VADDPS Z13, Z12, Z12
	VADDPS Z16, Z15, Z15
	VADDPS Z19, Z18, Z18
	VADDPS Z22, Z21, Z21

store:
	VPXORQ Z31, Z31, Z31
	VUCOMISS X31, X30                // beta == 0: c is not read
	JNE  blend
	JP   blend
	SET(Z0, Z1, Z2)
	SET(Z3, Z4, Z5)
	SET(Z6, Z7, Z8)
	SET(Z9, Z10, Z11)
	SET(Z12, Z13, Z14)
	SET(Z15, Z16, Z17)
	SET(Z18, Z19, Z20)
	SET(Z21, Z22, Z23)
	JMP done

blend:
	BLEND(Z0, Z1, Z2)
	BLEND(Z3, Z4, Z5)
	BLEND(Z6, Z7, Z8)
	BLEND(Z9, Z10, Z11)
	BLEND(Z12, Z13, Z14)
	BLEND(Z15, Z16, Z17)
	BLEND(Z18, Z19, Z20)
	BLEND(Z21, Z22, Z23)

done:
	VZEROUPPER
	RET
