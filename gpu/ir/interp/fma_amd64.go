//go:build amd64 && !purego

package interp

import (
	"github.com/klauspost/cpuid/v2"

	"inkstone/kernels"
)

var hasFMA = cpuid.CPU.Supports(cpuid.AVX2, cpuid.FMA3)

// fmaLoop writes d = x·y + z, rounded once, as fmaGeneric does.
func fmaLoop(d, x, y, z []float32) {
	n := 0
	if hasFMA && kernels.ISA() != "generic" {
		n = len(d) &^ 7
		fmaAVX2(d[:n], x[:n], y[:n], z[:n])
	}
	fmaGeneric(d[n:], x[n:], y[n:], z[n:])
}

// fmaAVX2 works like fmaGeneric on multiples of eight elements.
//
//go:noescape
func fmaAVX2(d, x, y, z []float32)
