// Constants of the 16-bit conversions.

CONST(justBelowHalf, 0x7fff) // half a unit of bfloat16's last place, less one
CONST(lowBit, 1)
CONST(quietBit, 0x40)        // of a bfloat16 NaN

// BF16_ROUND: V0 = the bits of x = V0 rounded to bfloat16, in the low half of each lane, where
// x is no NaN; V1 = those of a NaN.
//
//	V0 = (x + 0x7fff + x>>16&1) >> 16   // a tie rounds up only if that is even
//	V1 = x>>16 | 0x40                   // quiet, so that dropping bits never makes it Inf
//
// Clobbers V2.
#define BF16_ROUND \
	VPSRLD $16, V0, V1;                       \
	VANDPS BCAST lowBit<>(SB), V1, V2;        \
	VORPS BCAST quietBit<>(SB), V1, V1;       \
	VPADDD BCAST justBelowHalf<>(SB), V0, V0; \
	VPADDD V2, V0, V0;                        \
	VPSRLD $16, V0, V0
