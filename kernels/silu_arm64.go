//go:build !purego

package kernels

// siluNEON works like siluGeneric.
//
//go:noescape
func siluNEON(dst, x []float32)

// siluBackwardNEON works like siluBackwardGeneric.
//
//go:noescape
func siluBackwardNEON(dx, dy, x []float32)

// swigluNEON works like swigluGeneric.
//
//go:noescape
func swigluNEON(dst, gate, up []float32)

// swigluBackwardNEON works like swigluBackwardGeneric.
//
//go:noescape
func swigluBackwardNEON(dgate, dup, dy, gate, up []float32)
