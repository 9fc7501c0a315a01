//go:build !purego

package kernels

// dropoutNEON works like dropoutGeneric, which does the last numbers that are fewer than 16.
func dropoutNEON(dst, x []float32, key [2]uint32, counter, limit uint64, keep float32) {
	n := len(dst) &^ 15
	dropout16NEON(dst[:n], x[:n], key, counter, limit, keep)
	dropoutGeneric(dst[n:], x[n:], key, counter+uint64(n/4), limit, keep)
}

// dropout16NEON works like dropoutGeneric, on a multiple of 16 numbers.
//
//go:noescape
func dropout16NEON(dst, x []float32, key [2]uint32, counter, limit uint64, keep float32)
