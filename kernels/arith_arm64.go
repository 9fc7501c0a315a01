//go:build !purego

package kernels

// addNEON works like addGeneric.
//
//go:noescape
func addNEON(dst, a, b []float32)

// subNEON works like subGeneric.
//
//go:noescape
func subNEON(dst, a, b []float32)

// mulNEON works like mulGeneric.
//
//go:noescape
func mulNEON(dst, a, b []float32)

// divNEON works like divGeneric.
//
//go:noescape
func divNEON(dst, a, b []float32)
