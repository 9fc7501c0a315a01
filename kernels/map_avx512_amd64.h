// Loops over vectors of 16 float32 for AVX-512: as map_avx2_amd64.h, with K1 for the mask.
// OP may use Z0-Z14 and K2-K7.

#define V0 Z0
#define V1 Z1
#define V2 Z2
#define V3 Z3
#define V4 Z4
#define V5 Z5
#define V6 Z6
#define V7 Z7
#define V8 Z8
#define V9 Z9
#define V10 Z10
#define V11 Z11
#define V12 Z12
#define V13 Z13
#define V14 Z14

// BCAST stands before a constant operand in the macros that both levels share. Here it
// makes the operand one number in memory, repeated: a whole vector of 64 bytes would stand
// across two cache lines half of the time, because the linker aligns to 32 at most.
#define BCAST .BCST

#define LANES 16

// MASK_TAIL: the first CX lanes, for LOAD_TAIL and STORE_TAIL.
#define MASK_TAIL \
	MOVL $-1, AX;     \
	BZHIL CX, AX, AX; \ // the low n bits
	KMOVW AX, K1

#define LOAD_WHOLE(src, v) VMOVUPS src, v
#define STORE_WHOLE(v, dst) VMOVUPS v, dst
#define LOAD_TAIL(src, v) VMOVUPS.Z src, K1, v
#define STORE_TAIL(v, dst) VMOVUPS v, K1, dst

// LOAD_TAIL_OR: as LOAD_TAIL, with the other lanes taken from fill.
#define LOAD_TAIL_OR(src, fill, v) \
	VMOVAPS fill, v;   \
	VMOVUPS src, K1, v

// The lower halves of V4-V7, and the upper half of any register.
#define H4 Y4
#define H5 Y5
#define H6 Y6
#define H7 Y7
#define UPPER_HALF(v, h) VEXTRACTF64X4 $1, v, h

// FOLD: the upper half of what is wider than Y0 onto Y0. Clobbers Y1.
#define FOLD(OP) \
	VEXTRACTF64X4 $1, Z0, Y1; \
	OP Y1, Y0, Y0
