// The body of the AVX-512 microkernels, whose files differ in how they do a step of k and in
// how they read a and b: they define STEP3, STEP2 and STEP1, and ASTEP, from one step to the next in
// a (bytes), STARTA and STARTB at the start of a tile, FETCHA every four steps, FORWARDA(n) n steps
// on and NEXTA from one panel to the next. A step takes 192 bytes of b's panel.
// gemm_avx512_amd64.s has the algorithm and the registers.

// FETCH: a row of the tile of c is needed when the sums are done
#define FETCH \
	PREFETCHT0 (AX);                         \
	PREFETCHT0 64(AX);                       \
	PREFETCHT0 128(AX);                      \
	ADDQ R8, AX

// SET: c row = alpha*acc
#define SET(a0, a1, a2) \
	VMULPS Z29, a0, a0;                      \ // acc *= alpha
	VMULPS Z29, a1, a1;                      \
	VMULPS Z29, a2, a2;                      \
	VMOVUPS a0, K1, (AX);                    \ // c[r, 0:16] = acc
	VMOVUPS a1, K2, 64(AX);                  \
	VMOVUPS a2, K3, 128(AX);                 \
	ADDQ R8, AX;                             \ // the next row
	DECQ R14;                                \
	JZ   done

// BLEND: c row = alpha*acc + beta*c row
#define BLEND(a0, a1, a2) \
	VMULPS Z29, a0, a0;                      \ // acc *= alpha
	VMULPS Z29, a1, a1;                      \
	VMULPS Z29, a2, a2;                      \
	VMOVUPS.Z (AX), K1, Z31;                 \ // acc += beta*c[r]
	VFMADD231PS Z31, Z30, a0;                \
	VMOVUPS.Z 64(AX), K2, Z31;               \
	VFMADD231PS Z31, Z30, a1;                \
	VMOVUPS.Z 128(AX), K3, Z31;              \
	VFMADD231PS Z31, Z30, a2;                \
	VMOVUPS a0, K1, (AX);                    \ // c[r, 0:16] = acc
	VMOVUPS a1, K2, 64(AX);                  \
	VMOVUPS a2, K3, 128(AX);                 \
	ADDQ R8, AX;                             \ // the next row
	DECQ R14;                                \
	JZ   done

	MOVQ ldc+24(FP), R8
	VBROADCASTSS alpha+104(FP), Z29
	VBROADCASTSS beta+108(FP), Z30
	SHLQ $2, R8                      // bytes
	BLOCK_BEGIN

band:
	MOVQ c_base+0(FP), DI            // the first tile of eight rows
	MOVQ b_base+56(FP), BX           // the first panel of b
	MOVQ n+88(FP), R10

tile:
	STARTA
	MOVQ k+96(FP), CX
	MOVQ $48, AX
	CMPQ R10, AX
	CMOVQLT R10, AX
	MOVQ $-1, R14
	BZHIQ AX, R14, R14               // one bit a column
	KMOVW R14, K1
	SHRQ $16, R14
	KMOVW R14, K2
	SHRQ $16, R14
	KMOVW R14, K3
	STARTB
	MOVQ DI, AX
	FETCH
	FETCH
	FETCH
	FETCH
	FETCH
	FETCH
	FETCH
	FETCH
	VPXORQ Z0, Z0, Z0                // acc = 0
	VPXORQ Z1, Z1, Z1
	VPXORQ Z2, Z2, Z2
	VPXORQ Z3, Z3, Z3
	VPXORQ Z4, Z4, Z4
	VPXORQ Z5, Z5, Z5
	VPXORQ Z6, Z6, Z6
	VPXORQ Z7, Z7, Z7
	VPXORQ Z8, Z8, Z8
	VPXORQ Z9, Z9, Z9
	VPXORQ Z10, Z10, Z10
	VPXORQ Z11, Z11, Z11
	VPXORQ Z12, Z12, Z12
	VPXORQ Z13, Z13, Z13
	VPXORQ Z14, Z14, Z14
	VPXORQ Z15, Z15, Z15
	VPXORQ Z16, Z16, Z16
	VPXORQ Z17, Z17, Z17
	VPXORQ Z18, Z18, Z18
	VPXORQ Z19, Z19, Z19
	VPXORQ Z20, Z20, Z20
	VPXORQ Z21, Z21, Z21
	VPXORQ Z22, Z22, Z22
	VPXORQ Z23, Z23, Z23
	CMPQ R10, $16                    // how many vectors wide?
	JLE  narrow
	CMPQ R10, $32
	JLE  middle
	SUBQ $4, CX
	JLT  tail

wide:
	BLOCK_LINE

fetched:
	FETCHA
	STEP3(0, 0)                      // four steps of k
	STEP3(ASTEP, 192)
	STEP3((2*ASTEP), 384)
	STEP3((3*ASTEP), 576)
	FORWARDA(4)
	ADDQ $768, BX
	SUBQ $4, CX
	JGE  wide

tail:
	ADDQ $4, CX                      // k % 4 steps are left
	JZ   store

single:
	STEP3(0, 0)
	FORWARDA(1)
	ADDQ $192, BX
	DECQ CX
	JNZ  single
	JMP  store

middle:
	SUBQ $2, CX
	JLT  middletail

middlesteps:
	STEP2(0, 0)                      // two steps of k
	STEP2(ASTEP, 192)
	FORWARDA(2)
	ADDQ $384, BX
	SUBQ $2, CX
	JGE  middlesteps

middletail:
	ADDQ $2, CX                      // k % 2 steps are left
	JZ   store
	STEP2(0, 0)
	JMP  store

narrow:
	SUBQ $2, CX
	JLT  narrowtail

narrowsteps:
	STEP1(0, 0)                      // two steps of k
	STEP1(ASTEP, 192)
	FORWARDA(2)
	ADDQ $384, BX
	SUBQ $2, CX
	JGE  narrowsteps

narrowtail:
	ADDQ $2, CX                      // k % 2 steps are left
	JZ   store
	STEP1(0, 0)

store:
	MOVQ DI, AX
	MOVQ m+80(FP), R14               // rows left to store, eight at most
	VPXORQ Z31, Z31, Z31
	VUCOMISS X31, X30                // beta == 0: c is not read
	JNE  blend
	JP   blend
	SET(Z0, Z1, Z2)
	SET(Z3, Z4, Z5)
	SET(Z6, Z7, Z8)
	SET(Z9, Z10, Z11)
	SET(Z12, Z13, Z14)
	SET(Z15, Z16, Z17)
	SET(Z18, Z19, Z20)
	SET(Z21, Z22, Z23)
	JMP done

blend:
	BLEND(Z0, Z1, Z2)
	BLEND(Z3, Z4, Z5)
	BLEND(Z6, Z7, Z8)
	BLEND(Z9, Z10, Z11)
	BLEND(Z12, Z13, Z14)
	BLEND(Z15, Z16, Z17)
	BLEND(Z18, Z19, Z20)
	BLEND(Z21, Z22, Z23)

done:
	ADDQ $192, DI                    // the next panel of b and tile of c
	SUBQ $48, R10
	JG   tile
	NEXTA
	MOVQ R8, AX
	SHLQ $3, AX
	ADDQ AX, c_base+0(FP)            // the next eight rows
	SUBQ $8, m+80(FP)
	JG   band
	VZEROUPPER
	RET

column:
	BLOCK_COLUMN
