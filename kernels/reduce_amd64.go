//go:build !purego

package kernels

// sumAVX2 works like sumGeneric, with more partial sums.
//
//go:noescape
func sumAVX2(x []float32) float64

// sumAVX512 works like sumGeneric, with more partial sums.
//
//go:noescape
func sumAVX512(x []float32) float64

// squaredNormAVX2 works like squaredNormGeneric, with more partial sums.
//
//go:noescape
func squaredNormAVX2(x []float32) float64

// squaredNormAVX512 works like squaredNormGeneric, with more partial sums.
//
//go:noescape
func squaredNormAVX512(x []float32) float64

// maxAVX2 works like maxGeneric; of 0 and -0 it may return either.
//
//go:noescape
func maxAVX2(x []float32) float32

// maxAVX512 works like maxGeneric; of 0 and -0 it may return either.
//
//go:noescape
func maxAVX512(x []float32) float32

// allFiniteAVX2 works like allFiniteGeneric.
//
//go:noescape
func allFiniteAVX2(x []float32) bool

// allFiniteAVX512 works like allFiniteGeneric.
//
//go:noescape
func allFiniteAVX512(x []float32) bool
