//go:build !purego

package kernels

// softmaxStepNEON works like softmaxStepGeneric.
//
//go:noescape
func softmaxStepNEON(row []float32, scale, m float32) (newMax, sum float32)

// softmaxGradientNEON works like softmaxGradientGeneric.
//
//go:noescape
func softmaxGradientNEON(p, ds []float32, scale, lse, delta float32)

// stripNEON works like stripGeneric.
//
//go:noescape
func stripNEON(c []float32, ldc int, a []float32, ars, acs int, b []float32, ldb, n, k int, add bool)

// transposeNEON works like transposeGeneric.
//
//go:noescape
func transposeNEON(dst []float32, ldd int, src []float32, lds, rows, cols int)
