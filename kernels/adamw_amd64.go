//go:build !purego

package kernels

// adamWAVX2 works like adamWGeneric.
//
//go:noescape
func adamWAVX2(p, g, m, v []float32, c adamWStep[float32])

// adamWAVX512 works like adamWGeneric.
//
//go:noescape
func adamWAVX512(p, g, m, v []float32, c adamWStep[float32])
