//go:build !purego

package kernels

// peakAVX2 works like peakGeneric on twelve registers of eight numbers.
//
//go:noescape
func peakAVX2(n int) int

// peakAVX512 works like peakGeneric on twenty-four registers of sixteen numbers.
//
//go:noescape
func peakAVX512(n int) int

// peakAVX512BF16 works like peakGeneric on twenty-four registers of sixteen numbers, two
// products at a time.
//
//go:noescape
func peakAVX512BF16(n int) int
