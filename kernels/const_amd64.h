// Constants of the vector kernels, each repeated over the 32 bytes of an AVX2 register, so
// that AVX2 can use them as the memory operand of an instruction, which costs no register.
// AVX-512 repeats the first four bytes by itself.

// CONST defines a vector constant from the bits of a float32 (or of an int32).
#define CONST(name, bits) \
	DATA name<>+0(SB)/4, $bits;         \
	DATA name<>+4(SB)/4, $bits;         \
	DATA name<>+8(SB)/4, $bits;         \
	DATA name<>+12(SB)/4, $bits;        \
	DATA name<>+16(SB)/4, $bits;        \
	DATA name<>+20(SB)/4, $bits;        \
	DATA name<>+24(SB)/4, $bits;        \
	DATA name<>+28(SB)/4, $bits;        \
	GLOBL name<>(SB), RODATA|NOPTR, $32

CONST(signBit, 0x80000000)
CONST(absMask, 0x7fffffff)
CONST(one, 0x3f800000)
CONST(two, 0x40000000)

// lanes is 0, 1, … 7: AVX2 compares it with a length to make the mask of a tail.
DATA lanes<>+0(SB)/8, $0x0000000100000000
DATA lanes<>+8(SB)/8, $0x0000000300000002
DATA lanes<>+16(SB)/8, $0x0000000500000004
DATA lanes<>+24(SB)/8, $0x0000000700000006
GLOBL lanes<>(SB), RODATA|NOPTR, $32
