//go:build !purego

#include "textflag.h"
#include "const_amd64.h"
#include "map_avx2_amd64.h"
#include "rope_amd64.h"

// Rotary embedding of pairs half a head apart, see ROPE_HALVES
//
//	for i, c in cos { s = sign*sin[i]; a, b = a*c - b*s, a*s + b*c }    // in every head
//
// func ropeHalvesAVX2(dst, x, cos, sin []float32, headDim int, sign float32)
TEXT ·ropeHalvesAVX2(SB), NOSPLIT, $0-108
	MOVQ         dst_base+0(FP), DI
	MOVQ         x_base+24(FP), SI
	MOVQ         x_len+32(FP), DX
	MOVQ         cos_base+48(FP), R10
	MOVQ         cos_len+56(FP), CX
	MOVQ         sin_base+72(FP), R11
	MOVQ         headDim+96(FP), R12
	VBROADCASTSS sign+104(FP), V6
	SHLQ         $2, DX               // in bytes
	SHLQ         $2, R12
	ROPE_HALVES
	RET

// TWICE: v = src[0], src[0], src[1], src[1], … TWICE_TAIL: the same of the lanes in the mask of
// X15, through the lower half h of a register.
#define TWICE(src, v) \
	VPMOVZXDQ src, v; \ // each number, then 0
	VMOVSLDUP v, v

#define TWICE_TAIL(src, h, v) \
	VMASKMOVPS src, X15, h; \
	TWICE(h, v)

// Rotary embedding of pairs side by side, see ROPE_PAIRS
//
//	for i, c in cos { s = sign*sin[i]; a, b = a*c - b*s, a*s + b*c }    // in every head
//
// func ropePairsAVX2(dst, x, cos, sin []float32, headDim int, sign float32)
TEXT ·ropePairsAVX2(SB), NOSPLIT, $0-108
	MOVQ         dst_base+0(FP), DI
	MOVQ         x_base+24(FP), SI
	MOVQ         x_len+32(FP), DX
	MOVQ         cos_base+48(FP), R10
	MOVQ         cos_len+56(FP), CX
	MOVQ         sin_base+72(FP), R11
	MOVQ         headDim+96(FP), R12
	VBROADCASTSS sign+104(FP), V6
	SHLQ         $2, DX               // in bytes
	SHLQ         $2, R12
	ROPE_PAIRS
	RET
