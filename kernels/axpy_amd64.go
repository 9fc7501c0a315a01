//go:build !purego

package kernels

// axpyAVX2 works like axpyGeneric, with fused multiply-adds.
//
//go:noescape
func axpyAVX2(y, x []float32, a float32)

// axpyAVX512 works like axpyGeneric, with fused multiply-adds.
//
//go:noescape
func axpyAVX512(y, x []float32, a float32)

// scaleAVX2 works like scaleGeneric.
//
//go:noescape
func scaleAVX2(x []float32, a float32)

// scaleAVX512 works like scaleGeneric.
//
//go:noescape
func scaleAVX512(x []float32, a float32)

// addScalarAVX2 works like addScalarGeneric.
//
//go:noescape
func addScalarAVX2(dst, x []float32, a float32)

// addScalarAVX512 works like addScalarGeneric.
//
//go:noescape
func addScalarAVX512(dst, x []float32, a float32)

// fillAVX2 works like fillGeneric.
//
//go:noescape
func fillAVX2(x []float32, a float32)

// fillAVX512 works like fillGeneric.
//
//go:noescape
func fillAVX512(x []float32, a float32)
