// Philox4x32-10 (see philox.go) on any vector width, one block per 64-bit lane. Each word of
// the counter lives in the low half of its lane; what is in the high halves does not matter,
// because VPMULUDQ multiplies low halves only.

CONST(philoxM0, 0xd2511f53)
CONST(philoxM1, 0xcd9e8d57)
CONST(philoxW0, 0x9e3779b9)
CONST(philoxW1, 0xbb67ae85)

// Block numbers of the lanes, relative to the first. In this order, the words that PHILOX
// leaves in V0 and V1 stand in the order of memory.
DATA blocks4<>+0(SB)/8, $0
DATA blocks4<>+8(SB)/8, $2
DATA blocks4<>+16(SB)/8, $1
DATA blocks4<>+24(SB)/8, $3
GLOBL blocks4<>(SB), RODATA|NOPTR, $32

DATA blocks8<>+0(SB)/8, $0
DATA blocks8<>+8(SB)/8, $4
DATA blocks8<>+16(SB)/8, $1
DATA blocks8<>+24(SB)/8, $5
DATA blocks8<>+32(SB)/8, $2
DATA blocks8<>+40(SB)/8, $6
DATA blocks8<>+48(SB)/8, $3
DATA blocks8<>+56(SB)/8, $7
GLOBL blocks8<>(SB), RODATA|NOPTR, $64

// PHILOX_ROUND: one round on the words V0-V3 with the keys V6, V7, which move on to the
// next round's. Clobbers V4 and V5.
#define PHILOX_ROUND \
	VPMULUDQ BCAST philoxM0<>(SB), V0, V4; \ // V4 = p0 = M0·c0
	VPMULUDQ BCAST philoxM1<>(SB), V2, V5; \ // V5 = p1 = M1·c2
	VPSRLQ $32, V5, V0;                    \
	VXORPS V1, V0, V0;                     \
	VXORPS V6, V0, V0;                     \ // c0 = p1>>32 ^ c1 ^ k0
	VPSRLQ $32, V4, V2;                    \
	VXORPS V3, V2, V2;                     \
	VXORPS V7, V2, V2;                     \ // c2 = p0>>32 ^ c3 ^ k1
	VMOVAPS V5, V1;                        \ // c1 = p1
	VMOVAPS V4, V3;                        \ // c3 = p0
	VPADDD BCAST philoxW0<>(SB), V6, V6;   \
	VPADDD BCAST philoxW1<>(SB), V7, V7

// PHILOX: V0, V1 = 2*LANES words, in order, of the blocks whose numbers are V12, under the
// keys V6, V7. Clobbers V2-V7.
#define PHILOX \
	VMOVAPS V12, V0;           \ // c0, c1 = block number
	VPSRLQ $32, V12, V1;       \
	VXORPS V2, V2, V2;         \ // c2, c3 = 0
	VXORPS V3, V3, V3;         \
	PHILOX_ROUND;              \
	PHILOX_ROUND;              \
	PHILOX_ROUND;              \
	PHILOX_ROUND;              \
	PHILOX_ROUND;              \
	PHILOX_ROUND;              \
	PHILOX_ROUND;              \
	PHILOX_ROUND;              \
	PHILOX_ROUND;              \
	PHILOX_ROUND;              \
	VSHUFPS $0x88, V1, V0, V4; \ // c0 and c1 of two blocks, in each 128 bits
	VSHUFPS $0x88, V3, V2, V5; \ // c2 and c3 of two blocks
	VSHUFPS $0x88, V5, V4, V0; \ // c0, c1, c2, c3 of the first
	VSHUFPS $0xdd, V5, V4, V1    // c0, c1, c2, c3 of the second
