// MAP1 and MAP2, on the registers and tails of map_avx2_amd64.h or map_avx512_amd64.h.

// MAP1: for i { V0 = a[i]; OP; dst[i] = V0 }
#define MAP1(OP) \
	XORL BX, BX;                \ // i = 0
vectors:                        \
	SUBQ $LANES, CX;            \ // if n -= LANES; n < 0 { goto tail }
	JLT tail;                   \
	VMOVUPS (SI)(BX*4), V0;     \ // V0 = a[i:]
	OP;                         \
	VMOVUPS V0, (DI)(BX*4);     \ // dst[i:] = V0
	ADDQ $LANES, BX;            \ // i += LANES
	JMP vectors;                \
tail:                           \
	ADDQ $LANES, CX;            \
	JEQ done;                   \ // if n == 0 { goto done }
	MASK_TAIL;                  \
	LOAD_TAIL((SI)(BX*4), V0);  \ // V0 = a[i:i+n]
	OP;                         \
	STORE_TAIL(V0, (DI)(BX*4)); \ // dst[i:i+n] = V0
done:                           \
	VZEROUPPER

// MAP2: for i { V0, V1 = a[i], b[i]; OP; dst[i] = V0 }
#define MAP2(OP) \
	XORL BX, BX;                \ // i = 0
vectors:                        \
	SUBQ $LANES, CX;            \ // if n -= LANES; n < 0 { goto tail }
	JLT tail;                   \
	VMOVUPS (SI)(BX*4), V0;     \ // V0 = a[i:]
	VMOVUPS (DX)(BX*4), V1;     \ // V1 = b[i:]
	OP;                         \
	VMOVUPS V0, (DI)(BX*4);     \ // dst[i:] = V0
	ADDQ $LANES, BX;            \ // i += LANES
	JMP vectors;                \
tail:                           \
	ADDQ $LANES, CX;            \
	JEQ done;                   \ // if n == 0 { goto done }
	MASK_TAIL;                  \
	LOAD_TAIL((SI)(BX*4), V0);  \ // V0 = a[i:i+n]
	LOAD_TAIL((DX)(BX*4), V1);  \ // V1 = b[i:i+n]
	OP;                         \
	STORE_TAIL(V0, (DI)(BX*4)); \ // dst[i:i+n] = V0
done:                           \
	VZEROUPPER
