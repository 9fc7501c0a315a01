// Loops over vectors of 4 float32 for NEON. Include textflag.h and asm_arm64.h first.
//
//	for ; n >= 4; n -= 4 { OP on whole vectors }
//	if n > 0             { OP on the last n elements }
//
// A tail is loaded as a vector whose lanes past the end repeat the last element, and each lane is
// stored where it came from: an element's result does not depend on its place, nothing is touched
// past the end, and there is no branch. R3 n; R24, R25, V30 and V31 belong to the tail. Slices may
// be the same, if each pointer is one of its own.

// LOAD, STORE: a whole vector, and on to the next.
#define LOAD(p, v) FMOVQ.P 16(p), F(v)
#define STORE(v, p) FMOVQ.P F(v), 16(p)

// TAIL: R24, R25 = the bytes to elements min(1, n-1) and min(2, n-1), V30 = a mask of the first n
// lanes, for n = R3 from 1 to 3.
#define TAIL \
	MOVD $masks<>+12(SB), R24; \
	SUB  R3<<2, R24;           \ // n*4 bytes of ones, then zeros
	FMOVQ (R24), F30;          \
	CMP  $2, R3;               \
	CSET GE, R24;              \ // min(1, n-1)
	CSET GT, R25;              \
	ADD  R24, R25;             \ // min(2, n-1)
	LSL  $2, R24;              \
	LSL  $2, R25

#define LOAD_TAIL(p, v) \
	FMOVS (p), F(v);       \
	FMOVS (p)(R24), F31;   \
	INS(31, 1, v);         \
	FMOVS (p)(R25), F31;   \
	INS(31, 2, v);         \
	INS(31, 3, v)

#define STORE_TAIL(v, p) \
	FMOVS F(v), (p);       \
	LANE(v, 1, 31);        \
	FMOVS F31, (p)(R24);   \
	LANE(v, 2, 31);        \
	FMOVS F31, (p)(R25)

DATA masks<>+0(SB)/8, $-1
DATA masks<>+8(SB)/8, $0x00000000ffffffff
DATA masks<>+16(SB)/8, $0
DATA masks<>+24(SB)/8, $0
GLOBL masks<>(SB), RODATA|NOPTR, $32

// EACH: OP on each vector; the loads and stores it is to use are its arguments. AND with V30
// leaves the lanes that there are: ALL_LANES must stand before a loop whose OP does that.
#define EACH(OP) LOOP(OP, vectors, tail, done)

#define LOOP(OP, vectors, tail, done) \
vectors:                       \
	SUBS $4, R3;               \ // if n -= 4; n < 0 { goto tail }
	BLT tail;                  \
	OP(LOAD, STORE);           \
	B vectors;                 \
tail:                          \
	ADDS $4, R3;               \
	BEQ done;                  \ // if n == 0 { goto done }
	TAIL;                      \
	OP(LOAD_TAIL, STORE_TAIL); \
done:

#define ALL_LANES VMOVI $255, V30.B16

// MAP1: for i { V0 = a[i]; OP; dst[i] = V0 }; R0 dst, R1 a
#define MAP1(OP) \
vectors:                       \
	SUBS $4, R3;               \ // if n -= 4; n < 0 { goto tail }
	BLT tail;                  \
	LOAD(R1, 0);               \ // V0 = a[i:]
	OP;                        \
	STORE(0, R0);              \ // dst[i:] = V0
	B vectors;                 \
tail:                          \
	ADDS $4, R3;               \
	BEQ done;                  \ // if n == 0 { goto done }
	TAIL;                      \
	LOAD_TAIL(R1, 0);          \ // V0 = a[i:i+n]
	OP;                        \
	STORE_TAIL(0, R0);         \ // dst[i:i+n] = V0
done:

// MAP2: for i { V0, V1 = a[i], b[i]; OP; dst[i] = V0 }; R0 dst, R1 a, R2 b
#define MAP2(OP) \
vectors:                       \
	SUBS $4, R3;               \ // if n -= 4; n < 0 { goto tail }
	BLT tail;                  \
	LOAD(R1, 0);               \ // V0 = a[i:]
	LOAD(R2, 1);               \ // V1 = b[i:]
	OP;                        \
	STORE(0, R0);              \ // dst[i:] = V0
	B vectors;                 \
tail:                          \
	ADDS $4, R3;               \
	BEQ done;                  \ // if n == 0 { goto done }
	TAIL;                      \
	LOAD_TAIL(R1, 0);          \ // V0 = a[i:i+n]
	LOAD_TAIL(R2, 1);          \ // V1 = b[i:i+n]
	OP;                        \
	STORE_TAIL(0, R0);         \ // dst[i:i+n] = V0
done:

// SUM_OF: F(v) = the sum of the lanes of v.
#define SUM_OF(v) \
	FADDP(v, v, v); \ // 4 lanes to 2
	FADDP2(v, v)      // 2 lanes to 1

// SPREAD: V(v) = the float32 argument arg in every lane.
#define SPREAD(arg, v) \
	FMOVS arg, F(v); \
	DUP(v, 0, v)
