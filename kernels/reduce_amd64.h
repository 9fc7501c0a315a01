// Reductions on any vector width, on the registers and tails of map_avx2_amd64.h or
// map_avx512_amd64.h. SI x, CX n.

CONST(negInf, 0xff800000)

// FOLD4: the four or more float32 or int32 lanes of Y0 (and what is wider) into lane 0.
#define FOLD4(OP) \
	FOLD(OP);                \
	VEXTRACTF128 $1, Y0, X1; \
	OP X1, X0, X0;           \ // 8 lanes to 4
	VPSHUFD $0xee, X0, X1;   \
	OP X1, X0, X0;           \ // 4 lanes to 2
	VPSHUFD $0x55, X0, X1;   \
	OP X1, X0, X0              // 2 lanes to 1

// SUM64: X0 = the sum in float64 of TERM over x, four vectors of partial sums V0-V3.
// TERM(v, s) adds the float64 numbers v, or a function of them, to s.
#define SUM64(TERM) \
	VXORPS V0, V0, V0;           \
	VXORPS V1, V1, V1;           \
	VXORPS V2, V2, V2;           \
	VXORPS V3, V3, V3;           \
blocks:                          \
	SUBQ $(2*LANES), CX;         \ // if n -= 2*LANES; n < 0 { goto rest }
	JLT rest;                    \
	VCVTPS2PD (SI), V4;          \ // half a register of float32 becomes a whole one
	VCVTPS2PD (2*LANES)(SI), V5; \
	VCVTPS2PD (4*LANES)(SI), V6; \
	VCVTPS2PD (6*LANES)(SI), V7; \
	TERM(V4, V0);                \
	TERM(V5, V1);                \
	TERM(V6, V2);                \
	TERM(V7, V3);                \
	ADDQ $(8*LANES), SI;         \ // x = x[2*LANES:]
	JMP blocks;                  \
rest:                            \
	ADDQ $(2*LANES), CX;         \
tail:                            \
	TESTQ CX, CX;                \
	JLE reduce;                  \ // if n <= 0 { goto reduce }
	MASK_TAIL;                   \
	LOAD_TAIL((SI), V4);         \ // x[0:min(n, LANES)], then zeros
	UPPER_HALF(V4, H5);          \
	VCVTPS2PD H4, V4;            \
	VCVTPS2PD H5, V5;            \
	TERM(V4, V0);                \
	TERM(V5, V1);                \
	ADDQ $(4*LANES), SI;         \ // x = x[LANES:]
	SUBQ $LANES, CX;             \ // n -= LANES
	JMP tail;                    \
reduce:                          \
	VADDPD V1, V0, V0;           \
	VADDPD V3, V2, V2;           \
	VADDPD V2, V0, V0;           \
	FOLD(VADDPD);                \
	VEXTRACTF128 $1, Y0, X1;     \
	VADDPD X1, X0, X0;           \ // 4 lanes to 2
	VPERMILPD $1, X0, X1;        \
	VADDSD X1, X0, X0;           \ // 2 lanes to 1
	VZEROUPPER

#define ADD_TERM(v, s) VADDPD v, s, s
#define SQUARE_TERM(v, s) VFMADD231PD v, v, s
