//go:build !purego

package kernels

// peakNEON works like peakGeneric on twenty-four registers of four numbers.
//
//go:noescape
func peakNEON(n int) int
