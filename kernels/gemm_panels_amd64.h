// How GEMM microkernels read packed panels of A: eight rows, a number of each for every step of k,
// lie side by side. SI is the first of them, or of the last four (AVX2).

#define A0(off) (off)(SI)
#define A1(off) (off+4)(SI)
#define A2(off) (off+8)(SI)
#define A3(off) (off+12)(SI)
#define A4(off) (off+16)(SI)
#define A5(off) (off+20)(SI)
#define A6(off) (off+24)(SI)
#define A7(off) (off+28)(SI)

#define ASTEP 32
#define STARTA MOVQ a_base+32(FP), SI
#define FORWARDA(n) ADDQ $(n*ASTEP), SI
#define SECONDA \
	MOVQ a_base+32(FP), SI; \
	ADDQ $16, SI
#define NEXTA \
	MOVQ k+96(FP), AX; \
	SHLQ $5, AX;       \
	ADDQ AX, a_base+32(FP)

// FETCHA fetches what four steps take, a page ahead: the hardware begins anew with every page.
#define FETCHA \
	PREFETCHT0 4096(SI); \
	PREFETCHT0 4160(SI)
