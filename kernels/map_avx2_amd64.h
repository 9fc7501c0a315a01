// Loops over vectors of 8 float32 for AVX2. Include textflag.h and const_amd64.h first.
//
// A MAP walks slices of CX elements, calling the macro OP on one vector of each:
//
//	for ; n >= 8; n -= 8 { OP on whole vectors }
//	if n > 0             { OP on the last n elements, loaded and stored under a mask }
//
// so an element's result does not depend on its place, and nothing is touched past the
// end. DI dst, SI a, DX b, CX n, BX index, Y15 mask. OP may use Y0-Y14: it finds a[i:] in
// V0 and b[i:] in V1 and leaves dst[i:] in V0. Slices may be the same.
//
// V0, V1, … name the registers in the macros that AVX2 and AVX-512 share.

#define V0 Y0
#define V1 Y1
#define V2 Y2
#define V3 Y3
#define V4 Y4
#define V5 Y5
#define V6 Y6
#define V7 Y7
#define V8 Y8
#define V9 Y9
#define V10 Y10
#define V11 Y11
#define V12 Y12
#define V13 Y13
#define V14 Y14

// BCAST stands before a constant operand in the macros that both levels share. Here it is
// nothing: the operand is the whole vector in memory.
#define BCAST

#define LANES 8

// MASK_TAIL: the first CX lanes, for LOAD_TAIL and STORE_TAIL.
#define MASK_TAIL \
	VMOVD CX, X15;                 \
	VPBROADCASTD X15, Y15;         \
	VPCMPGTD lanes<>(SB), Y15, Y15   // lane i is in if n > i

#define LOAD_WHOLE(src, v) VMOVUPS src, v
#define STORE_WHOLE(v, dst) VMOVUPS v, dst
#define LOAD_TAIL(src, v) VMASKMOVPS src, Y15, v
#define STORE_TAIL(v, dst) VMASKMOVPS v, Y15, dst

// LOAD_TAIL_OR: as LOAD_TAIL, with the other lanes taken from fill.
#define LOAD_TAIL_OR(src, fill, v) \
	VMASKMOVPS src, Y15, v;   \
	VBLENDVPS Y15, v, fill, v

// The lower halves of V4-V7, and the upper half of any register.
#define H4 X4
#define H5 X5
#define H6 X6
#define H7 X7
#define UPPER_HALF(v, h) VEXTRACTF128 $1, v, h

// FOLD: the upper half of what is wider than Y0 onto Y0. Clobbers Y1.
#define FOLD(OP)
