//go:build !purego

package kernels

// geluNEON works like geluGeneric.
//
//go:noescape
func geluNEON(dst, x []float32)

// geluBackwardNEON works like geluBackwardGeneric.
//
//go:noescape
func geluBackwardNEON(dx, dy, x []float32)
