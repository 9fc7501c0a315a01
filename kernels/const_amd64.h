// Constants of the vector kernels, each repeated over 64 bytes: the full width of an
// AVX-512 register, whose first half serves AVX2. Both can then use a constant as the
// memory operand of an instruction, which costs no register.

#define CONST4(name, at, bits) \
	DATA name<>+(at+0)(SB)/4, $bits;  \
	DATA name<>+(at+4)(SB)/4, $bits;  \
	DATA name<>+(at+8)(SB)/4, $bits;  \
	DATA name<>+(at+12)(SB)/4, $bits

// CONST defines a vector constant from the bits of a float32 (or of an int32).
#define CONST(name, bits) \
	CONST4(name, 0, bits);    \
	CONST4(name, 16, bits);   \
	CONST4(name, 32, bits);   \
	CONST4(name, 48, bits);   \
	GLOBL name<>(SB), RODATA|NOPTR, $64

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
