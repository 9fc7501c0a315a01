//go:build !purego

package kernels

// expSumNEON works like expSumGeneric.
//
//go:noescape
func expSumNEON(dst, x []float32, m float32) float32

// expScaleNEON works like expScaleGeneric.
//
//go:noescape
func expScaleNEON(dst, x []float32, m, a float32)

// softmaxRowBackwardNEON works like softmaxRowBackwardGeneric.
//
//go:noescape
func softmaxRowBackwardNEON(dx, dy, y []float32, sum float32)

// logSoftmaxRowBackwardNEON works like logSoftmaxRowBackwardGeneric.
//
//go:noescape
func logSoftmaxRowBackwardNEON(dx, dy, y []float32, sum float32)

// squaredDistanceNEON works like squaredDistanceGeneric.
//
//go:noescape
func squaredDistanceNEON(x []float32, mean float32) float32

// normaliseNEON works like normaliseGeneric.
//
//go:noescape
func normaliseNEON(y, x, weight []float32, mean, rstd float32)

// normaliseBiasNEON works like normaliseBiasGeneric.
//
//go:noescape
func normaliseBiasNEON(y, x, weight, bias []float32, mean, rstd float32)

// normSumsNEON works like normSumsGeneric.
//
//go:noescape
func normSumsNEON(dy, x, weight []float32, mean, rstd float32) (sum, product float32)

// normGradientNEON works like normGradientGeneric.
//
//go:noescape
func normGradientNEON(dx, dy, x, weight []float32, mean, rstd, sum, product float32)

// normWeightNEON works like normWeightGeneric.
//
//go:noescape
func normWeightNEON(dweight, dy, x []float32, mean, rstd float32)
