//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// A call by the System V ABI for AMD64 (section 3.2.3): six integers in registers and the
// rest on the stack, eight floats in vector registers, and in AL how many of those are in
// use, for functions like printf. C keeps BX, BP, R12–R15, so g in R14 survives.
//
// BX f   R12 Go's SP
//
// func callC(f *frame)
TEXT ·callC(SB), NOSPLIT, $0-8
	MOVQ f+0(FP), BX
	MOVQ SP, R12
	MOVQ ·boot+bootState_cStack(SB), SP
	CMPQ frame_nargs(BX), $6
	JLS  registers
	MOVQ frame_args+48(BX), AX          // args[6:14] to the stack
	MOVQ frame_args+56(BX), CX
	MOVQ frame_args+64(BX), DX
	MOVQ frame_args+72(BX), SI
	MOVQ AX, 0(SP)
	MOVQ CX, 8(SP)
	MOVQ DX, 16(SP)
	MOVQ SI, 24(SP)
	MOVQ frame_args+80(BX), AX
	MOVQ frame_args+88(BX), CX
	MOVQ frame_args+96(BX), DX
	MOVQ frame_args+104(BX), SI
	MOVQ AX, 32(SP)
	MOVQ CX, 40(SP)
	MOVQ DX, 48(SP)
	MOVQ SI, 56(SP)

registers:
	MOVQ  frame_nfloat(BX), AX
	TESTQ AX, AX
	JEQ   integers
	MOVSD frame_floats+0(BX), X0
	MOVSD frame_floats+8(BX), X1
	MOVSD frame_floats+16(BX), X2
	MOVSD frame_floats+24(BX), X3
	MOVSD frame_floats+32(BX), X4
	MOVSD frame_floats+40(BX), X5
	MOVSD frame_floats+48(BX), X6
	MOVSD frame_floats+56(BX), X7

integers:
	MOVQ  frame_args+0(BX), DI
	MOVQ  frame_args+8(BX), SI
	MOVQ  frame_args+16(BX), DX
	MOVQ  frame_args+24(BX), CX
	MOVQ  frame_args+32(BX), R8
	MOVQ  frame_args+40(BX), R9
	MOVQ  frame_fn(BX), R11
	CALL  R11
	MOVQ  AX, frame_ret(BX)
	MOVSD X0, frame_fret(BX)
	MOVQ  R12, SP
	RET
