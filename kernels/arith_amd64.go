//go:build !purego

package kernels

// addAVX2 works like addGeneric.
//
//go:noescape
func addAVX2(dst, a, b []float32)

// addAVX512 works like addGeneric.
//
//go:noescape
func addAVX512(dst, a, b []float32)

// subAVX2 works like subGeneric.
//
//go:noescape
func subAVX2(dst, a, b []float32)

// subAVX512 works like subGeneric.
//
//go:noescape
func subAVX512(dst, a, b []float32)

// mulAVX2 works like mulGeneric.
//
//go:noescape
func mulAVX2(dst, a, b []float32)

// mulAVX512 works like mulGeneric.
//
//go:noescape
func mulAVX512(dst, a, b []float32)

// divAVX2 works like divGeneric.
//
//go:noescape
func divAVX2(dst, a, b []float32)

// divAVX512 works like divGeneric.
//
//go:noescape
func divAVX512(dst, a, b []float32)
