// Package ptxvm runs PTX in Go: the part of the language that package ir/ptx writes. It is for
// tests, where there is no NVIDIA device.
//
// It reads the text, as the driver does, and knows nothing of the kernel that it came from.
// Threads of a block run one after another, each until it waits for others: at a barrier, a
// shuffle or an operation on matrices. Every access to memory is checked for its bounds and
// its alignment, registers for their types, and threads that wait for each other for ever are
// found. What a device does not promise is made bad on purpose: registers and shared memory
// begin as garbage, asynchronous copies are made when they are waited for and not before, and which
// lane of a warp holds which element of a matrix of wmma depends on the layout it was loaded with.
// (Of mma it is documented, and is as documented.)
//
// Approximations (ex2.approx, lg2.approx, rsqrt.approx) are the exact results, moved by a chosen
// part of the error that NVIDIA documents, so that tests can try both ends.
package ptxvm
