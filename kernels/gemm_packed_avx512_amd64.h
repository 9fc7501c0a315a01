// How AVX-512 GEMM microkernels read panels of B, at BX.

#define LOADB1(off) \
	VMOVUPS off(BX), Z24

#define LOADB2(off) \
	LOADB1(off); \
	VMOVUPS (off+64)(BX), Z25

#define LOADB3(off) \
	LOADB2(off); \
	VMOVUPS (off+128)(BX), Z26
