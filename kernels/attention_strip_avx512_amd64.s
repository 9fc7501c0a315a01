//go:build !purego

#include "textflag.h"

// Eight rows of a matrix product: c = a·b, or c += a·b.
//
//	for n > 0 {
//		w := 48 or 32 or 16                  // 48 unless 64 or 32 columns are left
//		for r, j { acc[r][j] = 0 }           // 8 × w, in 24, 16 or 8 registers
//		for i := range k {
//			for r, j { acc[r][j] += a[r, i] * b[i, j] }
//		}
//		c[:, :w] = acc, or c[:, :w] += acc
//		b, c, n = b[:, w:], c[:, w:], n-w
//	}
//
// A row of a is read one number at a time, at any strides, so a transposed factor costs
// nothing; b has whole vectors, for n is a multiple of 16, so there is no tail. Two FMA
// a cycle of 4 cycles' latency need 8 accumulators; 24 use each load of b eight times.
//
// DI c   R14 ldc   SI, DX a of rows 0 and 4   R8, R9 one and three ars   R10 acs
// BX b   R11 ldb   CX n   AX k   R12 R13 R15 running a, a+4 rows, b   (strides in bytes)
// Z0-Z2 b   Z4 a   Z8-Z31 acc

// STEP16: acc += a[:, i] * b[i, :]; i++
#define STEP16 \
	VMOVUPS (R15), Z0;                       \ // b[i, 0:16]
	VBROADCASTSS (R12), Z4;                  \ // a[0, i]
	VFMADD231PS Z4, Z0, Z8;                  \
	VBROADCASTSS (R12)(R8*1), Z4;            \ // a[1, i]
	VFMADD231PS Z4, Z0, Z9;                  \
	VBROADCASTSS (R12)(R8*2), Z4;            \ // a[2, i]
	VFMADD231PS Z4, Z0, Z10;                 \
	VBROADCASTSS (R12)(R9*1), Z4;            \ // a[3, i]
	VFMADD231PS Z4, Z0, Z11;                 \
	VBROADCASTSS (R13), Z4;                  \ // a[4, i]
	VFMADD231PS Z4, Z0, Z12;                 \
	VBROADCASTSS (R13)(R8*1), Z4;            \ // a[5, i]
	VFMADD231PS Z4, Z0, Z13;                 \
	VBROADCASTSS (R13)(R8*2), Z4;            \ // a[6, i]
	VFMADD231PS Z4, Z0, Z14;                 \
	VBROADCASTSS (R13)(R9*1), Z4;            \ // a[7, i]
	VFMADD231PS Z4, Z0, Z15;                 \
	ADDQ R10, R12;                           \ // a = a[:, 1:]
	ADDQ R10, R13;                           \
	ADDQ R11, R15                            // b = b[1:, :]

// STEP32: acc += a[:, i] * b[i, :]; i++
#define STEP32 \
	VMOVUPS (R15), Z0;                       \ // b[i, 0:16]
	VMOVUPS 64(R15), Z1;                     \ // b[i, 16:32]
	VBROADCASTSS (R12), Z4;                  \ // a[0, i]
	VFMADD231PS Z4, Z0, Z8;                  \
	VFMADD231PS Z4, Z1, Z9;                  \
	VBROADCASTSS (R12)(R8*1), Z4;            \ // a[1, i]
	VFMADD231PS Z4, Z0, Z10;                 \
	VFMADD231PS Z4, Z1, Z11;                 \
	VBROADCASTSS (R12)(R8*2), Z4;            \ // a[2, i]
	VFMADD231PS Z4, Z0, Z12;                 \
	VFMADD231PS Z4, Z1, Z13;                 \
	VBROADCASTSS (R12)(R9*1), Z4;            \ // a[3, i]
	VFMADD231PS Z4, Z0, Z14;                 \
	VFMADD231PS Z4, Z1, Z15;                 \
	VBROADCASTSS (R13), Z4;                  \ // a[4, i]
	VFMADD231PS Z4, Z0, Z16;                 \
	VFMADD231PS Z4, Z1, Z17;                 \
	VBROADCASTSS (R13)(R8*1), Z4;            \ // a[5, i]
	VFMADD231PS Z4, Z0, Z18;                 \
	VFMADD231PS Z4, Z1, Z19;                 \
	VBROADCASTSS (R13)(R8*2), Z4;            \ // a[6, i]
	VFMADD231PS Z4, Z0, Z20;                 \
	VFMADD231PS Z4, Z1, Z21;                 \
	VBROADCASTSS (R13)(R9*1), Z4;            \ // a[7, i]
	VFMADD231PS Z4, Z0, Z22;                 \
	VFMADD231PS Z4, Z1, Z23;                 \
	ADDQ R10, R12;                           \ // a = a[:, 1:]
	ADDQ R10, R13;                           \
	ADDQ R11, R15                            // b = b[1:, :]

// STEP48: acc += a[:, i] * b[i, :]; i++
#define STEP48 \
	VMOVUPS (R15), Z0;                       \ // b[i, 0:16]
	VMOVUPS 64(R15), Z1;                     \ // b[i, 16:32]
	VMOVUPS 128(R15), Z2;                    \ // b[i, 32:48]
	VBROADCASTSS (R12), Z4;                  \ // a[0, i]
	VFMADD231PS Z4, Z0, Z8;                  \
	VFMADD231PS Z4, Z1, Z9;                  \
	VFMADD231PS Z4, Z2, Z10;                 \
	VBROADCASTSS (R12)(R8*1), Z4;            \ // a[1, i]
	VFMADD231PS Z4, Z0, Z11;                 \
	VFMADD231PS Z4, Z1, Z12;                 \
	VFMADD231PS Z4, Z2, Z13;                 \
	VBROADCASTSS (R12)(R8*2), Z4;            \ // a[2, i]
	VFMADD231PS Z4, Z0, Z14;                 \
	VFMADD231PS Z4, Z1, Z15;                 \
	VFMADD231PS Z4, Z2, Z16;                 \
	VBROADCASTSS (R12)(R9*1), Z4;            \ // a[3, i]
	VFMADD231PS Z4, Z0, Z17;                 \
	VFMADD231PS Z4, Z1, Z18;                 \
	VFMADD231PS Z4, Z2, Z19;                 \
	VBROADCASTSS (R13), Z4;                  \ // a[4, i]
	VFMADD231PS Z4, Z0, Z20;                 \
	VFMADD231PS Z4, Z1, Z21;                 \
	VFMADD231PS Z4, Z2, Z22;                 \
	VBROADCASTSS (R13)(R8*1), Z4;            \ // a[5, i]
	VFMADD231PS Z4, Z0, Z23;                 \
	VFMADD231PS Z4, Z1, Z24;                 \
	VFMADD231PS Z4, Z2, Z25;                 \
	VBROADCASTSS (R13)(R8*2), Z4;            \ // a[6, i]
	VFMADD231PS Z4, Z0, Z26;                 \
	VFMADD231PS Z4, Z1, Z27;                 \
	VFMADD231PS Z4, Z2, Z28;                 \
	VBROADCASTSS (R13)(R9*1), Z4;            \ // a[7, i]
	VFMADD231PS Z4, Z0, Z29;                 \
	VFMADD231PS Z4, Z1, Z30;                 \
	VFMADD231PS Z4, Z2, Z31;                 \
	ADDQ R10, R12;                           \ // a = a[:, 1:]
	ADDQ R10, R13;                           \
	ADDQ R11, R15                            // b = b[1:, :]

// ZERO8: eight accumulators = 0
#define ZERO8(a, b, c, d, e, f, g, h) \
	VPXORD a, a, a; \
	VPXORD b, b, b; \
	VPXORD c, c, c; \
	VPXORD d, d, d; \
	VPXORD e, e, e; \
	VPXORD f, f, f; \
	VPXORD g, g, g; \
	VPXORD h, h, h

// OUT1, OUT2, OUT3: a row of c = acc, or += acc where K1 is set; c goes to the next row.
#define OUT1(x) \
	VMOVUPS.Z (R12), K1, Z0;     \ // c, or 0 (and not read) unless add
	VADDPS    x, Z0, Z0;         \
	VMOVUPS   Z0, (R12);         \
	ADDQ      R14, R12

#define OUT2(x, y) \
	VMOVUPS.Z 64(R12), K1, Z1;   \
	VADDPS    y, Z1, Z1;         \
	VMOVUPS   Z1, 64(R12);       \
	OUT1(x)

#define OUT3(x, y, z) \
	VMOVUPS.Z 128(R12), K1, Z2;  \
	VADDPS    z, Z2, Z2;         \
	VMOVUPS   Z2, 128(R12);      \
	OUT2(x, y)

// BEGIN: a, b and k of a panel
#define BEGIN \
	MOVQ SI, R12; \
	MOVQ DX, R13; \
	MOVQ BX, R15; \
	MOVQ k+112(FP), AX

// func stripAVX512(c []float32, ldc int, a []float32, ars, acs int, b []float32, ldb, n, k int, add bool)
TEXT ·stripAVX512(SB), NOSPLIT, $0-121
	MOVQ    c_base+0(FP), DI
	MOVQ    ldc+24(FP), R14
	MOVQ    a_base+32(FP), SI
	MOVQ    ars+56(FP), R8
	MOVQ    acs+64(FP), R10
	MOVQ    b_base+72(FP), BX
	MOVQ    ldb+96(FP), R11
	MOVQ    n+104(FP), CX
	SHLQ    $2, R14                  // strides in bytes
	SHLQ    $2, R8
	SHLQ    $2, R10
	SHLQ    $2, R11
	LEAQ    (R8)(R8*2), R9           // 3*ars
	LEAQ    (SI)(R8*4), DX           // row 4 of a
	MOVBLZX add+120(FP), AX
	NEGL    AX                       // all ones if add
	KMOVW   AX, K1

panel:
	CMPQ CX, $64
	JEQ  panel32                     // 64 = 32 + 32
	CMPQ CX, $48
	JGE  panel48
	CMPQ CX, $32
	JGE  panel32
	CMPQ CX, $16
	JGE  panel16
	VZEROUPPER
	RET

panel48:
	BEGIN
	ZERO8(Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15)
	ZERO8(Z16, Z17, Z18, Z19, Z20, Z21, Z22, Z23)
	ZERO8(Z24, Z25, Z26, Z27, Z28, Z29, Z30, Z31)

loop48:
	STEP48
	DECQ AX
	JNE  loop48

	MOVQ DI, R12
	OUT3(Z8, Z9, Z10)
	OUT3(Z11, Z12, Z13)
	OUT3(Z14, Z15, Z16)
	OUT3(Z17, Z18, Z19)
	OUT3(Z20, Z21, Z22)
	OUT3(Z23, Z24, Z25)
	OUT3(Z26, Z27, Z28)
	OUT3(Z29, Z30, Z31)
	ADDQ $192, BX               // b = b[:, 48:]
	ADDQ $192, DI               // c = c[:, 48:]
	SUBQ $48, CX
	JMP  panel

panel32:
	BEGIN
	ZERO8(Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15)
	ZERO8(Z16, Z17, Z18, Z19, Z20, Z21, Z22, Z23)

loop32:
	STEP32
	DECQ AX
	JNE  loop32

	MOVQ DI, R12
	OUT2(Z8, Z9)
	OUT2(Z10, Z11)
	OUT2(Z12, Z13)
	OUT2(Z14, Z15)
	OUT2(Z16, Z17)
	OUT2(Z18, Z19)
	OUT2(Z20, Z21)
	OUT2(Z22, Z23)
	ADDQ $128, BX               // b = b[:, 32:]
	ADDQ $128, DI               // c = c[:, 32:]
	SUBQ $32, CX
	JMP  panel

panel16:
	BEGIN
	ZERO8(Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15)

loop16:
	STEP16
	DECQ AX
	JNE  loop16

	MOVQ DI, R12
	OUT1(Z8)
	OUT1(Z9)
	OUT1(Z10)
	OUT1(Z11)
	OUT1(Z12)
	OUT1(Z13)
	OUT1(Z14)
	OUT1(Z15)
	ADDQ $64, BX               // b = b[:, 16:]
	ADDQ $64, DI               // c = c[:, 16:]
	SUBQ $16, CX
	JMP  panel
