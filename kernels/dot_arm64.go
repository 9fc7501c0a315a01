//go:build !purego

package kernels

// dotNEON works like dotGeneric, with fused multiply-adds.
//
//go:noescape
func dotNEON(x, y []float32) float32
