//go:build !purego

package kernels

// quantizeQ8AVX2 works like quantizeQ8Generic.
//
//go:noescape
func quantizeQ8AVX2(dst []byte, x []float32)
