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
		if cpuid.CPU.Supports(cpuid.AVX512VNNI) {
			ls = append(ls, level{"avx512vnni", "AVX512 F BW DQ VL VNNI", avx512VNNITable()})
			if cpuid.CPU.Supports(cpuid.AVX512BF16) { // every CPU with it has VNNI
				ls = append(ls, level{"avx512bf16", "AVX512 F BW DQ VL VNNI BF16", avx512BF16Table()})
			}
		}
	}
	return ls
}

// avx2Table is generic with every kernel replaced that has an AVX2 version.
func avx2Table() table {
	t := generic
	t.peak, t.peakBF16 = peakAVX2, peakAVX2
	t.dot = dotAVX2
	t.sum = sumAVX2
	t.squaredNorm = squaredNormAVX2
	t.max = maxAVX2
	t.allFinite = allFiniteAVX2
	t.bf16FromF32 = bf16FromF32AVX2
	t.f16FromF32 = f16FromF32AVX2
	t.f32FromBF16 = f32FromBF16AVX2
	t.f32FromF16 = f32FromF16AVX2
	t.add = addAVX2
	t.sub = subAVX2
	t.mul = mulAVX2
	t.div = divAVX2
	t.axpy = axpyAVX2
	t.scale = scaleAVX2
	t.fill = fillAVX2
	t.addScalar = addScalarAVX2
	t.tanh = tanhAVX2
	t.tanhBackward = tanhBackwardAVX2
	t.sigmoid = sigmoidAVX2
	t.sigmoidBackward = sigmoidBackwardAVX2
	t.relu = reluAVX2
	t.reluBackward = reluBackwardAVX2
	t.gelu = geluAVX2
	t.geluBackward = geluBackwardAVX2
	t.geluErf = geluErfAVX2
	t.geluErfBackward = geluErfBackwardAVX2
	t.silu = siluAVX2
	t.siluBackward = siluBackwardAVX2
	t.swiglu = swigluAVX2
	t.swigluBackward = swigluBackwardAVX2
	t.adamW = adamWAVX2
	t.dropout = dropoutAVX2
	t.exp = expAVX2
	t.sqrt = sqrtAVX2
	t.strip = stripAVX2
	t.softmaxStep = softmaxStepAVX2
	t.softmaxGradient = softmaxGradientAVX2
	t.transpose = transposeAVX2
	t.gemmCols, t.gemmPanels, t.gemmPanelsBF16 = gemmColsAVX2, gemmPanelsAVX2, gemmPanelsAVX2
	t.gemmDirect, t.directRows = gemmDirectAVX2, GemmRows
	t.roundBF16 = roundBF16AVX2
	t.packRows = packRowsAVX2
	t.gemv, t.gemvPairs, t.unpairs = gemvAVX2, gemvPairsAVX2, unpairsAVX2
	t.expSum = expSumAVX2
	t.expScale = expScaleAVX2
	t.softmaxRowBackward = softmaxRowBackwardAVX2
	t.logSoftmaxRowBackward = logSoftmaxRowBackwardAVX2
	t.squaredDistance = squaredDistanceAVX2
	t.normalise = normaliseAVX2
	t.normaliseBias = normaliseBiasAVX2
	t.normSums = normSumsAVX2
	t.normGradient = normGradientAVX2
	t.normWeight = normWeightAVX2
	t.ropeHalves = ropeHalvesAVX2
	t.ropePairs = ropePairsAVX2
	t.dotQ8 = dotQ8AVX2
	t.dotQ4 = dotQ4AVX2
	t.quantizeQ8 = quantizeQ8AVX2
	return t
}

// avx512Table is avx2Table with every kernel replaced that has an AVX-512 version.
func avx512Table() table {
	t := avx2Table()
	t.peak, t.peakBF16 = peakAVX512, peakAVX512
	t.dot = dotAVX512
	t.sum = sumAVX512
	t.squaredNorm = squaredNormAVX512
	t.max = maxAVX512
	t.allFinite = allFiniteAVX512
	t.bf16FromF32 = bf16FromF32AVX512
	t.f16FromF32 = f16FromF32AVX512
	t.f32FromBF16 = f32FromBF16AVX512
	t.f32FromF16 = f32FromF16AVX512
	t.add = addAVX512
	t.sub = subAVX512
	t.mul = mulAVX512
	t.div = divAVX512
	t.axpy = axpyAVX512
	t.scale = scaleAVX512
	t.fill = fillAVX512
	t.addScalar = addScalarAVX512
	t.tanh = tanhAVX512
	t.tanhBackward = tanhBackwardAVX512
	t.sigmoid = sigmoidAVX512
	t.sigmoidBackward = sigmoidBackwardAVX512
	t.relu = reluAVX512
	t.reluBackward = reluBackwardAVX512
	t.gelu = geluAVX512
	t.geluBackward = geluBackwardAVX512
	t.geluErf = geluErfAVX512
	t.geluErfBackward = geluErfBackwardAVX512
	t.silu = siluAVX512
	t.siluBackward = siluBackwardAVX512
	t.swiglu = swigluAVX512
	t.swigluBackward = swigluBackwardAVX512
	t.adamW = adamWAVX512
	t.dropout = dropoutAVX512
	t.exp = expAVX512
	t.sqrt = sqrtAVX512
	t.strip = stripAVX512
	t.dots = dotsAVX512
	t.combine = combineAVX512
	t.softmaxStep = softmaxStepAVX512
	t.softmaxGradient = softmaxGradientAVX512
	t.gemmCols, t.gemmPanels, t.gemmPanelsBF16 = gemmColsAVX512, gemmPanelsAVX512, gemmPanelsAVX512
	t.gemmDirect, t.gemmPacking = gemmDirectAVX512, gemmPackingAVX512
	t.roundBF16 = roundBF16AVX512
	t.gemv, t.gemvPairs = gemvAVX512, gemvPairsAVX512
	t.expSum = expSumAVX512
	t.expScale = expScaleAVX512
	t.softmaxRowBackward = softmaxRowBackwardAVX512
	t.logSoftmaxRowBackward = logSoftmaxRowBackwardAVX512
	t.squaredDistance = squaredDistanceAVX512
	t.normalise = normaliseAVX512
	t.normaliseBias = normaliseBiasAVX512
	t.normSums = normSumsAVX512
	t.normGradient = normGradientAVX512
	t.normWeight = normWeightAVX512
	t.ropeHalves = ropeHalvesAVX512
	t.ropePairs = ropePairsAVX512
	return t
}

// avx512VNNITable is avx512Table with products of bytes by their own instruction.
func avx512VNNITable() table {
	t := avx512Table()
	t.dotQ8 = dotQ8AVX512VNNI
	t.dotQ4 = dotQ4AVX512VNNI
	return t
}

// avx512BF16Table is avx512VNNITable with products of bfloat16 by their own instruction.
func avx512BF16Table() table {
	t := avx512VNNITable()
	t.peakBF16 = peakAVX512BF16
	t.pairBF16, t.packBF16, t.gemmPanelsBF16 = 2, packAVX512BF16, gemmPanelsAVX512BF16
	t.gemmPackingBF16 = gemmPackingAVX512BF16
	t.gemvPairs = gemvPairsAVX512BF16
	return t
}
