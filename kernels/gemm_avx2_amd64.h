// The body of the AVX2 microkernels, whose files differ in how they read a: they define STEP,
// and ASTEP, from one step to the next in a (bytes), STARTA at the start of a tile, FORWARDA(n)
// n steps on, SECONDA from the end of the first four rows to the start of the others and NEXTA
// from one panel to the next. gemm_avx2_amd64.s has the algorithm and the registers.

// FETCH: a row of the tile of c is needed when the sums are done
#define FETCH \
	PREFETCHT0 (AX);                         \
	PREFETCHT0 64(AX);                       \
	ADDQ R8, AX

// SCALE: acc *= alpha
#define SCALE(a0, a1, a2) \
	VMULPS Y15, a0, a0; \
	VMULPS Y15, a1, a1; \
	VMULPS Y15, a2, a2

// BLEND: acc row += beta*c row, at whatever row AX stands
#define BLEND(a0, a1, a2) \
	VMOVUPS (R11), Y12;                      \ // the mask of the first eight columns
	VMASKMOVPS (AX), Y12, Y14;               \ // c[r, 0:8]
	VFMADD231PS Y13, Y14, a0;                \ // acc += beta*c
	VMOVUPS 32(R11), Y12;                    \
	VMASKMOVPS 32(AX), Y12, Y14;             \ // c[r, 8:16]
	VFMADD231PS Y13, Y14, a1;                \
	VMOVUPS 64(R11), Y12;                    \
	VMASKMOVPS 64(AX), Y12, Y14;             \ // c[r, 16:24]
	VFMADD231PS Y13, Y14, a2;                \
	ADDQ R8, AX;                             \ // the next row
	DECQ CX;                                 \
	JZ   put

// WHOLE: c row = acc row
#define WHOLE(a0, a1, a2) \
	VMOVUPS a0, (DI);                        \ // c[r, 0:8] = acc
	VMOVUPS a1, 32(DI);                      \
	VMOVUPS a2, 64(DI);                      \
	ADDQ R8, DI;                             \ // the next row
	DECQ R14;                                \
	JZ   next

// PART: c row = acc row, of some columns
#define PART(a0, a1, a2) \
	VMOVUPS (R11), Y12;                      \ // the mask of the first eight columns
	VMASKMOVPS a0, Y12, (DI);                \ // c[r, 0:8] = acc
	VMOVUPS 32(R11), Y12;                    \
	VMASKMOVPS a1, Y12, 32(DI);              \ // c[r, 8:16]
	VMOVUPS 64(R11), Y12;                    \
	VMASKMOVPS a2, Y12, 64(DI);              \ // c[r, 16:24]
	ADDQ R8, DI;                             \ // the next row
	DECQ R14;                                \
	JZ   next

	MOVQ ldc+24(FP), R8
	MOVQ next_Data_base+112(FP), R15
	MOVQ next_Rows+136(FP), R9
	MOVQ next_Stride+152(FP), R13
	SHLQ $2, R8                      // bytes
	SHLQ $2, R13
	CMPQ next_Lines+144(FP), $0
	JGT  band
	MOVQ a_base+32(FP), R15          // nothing to fetch: the same line for ever
	XORQ R13, R13
	MOVQ $-1, R9

band:
	MOVQ c_base+0(FP), DI            // the first tile of eight rows
	MOVQ b_base+56(FP), BX           // the first panel of b
	MOVQ n+88(FP), R10

tile:
	STARTA
	MOVQ $8, R14
	CMPQ m+80(FP), R14
	CMOVQLT m+80(FP), R14            // rows of the tile
	MOVQ DI, AX
	FETCH
	FETCH
	FETCH
	FETCH
	FETCH
	FETCH
	FETCH
	FETCH

half:
	MOVQ BX, R11
	MOVQ k+96(FP), CX
	VXORPS Y0, Y0, Y0                // acc = 0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	VXORPS Y4, Y4, Y4
	VXORPS Y5, Y5, Y5
	VXORPS Y6, Y6, Y6
	VXORPS Y7, Y7, Y7
	VXORPS Y8, Y8, Y8
	VXORPS Y9, Y9, Y9
	VXORPS Y10, Y10, Y10
	VXORPS Y11, Y11, Y11
	SUBQ $4, CX
	JLT  tail

steps:
	PREFETCHT1 (R15)                 // a line of the next row of the next block
	ADDQ R13, R15
	DECQ R9
	JZ   column

fetched:
	STEP(0, 0)                       // four steps of k
	STEP(ASTEP, 96)
	STEP((2*ASTEP), 192)
	STEP((3*ASTEP), 288)
	FORWARDA(4)
	ADDQ $384, R11
	SUBQ $4, CX
	JGE  steps

tail:
	ADDQ $4, CX                      // k % 4 steps are left
	JZ   scale

single:
	STEP(0, 0)
	FORWARDA(1)
	ADDQ $96, R11
	DECQ CX
	JNZ  single

scale:
	VBROADCASTSS alpha+104(FP), Y15
	SCALE(Y0, Y1, Y2)
	SCALE(Y3, Y4, Y5)
	SCALE(Y6, Y7, Y8)
	SCALE(Y9, Y10, Y11)
	MOVQ $24, AX
	SUBQ R10, AX
	XORQ CX, CX
	CMPQ AX, CX
	CMOVQLT CX, AX
	LEAQ columns<>(SB), R11
	LEAQ (R11)(AX*4), R11            // masks of min(n, 24) columns
	VBROADCASTSS beta+108(FP), Y13
	VXORPS Y12, Y12, Y12
	VUCOMISS X12, X13                // beta == 0: c is not read
	JNE  blend
	JP   blend

put:
	CMPQ R10, $24
	JLT  part
	WHOLE(Y0, Y1, Y2)
	WHOLE(Y3, Y4, Y5)
	WHOLE(Y6, Y7, Y8)
	WHOLE(Y9, Y10, Y11)
	SECONDA                          // rows are left
	JMP half

part:
	PART(Y0, Y1, Y2)
	PART(Y3, Y4, Y5)
	PART(Y6, Y7, Y8)
	PART(Y9, Y10, Y11)
	SECONDA
	JMP half

blend:
	MOVQ DI, AX
	MOVQ R14, CX                     // rows left to read, four at most
	BLEND(Y0, Y1, Y2)
	BLEND(Y3, Y4, Y5)
	BLEND(Y6, Y7, Y8)
	BLEND(Y9, Y10, Y11)
	JMP put

next:
	MOVQ k+96(FP), AX
	LEAQ (AX)(AX*2), AX
	SHLQ $5, AX
	ADDQ AX, BX                      // the next panel of b
	SUBQ $24, R10
	MOVQ n+88(FP), AX
	SUBQ R10, AX
	MOVQ c_base+0(FP), DI
	LEAQ (DI)(AX*4), DI              // and tile of c
	CMPQ R10, $0
	JGT  tile
	NEXTA
	MOVQ R8, AX
	SHLQ $3, AX
	ADDQ AX, c_base+0(FP)            // the next eight rows
	SUBQ $8, m+80(FP)
	JG   band
	VZEROUPPER
	RET

column:                                  // the next line of every row
	MOVQ next_Data_base+112(FP), R15
	ADDQ $64, R15
	MOVQ R15, next_Data_base+112(FP)
	MOVQ next_Rows+136(FP), R9
	DECQ next_Lines+144(FP)
	JNZ  fetched
	MOVQ a_base+32(FP), R15          // all is fetched
	XORQ R13, R13
	MOVQ $-1, R9
	JMP  fetched

// columns holds the masks of 24 columns before those of none: a load that begins n numbers
// before the zeros is the mask of n.
DATA columns<>+0(SB)/8, $-1
DATA columns<>+8(SB)/8, $-1
DATA columns<>+16(SB)/8, $-1
DATA columns<>+24(SB)/8, $-1
DATA columns<>+32(SB)/8, $-1
DATA columns<>+40(SB)/8, $-1
DATA columns<>+48(SB)/8, $-1
DATA columns<>+56(SB)/8, $-1
DATA columns<>+64(SB)/8, $-1
DATA columns<>+72(SB)/8, $-1
DATA columns<>+80(SB)/8, $-1
DATA columns<>+88(SB)/8, $-1
DATA columns<>+96(SB)/8, $0
DATA columns<>+104(SB)/8, $0
DATA columns<>+112(SB)/8, $0
DATA columns<>+120(SB)/8, $0
DATA columns<>+128(SB)/8, $0
DATA columns<>+136(SB)/8, $0
DATA columns<>+144(SB)/8, $0
DATA columns<>+152(SB)/8, $0
DATA columns<>+160(SB)/8, $0
DATA columns<>+168(SB)/8, $0
DATA columns<>+176(SB)/8, $0
DATA columns<>+184(SB)/8, $0
GLOBL columns<>(SB), RODATA|NOPTR, $192
