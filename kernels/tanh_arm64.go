//go:build !purego

package kernels

// tanhNEON works like tanhGeneric.
//
//go:noescape
func tanhNEON(dst, x []float32)

// tanhBackwardNEON works like tanhBackwardGeneric.
//
//go:noescape
func tanhBackwardNEON(dx, dy, y []float32)
