//go:build !purego

package kernels

// dropoutAVX2 works like dropoutGeneric.
//
//go:noescape
func dropoutAVX2(dst, x []float32, key [2]uint32, counter, limit uint64, keep float32)

// dropoutAVX512 works like dropoutGeneric.
//
//go:noescape
func dropoutAVX512(dst, x []float32, key [2]uint32, counter, limit uint64, keep float32)
