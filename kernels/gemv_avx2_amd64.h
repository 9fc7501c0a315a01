// The body of the AVX2 vector products, whose files differ in how they do a step of k: they
// define STEP, which reads 4 bytes of x and 96 of each of the four panels.
// gemv_avx2_amd64.s has the algorithm and the registers.

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
	VXORPS Y0, Y0, Y0                // sum = 0
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
	TESTQ CX, CX
	JZ   sums                        // if len(x) == 0 { goto sums }

steps:
	STEP
	ADDQ $4, SI                      // x = x[1:]
	ADDQ $96, DX                     // i++
	DECQ CX
	JNZ  steps

sums:
	TESTL R13, R13
	JZ   put                         // if !add { goto put }
	VADDPS (DI), Y0, Y0              // sum += y
	VADDPS 32(DI), Y1, Y1
	VADDPS 64(DI), Y2, Y2
	VADDPS 96(DI), Y3, Y3
	VADDPS 128(DI), Y4, Y4
	VADDPS 160(DI), Y5, Y5
	VADDPS 192(DI), Y6, Y6
	VADDPS 224(DI), Y7, Y7
	VADDPS 256(DI), Y8, Y8
	VADDPS 288(DI), Y9, Y9
	VADDPS 320(DI), Y10, Y10
	VADDPS 352(DI), Y11, Y11

put:
	VMOVUPS Y0, (DI)                 // y = sum
	VMOVUPS Y1, 32(DI)
	VMOVUPS Y2, 64(DI)
	VMOVUPS Y3, 96(DI)
	VMOVUPS Y4, 128(DI)
	VMOVUPS Y5, 160(DI)
	VMOVUPS Y6, 192(DI)
	VMOVUPS Y7, 224(DI)
	VMOVUPS Y8, 256(DI)
	VMOVUPS Y9, 288(DI)
	VMOVUPS Y10, 320(DI)
	VMOVUPS Y11, 352(DI)
	VZEROUPPER
	RET
