// Fetching the next block (see Block) in the loop over k of a GEMM microkernel: line by line, down
// the rows and then to the right. R15 is the next line, R13 the stride (bytes), R9 the rows left.

#define STARTB // panels of b follow each other

// BLOCK_BEGIN goes before the label band. Without a block, the same line is fetched for ever.
#define BLOCK_BEGIN \
	MOVQ next_Data_base+112(FP), R15;        \
	MOVQ next_Rows+136(FP), R9;              \
	MOVQ next_Stride+152(FP), R13;           \
	SHLQ $2, R13;                            \ // bytes
	CMPQ next_Lines+144(FP), $0;             \
	JGT  band;                               \
	BLOCK_NONE

#define BLOCK_NONE \
	MOVQ a_base+32(FP), R15;                 \
	XORQ R13, R13;                           \
	MOVQ $-1, R9

// BLOCK_LINE goes before the label fetched.
#define BLOCK_LINE \
	PREFETCHT1 (R15);                        \
	ADDQ R13, R15;                           \ // the next row
	DECQ R9;                                 \
	JZ   column

// BLOCK_COLUMN goes behind the label column: the next line of every row.
#define BLOCK_COLUMN \
	MOVQ next_Data_base+112(FP), R15;        \
	ADDQ $64, R15;                           \
	MOVQ R15, next_Data_base+112(FP);        \
	MOVQ next_Rows+136(FP), R9;              \
	DECQ next_Lines+144(FP);                 \
	JNZ  fetched;                            \
	BLOCK_NONE;                              \ // all is fetched
	JMP  fetched
