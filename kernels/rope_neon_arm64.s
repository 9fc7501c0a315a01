//go:build !purego

#include "textflag.h"
#include "asm_arm64.h"
#include "map_arm64.h"

// TURN: V0, V1 = a*c - b*s, a*s + b*c of a = V0, b = V1, c = V2, s = V3. Clobbers V4 and V5.
#define TURN \
	FMUL(2, 0, 4); \ // a*c
	FMUL(3, 0, 5); \ // a*s
	FMLS(3, 1, 4); \ // a*c - b*s
	FMLA(2, 1, 5); \ // a*s + b*c
	MOV(4, 0);     \
	MOV(5, 1)

// HALVES: one vector of pairs whose halves begin at R1 and R2, to R0 and R4; R5 cos, R6 sin, V16
// sign
#define HALVES(LD, ST) \
	LD(R1, 0);       \ // a
	LD(R2, 1);       \ // b
	LD(R5, 2);       \ // c
	LD(R6, 3);       \
	FMUL(16, 3, 3);  \ // s = sign*sin
	TURN;            \
	ST(0, R0);       \
	ST(1, R4)

// Rotary embedding of pairs half a head apart
//
//	for at := 0; at < len(x); at += headDim {
//		for i, c in cos { s = sign*sin[i]; a, b = a*c - b*s, a*s + b*c }
//	}
//
// R7 dst   R8 x   R9 end of x   R10 cos   R11 pairs   R12 sin   R13 bytes of a head
// R14 bytes of half of it   R0-R6 see HALVES
//
// func ropeHalvesNEON(dst, x, cos, sin []float32, headDim int, sign float32)
TEXT ·ropeHalvesNEON(SB), NOSPLIT, $0-108
	MOVD dst_base+0(FP), R7
	MOVD x_base+24(FP), R8
	MOVD x_len+32(FP), R9
	MOVD cos_base+48(FP), R10
	MOVD cos_len+56(FP), R11
	MOVD sin_base+72(FP), R12
	MOVD headDim+96(FP), R13
	SPREAD(sign+104(FP), 16)
	ADD  R9<<2, R8, R9
	LSL  $2, R13
	LSL  $2, R11, R14

head:
	CMP  R9, R8              // if x is at its end { goto end }
	BHS  end
	MOVD R8, R1              // a
	ADD  R14, R8, R2         // b
	MOVD R7, R0
	ADD  R14, R7, R4
	MOVD R10, R5
	MOVD R12, R6
	MOVD R11, R3
	EACH(HALVES)             // for i { a[i], b[i] = … }
	ADD  R13, R8             // the next head
	ADD  R13, R7
	B    head

end:
	RET

// Rotary embedding of pairs side by side, four at a time and then one by one
//
//	for at := 0; at < len(x); at += headDim {
//		for i, c in cos { s = sign*sin[i]; a, b = a*c - b*s, a*s + b*c }
//	}
//
// Registers are those of ropeHalvesNEON; R1 the pairs of a head, R0 where they go.
//
// func ropePairsNEON(dst, x, cos, sin []float32, headDim int, sign float32)
TEXT ·ropePairsNEON(SB), NOSPLIT, $0-108
	MOVD dst_base+0(FP), R7
	MOVD x_base+24(FP), R8
	MOVD x_len+32(FP), R9
	MOVD cos_base+48(FP), R10
	MOVD cos_len+56(FP), R11
	MOVD sin_base+72(FP), R12
	MOVD headDim+96(FP), R13
	SPREAD(sign+104(FP), 16)
	ADD  R9<<2, R8, R9
	LSL  $2, R13

head:
	CMP  R9, R8                          // if x is at its end { goto end }
	BHS  end
	MOVD R8, R1
	MOVD R7, R0
	MOVD R10, R5
	MOVD R12, R6
	MOVD R11, R3

four:
	SUBS   $4, R3                        // if n -= 4; n < 0 { goto rest }
	BLT    rest
	VLD2.P 32(R1), [V0.S4, V1.S4]        // a, b
	LOAD(R5, 2)                          // c
	LOAD(R6, 3)
	FMUL(16, 3, 3)                       // s = sign*sin
	TURN
	VST2.P [V0.S4, V1.S4], 32(R0)
	B      four

rest:
	ADD $4, R3

one:
	SUBS    $1, R3                       // if n--; n < 0 { goto next }
	BLT     next
	FMOVS.P 4(R1), F0                    // a
	FMOVS.P 4(R1), F1                    // b
	FMOVS.P 4(R5), F2                    // c
	FMOVS.P 4(R6), F3
	FMUL(16, 3, 3)                       // s = sign*sin
	TURN
	FMOVS.P F0, 4(R0)
	FMOVS.P F1, 4(R0)
	B       one

next:
	ADD R13, R8                          // the next head
	ADD R13, R7
	B   head

end:
	RET
