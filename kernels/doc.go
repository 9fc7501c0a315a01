// Package kernels holds Inkstone's inner loops: arithmetic on flat slices and integers,
// with no shapes, no goroutines and no allocation.
//
// Every kernel exists at least once in plain Go, generic over float32 and float64
// (softmaxGeneric). That twin is the documentation, the fallback for machines without
// assembly, and, at float64, the oracle its faster versions are tested against. Faster
// float32 versions stand beside it in files named after the instruction set they need:
// softmax_avx2_amd64.s, softmax_avx512_amd64.s, softmax_neon_arm64.s.
//
// The exported function (Softmax) is the only way in. It checks lengths, then calls the
// fastest version this machine has, through a table chosen once at start; see ISA. The
// environment variable INKSTONE_ISA forces a level and the build tag purego removes all
// assembly.
//
// Conventions, as in BLAS and the deep-learning literature: outputs come first and sizes
// last; matrices are row-major; the gradient of a loss with respect to x is called dx.
// A backward kernel WRITES the gradients of activations (dx) and ADDS TO the gradients of
// parameters (dweight, dbias), which collect contributions from many rows.
//
// Exported kernels are marked noinline: assembly cannot be preempted, so a goroutine that
// loops over a kernel must pass through a function call whose prologue lets the garbage
// collector in. One call should do about 50 µs of work; callers split longer work.
package kernels
