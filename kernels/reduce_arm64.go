//go:build !purego

package kernels

// sumNEON works like sumGeneric.
//
//go:noescape
func sumNEON(x []float32) float64

// squaredNormNEON works like squaredNormGeneric.
//
//go:noescape
func squaredNormNEON(x []float32) float64

// maxNEON works like maxGeneric.
//
//go:noescape
func maxNEON(x []float32) float32

// allFiniteNEON works like allFiniteGeneric.
//
//go:noescape
func allFiniteNEON(x []float32) bool
