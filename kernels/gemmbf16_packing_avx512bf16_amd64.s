//go:build !purego

#include "textflag.h"
#include "asm_amd64.h"
#include "gemm_source_amd64.h"
#include "gemm_panels_amd64.h"
#include "gemmbf16_avx512bf16_amd64.h"

// The AVX512-BF16 microkernel on rows of B as they lie, which it rounds and packs on the way, as
// gemm_packing_avx512_amd64.s does in float32:
//
//	for i, j { b[i*48+j] = pair of src[2*i*ldb+j] and src[(2*i+1)*ldb+j] }
//
// k counts pairs: all of src has even rows.
//
// R15 row 2i of src from the tile's first column on   R13 ldb   R9 16*ldb   R12 17*ldb (bytes)
// Z27 the numbers of the other row, until a is read   Z28 which halves go together

// ROUND: z, of number n, is a pair of rows, 16 columns of them.
#define ROUND(off, k, z, n) \
	VMOVUPS.Z off(R15), k, z;                \
	VMOVUPS.Z off(R15)(R13*1), k, Z27;       \
	VCVTNE2PS2BF16(n, 27, n);                \
	VPERMW z, Z28, z;                        \
	PREFETCHT0 off(R15)(R9*1);               \
	PREFETCHT0 off(R15)(R12*1)

#define NEXTB LEAQ (R15)(R13*2), R15

#define LOADB1(off) \
	ROUND(0, K1, Z24, 24);                   \
	VMOVUPS Z24, off(BX);                    \
	NEXTB

#define LOADB2(off) \
	ROUND(0, K1, Z24, 24);                   \
	ROUND(64, K2, Z25, 25);                  \
	VMOVUPS Z24, off(BX);                    \
	VMOVUPS Z25, (off+64)(BX);               \
	NEXTB

#define LOADB3(off) \
	ROUND(0, K1, Z24, 24);                   \
	ROUND(64, K2, Z25, 25);                  \
	ROUND(128, K3, Z26, 26);                 \
	VMOVUPS Z24, off(BX);                    \
	VMOVUPS Z25, (off+64)(BX);               \
	VMOVUPS Z26, (off+128)(BX);              \
	NEXTB

#define BLOCK_BEGIN \
	MOVQ src_Stride+152(FP), R13;            \
	SHLQ $2, R13;                            \ // bytes
	MOVQ R13, R9;                            \
	SHLQ $4, R9;                             \
	LEAQ (R9)(R13*1), R12;                   \
	VMOVDQU64 ·pairsBF16(SB), Z28

// func gemmPackingPanelsAVX512BF16(c []float32, ldc int, a, b []float32, m, n, k int, alpha, beta float32, src Block[float32])
TEXT ·gemmPackingPanelsAVX512BF16(SB), NOSPLIT, $0-160
#include "gemm_avx512_amd64.h"
