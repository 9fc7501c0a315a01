//go:build !purego

package kernels

// expSumAVX2 works like expSumGeneric.
//
//go:noescape
func expSumAVX2(dst, x []float32, m float32) float32

// expScaleAVX2 works like expScaleGeneric.
//
//go:noescape
func expScaleAVX2(dst, x []float32, m, a float32)

// softmaxRowBackwardAVX2 works like softmaxRowBackwardGeneric.
//
//go:noescape
func softmaxRowBackwardAVX2(dx, dy, y []float32, sum float32)

// logSoftmaxRowBackwardAVX2 works like logSoftmaxRowBackwardGeneric.
//
//go:noescape
func logSoftmaxRowBackwardAVX2(dx, dy, y []float32, sum float32)

// squaredDistanceAVX2 works like squaredDistanceGeneric.
//
//go:noescape
func squaredDistanceAVX2(x []float32, mean float32) float32

// normaliseAVX2 works like normaliseGeneric.
//
//go:noescape
func normaliseAVX2(y, x, weight []float32, mean, rstd float32)

// normaliseBiasAVX2 works like normaliseBiasGeneric.
//
//go:noescape
func normaliseBiasAVX2(y, x, weight, bias []float32, mean, rstd float32)

// normSumsAVX2 works like normSumsGeneric.
//
//go:noescape
func normSumsAVX2(dy, x, weight []float32, mean, rstd float32) (sum, product float32)

// normGradientAVX2 works like normGradientGeneric.
//
//go:noescape
func normGradientAVX2(dx, dy, x, weight []float32, mean, rstd, sum, product float32)

// normWeightAVX2 works like normWeightGeneric.
//
//go:noescape
func normWeightAVX2(dweight, dy, x []float32, mean, rstd float32)

// expSumAVX512 works like expSumGeneric.
//
//go:noescape
func expSumAVX512(dst, x []float32, m float32) float32

// expScaleAVX512 works like expScaleGeneric.
//
//go:noescape
func expScaleAVX512(dst, x []float32, m, a float32)

// softmaxRowBackwardAVX512 works like softmaxRowBackwardGeneric.
//
//go:noescape
func softmaxRowBackwardAVX512(dx, dy, y []float32, sum float32)

// logSoftmaxRowBackwardAVX512 works like logSoftmaxRowBackwardGeneric.
//
//go:noescape
func logSoftmaxRowBackwardAVX512(dx, dy, y []float32, sum float32)

// squaredDistanceAVX512 works like squaredDistanceGeneric.
//
//go:noescape
func squaredDistanceAVX512(x []float32, mean float32) float32

// normaliseAVX512 works like normaliseGeneric.
//
//go:noescape
func normaliseAVX512(y, x, weight []float32, mean, rstd float32)

// normaliseBiasAVX512 works like normaliseBiasGeneric.
//
//go:noescape
func normaliseBiasAVX512(y, x, weight, bias []float32, mean, rstd float32)

// normSumsAVX512 works like normSumsGeneric.
//
//go:noescape
func normSumsAVX512(dy, x, weight []float32, mean, rstd float32) (sum, product float32)

// normGradientAVX512 works like normGradientGeneric.
//
//go:noescape
func normGradientAVX512(dx, dy, x, weight []float32, mean, rstd, sum, product float32)

// normWeightAVX512 works like normWeightGeneric.
//
//go:noescape
func normWeightAVX512(dweight, dy, x []float32, mean, rstd float32)
