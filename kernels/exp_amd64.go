//go:build !purego

package kernels

// expAVX2 works like expGeneric, within 1 unit in the last place.
//
//go:noescape
func expAVX2(dst, x []float32)

// expAVX512 works like expGeneric, within 1 unit in the last place.
//
//go:noescape
func expAVX512(dst, x []float32)

// sqrtAVX2 works like sqrtGeneric.
//
//go:noescape
func sqrtAVX2(dst, x []float32)

// sqrtAVX512 works like sqrtGeneric.
//
//go:noescape
func sqrtAVX512(dst, x []float32)
