// Where GEMM microkernels that pack B find its rows: R15 is the first row from the tile's first column
// on. This stands in for gemm_block_amd64.h: nothing else is fetched meanwhile.

#define STARTB \
	MOVQ n+88(FP), R15; \
	SUBQ R10, R15;      \ // columns of the tiles before
	SHLQ $2, R15;       \
	ADDQ src_Data_base+112(FP), R15

#define BLOCK_LINE
#define BLOCK_COLUMN
