//go:build !purego

package kernels

// quantizeQ8NEON works like quantizeQ8Generic.
//
//go:noescape
func quantizeQ8NEON(dst []byte, x []float32)
