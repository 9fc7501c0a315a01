//go:build arm64 && !purego

package kernels

import "github.com/klauspost/cpuid/v2"

// machineLevels returns the levels above generic that this CPU has. Every arm64 CPU has NEON.
func machineLevels() []level {
	ls := []level{{"neon", "NEON (ASIMD)", neonTable()}}
	if cpuid.CPU.Supports(cpuid.ASIMDDP) {
		ls = append(ls, level{"neondot", "NEON (ASIMD) DotProd", neonDotTable()})
	}
	return ls
}

// neonTable is generic with every kernel replaced that has a NEON version.
func neonTable() table {
	t := generic
	t.peak, t.peakBF16 = peakNEON, peakNEON
	t.dot = dotNEON
	t.sum = sumNEON
	t.squaredNorm = squaredNormNEON
	t.max = maxNEON
	t.allFinite = allFiniteNEON
	t.bf16FromF32 = bf16FromF32NEON
	t.f16FromF32 = f16FromF32NEON
	t.f32FromBF16 = f32FromBF16NEON
	t.f32FromF16 = f32FromF16NEON
	t.add = addNEON
	t.sub = subNEON
	t.mul = mulNEON
	t.div = divNEON
	t.axpy = axpyNEON
	t.scale = scaleNEON
	t.fill = fillNEON
	t.addScalar = addScalarNEON
	t.tanh = tanhNEON
	t.tanhBackward = tanhBackwardNEON
	t.sigmoid = sigmoidNEON
	t.sigmoidBackward = sigmoidBackwardNEON
	t.relu = reluNEON
	t.reluBackward = reluBackwardNEON
	t.gelu = geluNEON
	t.geluBackward = geluBackwardNEON
	t.geluErf = geluErfNEON
	t.geluErfBackward = geluErfBackwardNEON
	t.silu = siluNEON
	t.siluBackward = siluBackwardNEON
	t.swiglu = swigluNEON
	t.swigluBackward = swigluBackwardNEON
	t.adamW = adamWNEON
	t.dropout = dropoutNEON
	t.exp = expNEON
	t.sqrt = sqrtNEON
	t.strip = stripNEON
	t.softmaxStep = softmaxStepNEON
	t.softmaxGradient = softmaxGradientNEON
	t.transpose = transposeNEON
	t.expSum = expSumNEON
	t.expScale = expScaleNEON
	t.softmaxRowBackward = softmaxRowBackwardNEON
	t.logSoftmaxRowBackward = logSoftmaxRowBackwardNEON
	t.squaredDistance = squaredDistanceNEON
	t.normalise = normaliseNEON
	t.normaliseBias = normaliseBiasNEON
	t.normSums = normSumsNEON
	t.normGradient = normGradientNEON
	t.normWeight = normWeightNEON
	t.ropeHalves = ropeHalvesNEON
	t.ropePairs = ropePairsNEON
	t.gemmCols, t.gemmPanels, t.gemmPanelsBF16 = gemmColsNEON, gemmPanelsNEON, gemmPanelsNEON
	t.dotQ8 = dotQ8NEON
	t.dotQ4 = dotQ4NEON
	t.quantizeQ8 = quantizeQ8NEON
	return t
}

// neonDotTable is neonTable with products of bytes by their own instruction.
func neonDotTable() table {
	t := neonTable()
	t.dotQ8 = dotQ8NEONDot
	t.dotQ4 = dotQ4NEONDot
	return t
}
