//go:build !purego

package kernels

// tanhAVX2 works like tanhGeneric, within 2 units in the last place.
//
//go:noescape
func tanhAVX2(dst, x []float32)

// tanhAVX512 works like tanhGeneric, within 2 units in the last place.
//
//go:noescape
func tanhAVX512(dst, x []float32)

// tanhBackwardAVX2 works like tanhBackwardGeneric.
//
//go:noescape
func tanhBackwardAVX2(dx, dy, y []float32)

// tanhBackwardAVX512 works like tanhBackwardGeneric.
//
//go:noescape
func tanhBackwardAVX512(dx, dy, y []float32)
