// Package ptx writes kernels of package ir as PTX, the assembly language that NVIDIA's driver
// compiles for the device at hand.
//
// PTX has as many registers as one likes and wants no allocation, scheduling or unrolling: all
// that the driver's compiler does. So the translation is plain: a value is a register (a
// vector one for each element), a variable is one too, a block of instructions is a place
// between labels, and each instruction is followed by a comment with the line of the kernel's
// text that it comes from.
//
//	acc: f32 = fma v1, v2, v3        fma.rn.f32 %f4, %f1, %f2, %f3;
//	v7: f32 = load x[i]              mad.wide.s32 %rd5, %r2, 4, %rd1;
//	                                 ld.global.nc.f32 %f7, [%rd5];
//
// Cooperative matrices become the warp's own. Where the device has them and the sizes are theirs,
// products are mma.m16n8k16, whose fragments are documented and come from shared memory by ldmatrix
// (mma.go says how they lie); elsewhere they are wmma, which keeps the fragments to itself. A
// CopyAsync is cp.async.
//
// Rounding is written down: add.rn, sub.rn and mul.rn are never contracted to an fma. Division
// and square root are the exactly rounded ones; Exp, Log and Rsqrt rest on the hardware's
// ex2.approx, lg2.approx and rsqrt.approx, whose documented errors stay within package ir's
// bounds (CUDA C++ Programming Guide, "Mathematical Functions", __expf, __logf and rsqrtf).
// Subnormal numbers are kept.
//
// A module asks for the oldest version of PTX and the oldest device that know its
// instructions, so that old drivers take it; every later device runs it. Which instructions those
// are depends on the Target: mma and cp.async are for devices from sm_80 on.
//
// Source: NVIDIA, Parallel Thread Execution ISA.
package ptx
