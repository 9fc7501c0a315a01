//go:build !purego

package kernels

// reluNEON works like reluGeneric.
//
//go:noescape
func reluNEON(dst, x []float32)

// reluBackwardNEON works like reluBackwardGeneric.
//
//go:noescape
func reluBackwardNEON(dx, dy, x []float32)
