//go:build !purego

package kernels

// axpyNEON works like axpyGeneric.
//
//go:noescape
func axpyNEON(y, x []float32, a float32)

// scaleNEON works like scaleGeneric.
//
//go:noescape
func scaleNEON(x []float32, a float32)

// addScalarNEON works like addScalarGeneric.
//
//go:noescape
func addScalarNEON(dst, x []float32, a float32)

// fillNEON works like fillGeneric.
//
//go:noescape
func fillNEON(x []float32, a float32)
