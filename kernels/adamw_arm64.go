//go:build !purego

package kernels

// adamWNEON works like adamWGeneric.
//
//go:noescape
func adamWNEON(p, g, m, v []float32, c adamWStep[float32])
