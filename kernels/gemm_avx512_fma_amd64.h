// A step of k of the AVX-512 microkernels in float32, three, two and one vectors wide. A0 to A7 say
// where the numbers of a are, LOADB3, LOADB2 and LOADB1 read a row of b into Z24, Z25 and Z26.

// ROW3: acc row += a[r] * b
#define ROW3(a, z, a0, a1, a2) \
	VBROADCASTSS a, z;                       \ // a[r, i]
	VFMADD231PS Z24, z, a0;                  \ // acc[r, 0:16] += a[r, i] * b[i, 0:16]
	VFMADD231PS Z25, z, a1;                  \
	VFMADD231PS Z26, z, a2

#define STEP3(aoff, boff) \
	LOADB3(boff);                            \ // b[i, 0:48]
	ROW3(A0(aoff), Z27, Z0, Z1, Z2);         \
	ROW3(A1(aoff), Z28, Z3, Z4, Z5);         \
	ROW3(A2(aoff), Z27, Z6, Z7, Z8);         \
	ROW3(A3(aoff), Z28, Z9, Z10, Z11);       \
	ROW3(A4(aoff), Z27, Z12, Z13, Z14);      \
	ROW3(A5(aoff), Z28, Z15, Z16, Z17);      \
	ROW3(A6(aoff), Z27, Z18, Z19, Z20);      \
	ROW3(A7(aoff), Z28, Z21, Z22, Z23)

// ROW2: the same, two vectors wide
#define ROW2(a, z, a0, a1) \
	VBROADCASTSS a, z;                       \ // a[r, i]
	VFMADD231PS Z24, z, a0;                  \ // acc[r, 0:16] += a[r, i] * b[i, 0:16]
	VFMADD231PS Z25, z, a1

#define STEP2(aoff, boff) \
	LOADB2(boff);                            \ // b[i, 0:32]
	ROW2(A0(aoff), Z27, Z0, Z1);             \
	ROW2(A1(aoff), Z28, Z3, Z4);             \
	ROW2(A2(aoff), Z27, Z6, Z7);             \
	ROW2(A3(aoff), Z28, Z9, Z10);            \
	ROW2(A4(aoff), Z27, Z12, Z13);           \
	ROW2(A5(aoff), Z28, Z15, Z16);           \
	ROW2(A6(aoff), Z27, Z18, Z19);           \
	ROW2(A7(aoff), Z28, Z21, Z22)

#define STEP1(aoff, boff) \
	LOADB1(boff);                            \ // b[i, 0:16]
	VFMADD231PS.BCST A0(aoff), Z24, Z0;      \ // acc[r, 0:16] += a[r, i] * b[i, 0:16]
	VFMADD231PS.BCST A1(aoff), Z24, Z3;      \
	VFMADD231PS.BCST A2(aoff), Z24, Z6;      \
	VFMADD231PS.BCST A3(aoff), Z24, Z9;      \
	VFMADD231PS.BCST A4(aoff), Z24, Z12;     \
	VFMADD231PS.BCST A5(aoff), Z24, Z15;     \
	VFMADD231PS.BCST A6(aoff), Z24, Z18;     \
	VFMADD231PS.BCST A7(aoff), Z24, Z21
