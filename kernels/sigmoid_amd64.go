//go:build !purego

package kernels

// sigmoidAVX2 works like sigmoidGeneric, within 2 units in the last place.
//
//go:noescape
func sigmoidAVX2(dst, x []float32)

// sigmoidAVX512 works like sigmoidGeneric, within 2 units in the last place.
//
//go:noescape
func sigmoidAVX512(dst, x []float32)

// sigmoidBackwardAVX2 works like sigmoidBackwardGeneric.
//
//go:noescape
func sigmoidBackwardAVX2(dx, dy, y []float32)

// sigmoidBackwardAVX512 works like sigmoidBackwardGeneric.
//
//go:noescape
func sigmoidBackwardAVX512(dx, dy, y []float32)
