// The body of the AVX-512 vector products, whose files differ in how they do a step of k: they
// define STEP, which reads 4 bytes of x and 192 of each of the four panels.
// gemv_avx512_amd64.s has the algorithm and the registers.

	MOVQ y_base+0(FP), DI
	MOVQ x_base+24(FP), SI
	MOVQ x_len+32(FP), CX
	MOVQ b_base+48(FP), BX
	MOVQ ldb+72(FP), R8
	MOVQ panels+80(FP), AX
	MOVBLZX add+88(FP), R13
	LEAQ (BX)(R8*4), R9              // the second panel
	CMPQ AX, $2
	CMOVQLT BX, R9                   // or the first, if that is the last
	LEAQ (R9)(R8*4), R10             // the third panel
	CMPQ AX, $3
	CMOVQLT R9, R10
	LEAQ (R10)(R8*4), R11            // the fourth panel
	CMPQ AX, $4
	CMOVQLT R10, R11
	XORL DX, DX                      // i = 0
	VPXORQ Z0, Z0, Z0                // sum = 0
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
	TESTQ CX, CX
	JZ   sums                        // if len(x) == 0 { goto sums }

steps:
	STEP
	ADDQ $4, SI                      // x = x[1:]
	ADDQ $192, DX                    // i++
	DECQ CX
	JNZ  steps

sums:
	TESTL R13, R13
	JZ   put                         // if !add { goto put }
	VADDPS (DI), Z0, Z0              // sum += y
	VADDPS 64(DI), Z1, Z1
	VADDPS 128(DI), Z2, Z2
	VADDPS 192(DI), Z3, Z3
	VADDPS 256(DI), Z4, Z4
	VADDPS 320(DI), Z5, Z5
	VADDPS 384(DI), Z6, Z6
	VADDPS 448(DI), Z7, Z7
	VADDPS 512(DI), Z8, Z8
	VADDPS 576(DI), Z9, Z9
	VADDPS 640(DI), Z10, Z10
	VADDPS 704(DI), Z11, Z11

put:
	VMOVUPS Z0, (DI)                 // y = sum
	VMOVUPS Z1, 64(DI)
	VMOVUPS Z2, 128(DI)
	VMOVUPS Z3, 192(DI)
	VMOVUPS Z4, 256(DI)
	VMOVUPS Z5, 320(DI)
	VMOVUPS Z6, 384(DI)
	VMOVUPS Z7, 448(DI)
	VMOVUPS Z8, 512(DI)
	VMOVUPS Z9, 576(DI)
	VMOVUPS Z10, 640(DI)
	VMOVUPS Z11, 704(DI)
	VZEROUPPER
	RET
