//go:build !amd64 || purego

package interp

// fmaLoop writes d = x·y + z, rounded once.
func fmaLoop(d, x, y, z []float32) { fmaGeneric(d, x, y, z) }
