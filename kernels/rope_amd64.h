// Rotary embedding of the heads of one position, on the registers and tails of
// map_avx2_amd64.h or map_avx512_amd64.h. A vector of angles serves all heads before the next
// is loaded:
//
//	for i in steps of a vector of pairs {
//		c, s = cos[i:], sign*sin[i:]
//		for at = 0; at < len(x); at += headDim {
//			a, b = a*c - b*s, a*s + b*c    // of the pairs i to i + n of the head at at
//		}
//	}
//
// DI dst, SI x, R10 cos, R11 sin, CX pairs left, BX at, DX size of x and R12 size of a head in
// bytes. V2 c, V3 s, V6 sign. Slices may be the same.

// ROPE_HEADS: OP on every head, with the loads and stores it is to use.
#define ROPE_HEADS(OP, LD, ST, head, next) \
	XORL BX, BX;   \ // at = 0
head:              \
	CMPQ BX, DX;   \ // if at >= len(x) { goto next }
	JGE next;      \
	OP(LD, ST);    \
	ADDQ R12, BX;  \ // at += headDim
	JMP head;      \
next:

// TURN_HALVES: one vector of pairs of one head whose halves begin at SI and R8, to DI and R9
#define TURN_HALVES(LD, ST) \
	LD((SI)(BX*1), V0);     \ // a
	LD((R8)(BX*1), V1);     \ // b
	VMULPS V3, V1, V4;      \ // b*s
	VMULPS V3, V0, V5;      \ // a*s
	VFMSUB213PS V4, V2, V0; \ // a*c - b*s
	VFMADD213PS V5, V2, V1; \ // b*c + a*s
	ST(V0, (DI)(BX*1));     \
	ST(V1, (R9)(BX*1))

// ROPE_HALVES: pairs (x[i], x[i+headDim/2]), LANES of them at a time
#define ROPE_HALVES \
	LEAQ (SI)(CX*4), R8;          \ // the second half of the first head
	LEAQ (DI)(CX*4), R9;          \
vectors:                          \
	SUBQ $LANES, CX;              \ // if n -= LANES; n < 0 { goto tail }
	JLT tail;                     \
	VMOVUPS (R10), V2;            \ // c = cos[i:]
	VMULPS (R11), V6, V3;         \ // s = sign*sin[i:]
	ROPE_HEADS(TURN_HALVES, LOAD_WHOLE, STORE_WHOLE, head, next); \
	ADDQ $(4*LANES), SI;          \ // i += LANES
	ADDQ $(4*LANES), R8;          \
	ADDQ $(4*LANES), DI;          \
	ADDQ $(4*LANES), R9;          \
	ADDQ $(4*LANES), R10;         \
	ADDQ $(4*LANES), R11;         \
	JMP vectors;                  \
tail:                             \
	ADDQ $LANES, CX;              \
	JEQ done;                     \ // if n == 0 { goto done }
	MASK_TAIL;                    \
	LOAD_TAIL((R10), V2);         \ // c = cos[i:i+n]
	LOAD_TAIL((R11), V3);         \
	VMULPS V6, V3, V3;            \ // s = sign*sin[i:i+n]
	ROPE_HEADS(TURN_HALVES, LOAD_TAIL, STORE_TAIL, tailHead, done); \
	VZEROUPPER

// TURN_PAIRS: one vector of pairs of one head that lie side by side. VFMADDSUB213PS subtracts
// in even lanes and adds in odd ones.
#define TURN_PAIRS(LD, ST) \
	LD((SI)(BX*1), V0);        \ // a, b, …
	VPERMILPS $0xb1, V0, V1;   \ // b, a, …
	VMULPS V3, V1, V1;         \ // b*s, a*s
	VFMADDSUB213PS V1, V2, V0; \ // a*c - b*s, b*c + a*s
	ST(V0, (DI)(BX*1))

// ROPE_PAIRS: pairs (x[2i], x[2i+1]), LANES/2 of them at a time. TWICE and TWICE_TAIL load
// LANES/2 numbers, or the first CX, each into two lanes.
#define ROPE_PAIRS \
vectors:                          \
	SUBQ $(LANES/2), CX;          \ // if n -= LANES/2; n < 0 { goto tail }
	JLT tail;                     \
	TWICE((R10), V2);             \ // c = cos[i], cos[i], cos[i+1], …
	TWICE((R11), V3);             \
	VMULPS V6, V3, V3;            \ // s = sign*sin[i], sign*sin[i], …
	ROPE_HEADS(TURN_PAIRS, LOAD_WHOLE, STORE_WHOLE, head, next); \
	ADDQ $(4*LANES), SI;          \ // i += LANES/2
	ADDQ $(4*LANES), DI;          \
	ADDQ $(2*LANES), R10;         \
	ADDQ $(2*LANES), R11;         \
	JMP vectors;                  \
tail:                             \
	ADDQ $(LANES/2), CX;          \
	JEQ done;                     \ // if n == 0 { goto done }
	MASK_TAIL;                    \
	TWICE_TAIL((R10), H4, V2);    \
	TWICE_TAIL((R11), H4, V3);    \
	VMULPS V6, V3, V3;            \
	ADDQ CX, CX;                  \ // n pairs are 2n numbers
	MASK_TAIL;                    \
	ROPE_HEADS(TURN_PAIRS, LOAD_TAIL, STORE_TAIL, tailHead, done); \
	VZEROUPPER
