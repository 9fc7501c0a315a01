//go:build !purego

#include "textflag.h"
#include "asm_arm64.h"

// Philox4x32-10 (see philox.go) on four blocks at once: V0-V3 hold word 0, 1, 2, 3 of the counter
// of each block, V4-V7 products, V16 V17 the keys, V20 V21 the multipliers, V22 V23 what is added
// to the keys.

// PHILOX_ROUND: one round; the keys move on to the next round's.
#define PHILOX_ROUND \
	UMULL(20, 0, 4);                   \ // p0 = M0·c0, of blocks 0 and 1
	UMULL2(20, 0, 5);                  \ // of blocks 2 and 3
	UMULL(21, 2, 6);                   \ // p1 = M1·c2
	UMULL2(21, 2, 7);                  \
	VUZP2 V7.S4, V6.S4, V0.S4;         \ // p1>>32
	EOR(1, 0, 0);                      \
	EOR(16, 0, 0);                     \ // c0 = p1>>32 ^ c1 ^ k0
	VUZP1 V7.S4, V6.S4, V1.S4;         \ // c1 = p1
	VUZP2 V5.S4, V4.S4, V2.S4;         \ // p0>>32
	EOR(3, 2, 2);                      \
	EOR(17, 2, 2);                     \ // c2 = p0>>32 ^ c3 ^ k1
	VUZP1 V5.S4, V4.S4, V3.S4;         \ // c3 = p0
	ADD4(22, 16, 16);                  \
	ADD4(23, 17, 17)

// KEEP: x = x/keep where word <= limit-1, else 0. Clobbers word.
#define KEEP(word, x) \
	CMHI(26, word, word); \ // word > limit-1, unsigned
	FDIV(27, x, x);       \
	BIC(word, x, x)

// Dropout: dst[i] = x[i]/keep if word[i] < limit, else 0, of whole sixteens
//
//	for ; n > 0; n -= 16 { make 16 words; keep by them }
//
// The words of a block lie side by side, those of V0 four apart: so x is read, VLD4.
//
// R0 dst   R1 x   R3 n   V8-V11 x   V18 V19 first keys   V24 V25 block numbers, of 64 bits
// V26 limit-1   V27 keep   V28 4, of 64 bits   V0-V7 and V16-V23 see PHILOX_ROUND
//
// func dropout16NEON(dst, x []float32, key [2]uint32, counter, limit uint64, keep float32)
TEXT ·dropout16NEON(SB), NOSPLIT, $0-76
	MOVD  dst_base+0(FP), R0
	MOVD  x_base+24(FP), R1
	MOVD  x_len+32(FP), R3
	MOVWU key_0+48(FP), R4
	VDUP  R4, V18.S4
	MOVWU key_1+52(FP), R4
	VDUP  R4, V19.S4
	MOVD  counter+56(FP), R4
	VMOV  R4, V24.D[0]                  // counter, counter+1
	ADD   $1, R4
	VMOV  R4, V24.D[1]
	ADD   $1, R4
	VMOV  R4, V25.D[0]                  // counter+2, counter+3
	ADD   $1, R4
	VMOV  R4, V25.D[1]
	MOVD  limit+64(FP), R4
	SUB   $1, R4
	VDUP  R4, V26.S4
	FMOVS keep+72(FP), F27
	DUP(27, 0, 27)
	MOVD  $4, R4
	VDUP  R4, V28.D2
	MOVD  $0xd2511f53, R4
	VDUP  R4, V20.S4
	MOVD  $0xcd9e8d57, R4
	VDUP  R4, V21.S4
	MOVD  $0x9e3779b9, R4
	VDUP  R4, V22.S4
	MOVD  $0xbb67ae85, R4
	VDUP  R4, V23.S4

blocks:
	SUBS   $16, R3                      // if n -= 16; n < 0 { goto done }
	BLT    done
	VUZP1  V25.S4, V24.S4, V0.S4        // c0, c1 = block number
	VUZP2  V25.S4, V24.S4, V1.S4
	VEOR   V2.B16, V2.B16, V2.B16       // c2, c3 = 0
	VEOR   V3.B16, V3.B16, V3.B16
	MOV(18, 16)
	MOV(19, 17)
	PHILOX_ROUND
	PHILOX_ROUND
	PHILOX_ROUND
	PHILOX_ROUND
	PHILOX_ROUND
	PHILOX_ROUND
	PHILOX_ROUND
	PHILOX_ROUND
	PHILOX_ROUND
	PHILOX_ROUND
	VADD   V28.D2, V24.D2, V24.D2       // the next blocks
	VADD   V28.D2, V25.D2, V25.D2
	VLD4.P 64(R1), [V8.S4, V9.S4, V10.S4, V11.S4]
	KEEP(0, 8)
	KEEP(1, 9)
	KEEP(2, 10)
	KEEP(3, 11)
	VST4.P [V8.S4, V9.S4, V10.S4, V11.S4], 64(R0)
	B      blocks

done:
	RET
