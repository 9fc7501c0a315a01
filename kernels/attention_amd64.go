//go:build !purego

package kernels

// stripAVX512 works like stripGeneric, with fused multiply-adds.
//
//go:noescape
func stripAVX512(c []float32, ldc int, a []float32, ars, acs int, b []float32, ldb, n, k int, add bool)

// dotsAVX512 works like dotsGeneric.
//
//go:noescape
func dotsAVX512(p, q, k []float32, ldk int)

// combineAVX512 works like combineGeneric.
//
//go:noescape
func combineAVX512(o, p, v []float32, ldv int)

// softmaxStepAVX512 works like softmaxStepGeneric.
//
//go:noescape
func softmaxStepAVX512(row []float32, scale, m float32) (newMax, sum float32)

// softmaxGradientAVX512 works like softmaxGradientGeneric.
//
//go:noescape
func softmaxGradientAVX512(p, ds []float32, scale, lse, delta float32)

// transposeAVX2 works like transposeGeneric.
//
//go:noescape
func transposeAVX2(dst []float32, ldd int, src []float32, lds, rows, cols int)

// stripAVX2 works like stripGeneric, with fused multiply-adds.
//
//go:noescape
func stripAVX2(c []float32, ldc int, a []float32, ars, acs int, b []float32, ldb, n, k int, add bool)

// softmaxStepAVX2 works like softmaxStepGeneric.
//
//go:noescape
func softmaxStepAVX2(row []float32, scale, m float32) (newMax, sum float32)

// softmaxGradientAVX2 works like softmaxGradientGeneric.
//
//go:noescape
func softmaxGradientAVX2(p, ds []float32, scale, lse, delta float32)
