//go:build !purego

package kernels

// sigmoidNEON works like sigmoidGeneric.
//
//go:noescape
func sigmoidNEON(dst, x []float32)

// sigmoidBackwardNEON works like sigmoidBackwardGeneric.
//
//go:noescape
func sigmoidBackwardNEON(dx, dy, y []float32)
