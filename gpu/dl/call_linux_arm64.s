//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// A call by the procedure call standard for AArch64 (AAPCS64, section 6.8.2): eight integers
// in registers and the rest on the stack, eight floats in vector registers. C keeps R19–R29,
// so g in R28 survives.
//
// R19 f   R20 Go's SP   R21 the return address
//
// func callC(f *frame)
TEXT ·callC(SB), NOSPLIT|NOFRAME, $0-8
	MOVD f+0(FP), R19
	MOVD RSP, R20
	MOVD R30, R21
	MOVD ·boot+bootState_cStack(SB), R0
	MOVD R0, RSP
	MOVD frame_nargs(R19), R0
	CMP  $8, R0
	BLS  registers
	MOVD frame_args+64(R19), R0         // args[8:14] to the stack
	MOVD frame_args+72(R19), R1
	MOVD frame_args+80(R19), R2
	MOVD frame_args+88(R19), R3
	MOVD frame_args+96(R19), R4
	MOVD frame_args+104(R19), R5
	MOVD R0, 0(RSP)
	MOVD R1, 8(RSP)
	MOVD R2, 16(RSP)
	MOVD R3, 24(RSP)
	MOVD R4, 32(RSP)
	MOVD R5, 40(RSP)

registers:
	MOVD  frame_nfloat(R19), R0
	CBZ   R0, integers
	FMOVD frame_floats+0(R19), F0
	FMOVD frame_floats+8(R19), F1
	FMOVD frame_floats+16(R19), F2
	FMOVD frame_floats+24(R19), F3
	FMOVD frame_floats+32(R19), F4
	FMOVD frame_floats+40(R19), F5
	FMOVD frame_floats+48(R19), F6
	FMOVD frame_floats+56(R19), F7

integers:
	MOVD  frame_args+0(R19), R0
	MOVD  frame_args+8(R19), R1
	MOVD  frame_args+16(R19), R2
	MOVD  frame_args+24(R19), R3
	MOVD  frame_args+32(R19), R4
	MOVD  frame_args+40(R19), R5
	MOVD  frame_args+48(R19), R6
	MOVD  frame_args+56(R19), R7
	MOVD  frame_fn(R19), R9
	CALL  (R9)
	MOVD  R0, frame_ret(R19)
	FMOVD F0, frame_fret(R19)
	MOVD  R20, RSP
	MOVD  R21, R30
	RET
