//go:build !purego

package kernels

// ropeHalvesAVX2 works like ropeHalvesGeneric.
//
//go:noescape
func ropeHalvesAVX2(dst, x, cos, sin []float32, headDim int, sign float32)

// ropeHalvesAVX512 works like ropeHalvesGeneric.
//
//go:noescape
func ropeHalvesAVX512(dst, x, cos, sin []float32, headDim int, sign float32)

// ropePairsAVX2 works like ropePairsGeneric.
//
//go:noescape
func ropePairsAVX2(dst, x, cos, sin []float32, headDim int, sign float32)

// ropePairsAVX512 works like ropePairsGeneric.
//
//go:noescape
func ropePairsAVX512(dst, x, cos, sin []float32, headDim int, sign float32)
