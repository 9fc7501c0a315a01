//go:build !purego

package kernels

// ropeHalvesNEON works like ropeHalvesGeneric.
//
//go:noescape
func ropeHalvesNEON(dst, x, cos, sin []float32, headDim int, sign float32)

// ropePairsNEON works like ropePairsGeneric.
//
//go:noescape
func ropePairsNEON(dst, x, cos, sin []float32, headDim int, sign float32)
