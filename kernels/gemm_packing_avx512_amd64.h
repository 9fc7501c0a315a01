// How AVX-512 GEMM microkernels in float32 read rows of B as they lie, and pack them on the way. R15
// is the row of b from the tile's first column on, R13 the stride of rows (bytes), BX the panel that
// is packed. Columns behind the last are not read.

#define LOADB1(off) \
	VMOVUPS.Z (R15), K1, Z24; \
	VMOVUPS Z24, off(BX);     \
	ADDQ R13, R15

#define LOADB2(off) \
	VMOVUPS.Z (R15), K1, Z24;   \
	VMOVUPS.Z 64(R15), K2, Z25; \
	VMOVUPS Z24, off(BX);       \
	VMOVUPS Z25, (off+64)(BX);  \
	ADDQ R13, R15

#define LOADB3(off) \
	VMOVUPS.Z (R15), K1, Z24;    \
	VMOVUPS.Z 64(R15), K2, Z25;  \
	VMOVUPS.Z 128(R15), K3, Z26; \
	PREFETCHT0 (R15)(R13*8);     \
	PREFETCHT0 64(R15)(R13*8);   \
	PREFETCHT0 128(R15)(R13*8);  \
	VMOVUPS Z24, off(BX);        \
	VMOVUPS Z25, (off+64)(BX);   \
	VMOVUPS Z26, (off+128)(BX);  \
	ADDQ R13, R15

#define BLOCK_BEGIN \
	MOVQ src_Stride+152(FP), R13; \
	SHLQ $2, R13                    // bytes
