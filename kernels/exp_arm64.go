//go:build !purego

package kernels

// expNEON works like expGeneric, within 1 unit in the last place.
//
//go:noescape
func expNEON(dst, x []float32)

// sqrtNEON works like sqrtGeneric.
//
//go:noescape
func sqrtNEON(dst, x []float32)
