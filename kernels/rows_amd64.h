// Loops over one row of a matrix, on the registers and tails of map_avx2_amd64.h or
// map_avx512_amd64.h and the exponential of either level. CX n, BX index.

// EACH: OP on each vector of a row; the loads and stores it is to use are its arguments.
#define EACH(OP) \
	XORL BX, BX;                   \ // i = 0
vectors:                           \
	SUBQ $LANES, CX;               \ // if n -= LANES; n < 0 { goto tail }
	JLT tail;                      \
	OP(LOAD_WHOLE, STORE_WHOLE);   \
	ADDQ $LANES, BX;               \ // i += LANES
	JMP vectors;                   \
tail:                              \
	ADDQ $LANES, CX;               \
	JEQ done;                      \ // if n == 0 { goto done }
	MASK_TAIL;                     \
	OP(LOAD_TAIL, STORE_TAIL);     \
done:

// SUM_OF: X0 = the sum of the lanes of v. Clobbers V1.
#define SUM_OF(v) \
	VMOVAPS v, V0; \
	FOLD4(VADDPS)

// EXP_SUM: for i { e = exp(x[i] - m); if dst != nil { dst[i] = e }; sum += e }
// DI dst, SI x, V3 m, V4 sum. Past the end x is -Inf, whose exponential is 0.
#define EXP_SUM \
	VBROADCASTSS negInf<>(SB), V5;       \
	VXORPS V4, V4, V4;                   \ // sum = 0
	XORL BX, BX;                         \ // i = 0
vectors:                                 \
	SUBQ $LANES, CX;                     \ // if n -= LANES; n < 0 { goto tail }
	JLT tail;                            \
	VMOVUPS (SI)(BX*4), V0;              \
	VSUBPS V3, V0, V0;                   \ // x[i:] - m
	EXP(V0, V1, V2);                     \
	VADDPS V0, V4, V4;                   \ // sum += e
	TESTQ DI, DI;                        \ // if dst == nil { goto next }
	JZ next;                             \
	VMOVUPS V0, (DI)(BX*4);              \ // dst[i:] = e
next:                                    \
	ADDQ $LANES, BX;                     \ // i += LANES
	JMP vectors;                         \
tail:                                    \
	ADDQ $LANES, CX;                     \
	JEQ done;                            \ // if n == 0 { goto done }
	MASK_TAIL;                           \
	LOAD_TAIL_OR((SI)(BX*4), V5, V0);    \ // x[i:i+n], then -Inf
	VSUBPS V3, V0, V0;                   \
	EXP(V0, V1, V2);                     \
	VADDPS V0, V4, V4;                   \
	TESTQ DI, DI;                        \
	JZ done;                             \
	STORE_TAIL(V0, (DI)(BX*4));          \ // dst[i:i+n] = e
done:                                    \
	SUM_OF(V4)

// EXP_SCALE: dst[i] = exp(x[i] - m) * a; DI dst, SI x, V3 m, V4 a
#define EXP_SCALE(LD, ST) \
	LD((SI)(BX*4), V0);  \
	VSUBPS V3, V0, V0;   \ // x[i] - m
	EXP(V0, V1, V2);     \
	VMULPS V4, V0, V0;   \ // exp * a
	ST(V0, (DI)(BX*4))

// SOFTMAX_BACKWARD: dx[i] = y[i]*(dy[i] - sum); DI dx, DX dy, SI y, V3 sum
#define SOFTMAX_BACKWARD(LD, ST) \
	LD((SI)(BX*4), V0);  \
	LD((DX)(BX*4), V1);  \
	VSUBPS V3, V1, V1;   \ // dy - sum
	VMULPS V0, V1, V0;   \ // y*(dy - sum)
	ST(V0, (DI)(BX*4))

// LOG_SOFTMAX_BACKWARD: dx[i] = dy[i] - exp(y[i])*sum; DI dx, DX dy, SI y, V3 sum
#define LOG_SOFTMAX_BACKWARD(LD, ST) \
	LD((SI)(BX*4), V0);      \
	EXP(V0, V1, V2);         \
	LD((DX)(BX*4), V1);      \
	VFNMADD231PS V3, V0, V1; \ // dy - exp*sum
	ST(V1, (DI)(BX*4))

// NORMALISE: y[i] = (x[i] - mean)*rstd*weight[i]; DI y, SI x, DX weight, V3 mean, V4 rstd
#define NORMALISE(LD, ST) \
	LD((SI)(BX*4), V0);  \
	LD((DX)(BX*4), V1);  \
	VSUBPS V3, V0, V0;   \ // x - mean
	VMULPS V4, V0, V0;   \ // n = (x - mean)*rstd
	VMULPS V1, V0, V0;   \ // n*weight
	ST(V0, (DI)(BX*4))

// NORMALISE_BIAS: the same plus bias[i]; R8 bias
#define NORMALISE_BIAS(LD, ST) \
	LD((SI)(BX*4), V0);     \
	LD((DX)(BX*4), V1);     \
	LD((R8)(BX*4), V2);     \
	VSUBPS V3, V0, V0;      \ // x - mean
	VMULPS V4, V0, V0;      \ // n = (x - mean)*rstd
	VFMADD213PS V2, V1, V0; \ // n*weight + bias
	ST(V0, (DI)(BX*4))

// NORM_SUMS: g = dy[i]*weight[i]; sum += g; product += g * (x[i] - mean)*rstd
// DI dy, SI x, DX weight, V3 mean, V4 rstd, V8 sum, V9 product. Past the end g is 0.
#define NORM_SUMS(LD, ST) \
	LD((DI)(BX*4), V0);     \
	LD((DX)(BX*4), V1);     \
	LD((SI)(BX*4), V2);     \
	VMULPS V1, V0, V0;      \ // g = dy*weight
	VADDPS V0, V8, V8;      \ // sum += g
	VSUBPS V3, V2, V2;      \
	VMULPS V4, V2, V2;      \ // n = (x - mean)*rstd
	VFMADD231PS V2, V0, V9    // product += g*n

// NORM_GRADIENT: dx[i] = rstd*(dy[i]*weight[i] - sum - n*product), n = (x[i] - mean)*rstd
// DI dx, R8 dy, SI x, DX weight, V3 mean, V4 rstd, V5 sum, V6 product
#define NORM_GRADIENT(LD, ST) \
	LD((R8)(BX*4), V0);      \
	LD((DX)(BX*4), V1);      \
	LD((SI)(BX*4), V2);      \
	VSUBPS V3, V2, V2;       \
	VMULPS V4, V2, V2;       \ // n
	VFMSUB213PS V5, V1, V0;  \ // dy*weight - sum
	VFNMADD231PS V6, V2, V0; \ // - n*product
	VMULPS V4, V0, V0;       \ // * rstd
	ST(V0, (DI)(BX*4))

// NORM_WEIGHT: dweight[i] += dy[i] * (x[i] - mean)*rstd; DI dweight, DX dy, SI x
#define NORM_WEIGHT(LD, ST) \
	LD((SI)(BX*4), V0);      \
	LD((DX)(BX*4), V1);      \
	LD((DI)(BX*4), V2);      \
	VSUBPS V3, V0, V0;       \
	VMULPS V4, V0, V0;       \ // n
	VFMADD231PS V1, V0, V2;  \ // dweight + dy*n
	ST(V2, (DI)(BX*4))
