// Instructions that Go's assembler lacks, spelled as bytes. Registers are numbers, for the
// preprocessor cannot make one out of the other; operands stand as in Go, sources first.
// TestMacros decodes each macro.

// EVEX_ZZZ: an instruction of three 512-bit registers in opcode map 0F38, without a mask.
// pp is the mandatory prefix, 2 for F3 and 3 for F2. The bits of register numbers above the
// third go to the prefix, inverted: reg is dst, vvvv is src2, rm is src1.
#define EVEX_ZZZ(pp, opcode, src1, src2, dst) \
	BYTE $0x62;                                                                  \
	BYTE $(0xf2 ^ ((dst & 8) << 4) ^ ((src1 & 16) << 2) ^ ((src1 & 8) << 2) ^ (dst & 16)); \
	BYTE $((0x7c | pp) ^ ((src2 & 15) << 3));                                    \
	BYTE $(0x48 ^ ((src2 & 16) >> 1));                                           \
	BYTE $opcode;                                                                \
	BYTE $(0xc0 | ((dst & 7) << 3) | (src1 & 7))

// VDPBF16PS: for each lane i of 32 bits, holding two bfloat16 in src1 and src2 and a float32
// in dst: dst[i] += src1[2i]*src2[2i] + src1[2i+1]*src2[2i+1]. See gemmbf16.go for how it
// rounds. AVX512_BF16.
#define VDPBF16PS(src1, src2, dst) EVEX_ZZZ(2, 0x52, src1, src2, dst)

// VCVTNE2PS2BF16: dst = 16 float32 of src1, then 16 of src2, rounded to bfloat16, to nearest
// and ties to even. Subnormal numbers become zeros, NaNs quiet ones. AVX512_BF16.
#define VCVTNE2PS2BF16(src1, src2, dst) EVEX_ZZZ(3, 0x72, src1, src2, dst)
