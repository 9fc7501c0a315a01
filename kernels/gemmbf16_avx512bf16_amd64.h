// A step of the AVX512-BF16 microkernels, a pair of k, three, two and one vectors wide. A0 to A7 say
// where the numbers of a are, LOADB3, LOADB2 and LOADB1 read a row of b into Z24, Z25 and Z26.

// ROW3: acc row += a[r] * b, three vectors
#define ROW3(a, a0, a1, a2) \
	VBROADCASTSS a, Z27;                     \ // a[i, r]
	VDPBF16PS(24, 27, a0);                   \ // acc[r, 0:16] += a[i, r] * b[i, 0:16]
	VDPBF16PS(25, 27, a1);                   \
	VDPBF16PS(26, 27, a2)

// STEP3: one pair, three vectors wide
#define STEP3(aoff, boff) \
	LOADB3(boff);                            \ // b[i, 0:48]
	ROW3(A0(aoff), 0, 1, 2);        \
	ROW3(A1(aoff), 3, 4, 5);        \
	ROW3(A2(aoff), 6, 7, 8);        \
	ROW3(A3(aoff), 9, 10, 11);      \
	ROW3(A4(aoff), 12, 13, 14);     \
	ROW3(A5(aoff), 15, 16, 17);     \
	ROW3(A6(aoff), 18, 19, 20);     \
	ROW3(A7(aoff), 21, 22, 23)

// ROW2 and STEP2: the same, two vectors wide
#define ROW2(a, a0, a1) \
	VBROADCASTSS a, Z27;                     \ // a[i, r]
	VDPBF16PS(24, 27, a0);                   \ // acc[r, 0:16] += a[i, r] * b[i, 0:16]
	VDPBF16PS(25, 27, a1)

#define STEP2(aoff, boff) \
	LOADB2(boff);                            \ // b[i, 0:32]
	ROW2(A0(aoff), 0, 1);           \
	ROW2(A1(aoff), 3, 4);           \
	ROW2(A2(aoff), 6, 7);           \
	ROW2(A3(aoff), 9, 10);          \
	ROW2(A4(aoff), 12, 13);         \
	ROW2(A5(aoff), 15, 16);         \
	ROW2(A6(aoff), 18, 19);         \
	ROW2(A7(aoff), 21, 22)

// ROW1 and STEP1: the same, one vector wide
#define ROW1(a, s) \
	VBROADCASTSS a, Z27;                     \ // a[i, r]
	VDPBF16PS(24, 27, s)                       // acc[r, 0:16] += a[i, r] * b[i, 0:16]

#define STEP1(aoff, boff) \
	LOADB1(boff);                            \ // b[i, 0:16]
	ROW1(A0(aoff), 0);              \
	ROW1(A1(aoff), 3);              \
	ROW1(A2(aoff), 6);              \
	ROW1(A3(aoff), 9);              \
	ROW1(A4(aoff), 12);             \
	ROW1(A5(aoff), 15);             \
	ROW1(A6(aoff), 18);             \
	ROW1(A7(aoff), 21)
