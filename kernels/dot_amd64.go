//go:build !purego

package kernels

// dotAVX2 works like dotGeneric, with fused multiply-adds.
//
//go:noescape
func dotAVX2(x, y []float32) float32

// dotAVX512 works like dotGeneric, with fused multiply-adds.
//
//go:noescape
func dotAVX512(x, y []float32) float32
