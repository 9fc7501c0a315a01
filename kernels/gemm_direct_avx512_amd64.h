// How AVX-512 GEMM microkernels read rows of A as they lie:
// SI row 0   R11 row 4   DX lda   R12 3*lda (bytes)

#define A0(off) off(SI)
#define A1(off) off(SI)(DX*1)
#define A2(off) off(SI)(DX*2)
#define A3(off) off(SI)(R12*1)
#define A4(off) off(R11)
#define A5(off) off(R11)(DX*1)
#define A6(off) off(R11)(DX*2)
#define A7(off) off(R11)(R12*1)

#define ASTEP 4
#define FETCHA // the hardware does
#define FORWARDA(n) \
	ADDQ $(n*ASTEP), SI; \
	ADDQ $(n*ASTEP), R11

#define STARTA \
	MOVQ a_base+32(FP), SI;                  \
	MOVQ lda+160(FP), DX;                    \
	SHLQ $2, DX;                             \ // bytes
	LEAQ (DX)(DX*2), R12;                    \
	LEAQ (SI)(DX*4), R11;                    \
	LEAQ (SI)(DX*8), AX;                     \ // the next eight rows
	PREFETCHT0 (AX);                         \
	PREFETCHT0 (AX)(DX*1);                   \
	PREFETCHT0 (AX)(DX*2);                   \
	PREFETCHT0 (AX)(R12*1);                  \
	LEAQ (AX)(DX*4), AX;                     \
	PREFETCHT0 (AX);                         \
	PREFETCHT0 (AX)(DX*1);                   \
	PREFETCHT0 (AX)(DX*2);                   \
	PREFETCHT0 (AX)(R12*1)

#define NEXTA \
	MOVQ DX, AX; \
	SHLQ $3, AX; \
	ADDQ AX, a_base+32(FP)
