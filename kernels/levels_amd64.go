//go:build amd64 && !purego

package kernels

import "github.com/klauspost/cpuid/v2"

// machineLevels returns the levels above generic that this CPU has.
func machineLevels() []level {
	var ls []level
	if !cpuid.CPU.Supports(cpuid.AVX2, cpuid.FMA3, cpuid.F16C) {
		return nil
	}
	ls = append(ls, level{"avx2", "AVX2 FMA3 F16C", avx2Table()})
	if cpuid.CPU.Supports(cpuid.AVX512F, cpuid.AVX512BW, cpuid.AVX512DQ, cpuid.AVX512VL) {
		ls = append(ls, level{"avx512", "AVX512 F BW DQ VL", avx512Table()})
	}
	return ls
}

// avx2Table is generic with every kernel replaced that has an AVX2 version.
func avx2Table() table {
	t := generic
	t.peak = peakAVX2
	t.dot = dotAVX2
	t.exp = expAVX2
	t.sqrt = sqrtAVX2
	return t
}

// avx512Table is avx2Table with every kernel replaced that has an AVX-512 version.
func avx512Table() table {
	t := avx2Table()
	t.peak = peakAVX512
	t.exp = expAVX512
	t.sqrt = sqrtAVX512
	return t
}
