package kernels

import "math"

// LayerNorm normalises each row of x [rows, cols] (Ba et al. 2016, "Layer normalization",
// section 3):
//
//	mean = Σ x / cols,  rstd = 1/√(Σ (x − mean)² / cols + eps)
//	y[c] = (x[c] − mean)·rstd·weight[c] + bias[c]
//
// bias may be nil. mean and rstd, one number a row, serve the backward. y may be x.
//
//go:noinline
func LayerNorm[T Float](y, mean, rstd, x, weight, bias []T, rows, cols int, eps T) {
	checkNorm("LayerNorm", len(y), len(x), len(weight), rows, cols)
	checkLen("LayerNorm", "mean", len(mean), rows)
	checkLen("LayerNorm", "rstd", len(rstd), rows)
	if bias != nil {
		checkLen("LayerNorm", "bias", len(bias), cols)
	}
	for r := range rows {
		row := x[r*cols:][:cols]
		mean[r] = Sum(row) / T(cols)
		rstd[r] = T(1 / math.Sqrt(float64(squaredDistance(row, mean[r]))/float64(cols)+float64(eps)))
		normalise(y[r*cols:][:cols], row, weight, bias, mean[r], rstd[r])
	}
}

func checkNorm(op string, y, x, weight, rows, cols int) {
	checkLen(op, "y", y, rows*cols)
	checkLen(op, "x", x, rows*cols)
	checkLen(op, "weight", weight, cols)
}

// squaredDistance returns Σ (x − mean)².
func squaredDistance[T Float](x []T, mean T) T {
	if is32[T]() {
		return T(active.squaredDistance(as32(x), float32(mean)))
	}
	return squaredDistanceGeneric(x, mean)
}

func squaredDistanceGeneric[T Float](x []T, mean T) T {
	sum := 0.0
	for _, v := range x {
		d := float64(v - mean)
		sum += d * d
	}
	return T(sum)
}

// normalise computes y = (x − mean)·rstd ∘ weight + bias; bias may be nil.
func normalise[T Float](y, x, weight, bias []T, mean, rstd T) {
	switch {
	case is32[T]() && bias == nil:
		active.normalise(as32(y), as32(x), as32(weight), float32(mean), float32(rstd))
	case is32[T]():
		active.normaliseBias(as32(y), as32(x), as32(weight), as32(bias), float32(mean), float32(rstd))
	case bias == nil:
		normaliseGeneric(y, x, weight, mean, rstd)
	default:
		normaliseBiasGeneric(y, x, weight, bias, mean, rstd)
	}
}

func normaliseGeneric[T Float](y, x, weight []T, mean, rstd T) {
	for c, v := range x {
		y[c] = (v - mean) * rstd * weight[c]
	}
}

func normaliseBiasGeneric[T Float](y, x, weight, bias []T, mean, rstd T) {
	for c, v := range x {
		y[c] = (v-mean)*rstd*weight[c] + bias[c]
	}
}

// LayerNormBackward computes the gradients of LayerNorm. With n = (x − mean)·rstd and
// g = dy ∘ weight, for each row,
//
//	dx = rstd·(g − Σg/cols − n·Σ(g∘n)/cols)
//	dweight += dy ∘ n,  dbias += dy
//
// dweight and dbias may be nil. dx may be dy.
//
//go:noinline
func LayerNormBackward[T Float](dx, dweight, dbias, dy, x, weight, mean, rstd []T, rows, cols int) {
	checkNorm("LayerNormBackward", len(dx), len(x), len(weight), rows, cols)
	checkLen("LayerNormBackward", "dy", len(dy), rows*cols)
	checkLen("LayerNormBackward", "mean", len(mean), rows)
	checkLen("LayerNormBackward", "rstd", len(rstd), rows)
	checkParameterGradient("LayerNormBackward", "dweight", dweight, cols)
	checkParameterGradient("LayerNormBackward", "dbias", dbias, cols)
	for r := range rows {
		d, row := dy[r*cols:][:cols], x[r*cols:][:cols]
		sum, product := normSums(d, row, weight, mean[r], rstd[r])
		if dweight != nil {
			normWeight(dweight, d, row, mean[r], rstd[r])
		}
		if dbias != nil {
			Add(dbias, dbias, d)
		}
		normGradient(dx[r*cols:][:cols], d, row, weight, mean[r], rstd[r], sum/T(cols), product/T(cols))
	}
}

func checkParameterGradient[T Float](op, name string, g []T, cols int) {
	if g != nil {
		checkLen(op, name, len(g), cols)
	}
}

// normSums returns Σ g and Σ g∘n for g = dy ∘ weight, n = (x − mean)·rstd.
func normSums[T Float](dy, x, weight []T, mean, rstd T) (sum, product T) {
	if is32[T]() {
		s, p := active.normSums(as32(dy), as32(x), as32(weight), float32(mean), float32(rstd))
		return T(s), T(p)
	}
	return normSumsGeneric(dy, x, weight, mean, rstd)
}

func normSumsGeneric[T Float](dy, x, weight []T, mean, rstd T) (sum, product T) {
	s, p := 0.0, 0.0
	for c, d := range dy {
		g := float64(d * weight[c])
		s += g
		p += g * float64((x[c]-mean)*rstd)
	}
	return T(s), T(p)
}

// normGradient computes dx = rstd·(dy∘weight − sum − n·product), where n = (x − mean)·rstd.
func normGradient[T Float](dx, dy, x, weight []T, mean, rstd, sum, product T) {
	if is32[T]() {
		active.normGradient(as32(dx), as32(dy), as32(x), as32(weight), float32(mean), float32(rstd), float32(sum), float32(product))
		return
	}
	normGradientGeneric(dx, dy, x, weight, mean, rstd, sum, product)
}

func normGradientGeneric[T Float](dx, dy, x, weight []T, mean, rstd, sum, product T) {
	for c, d := range dy {
		n := (x[c] - mean) * rstd
		dx[c] = rstd * (d*weight[c] - sum - n*product)
	}
}

// normWeight computes dweight += dy ∘ (x − mean)·rstd.
func normWeight[T Float](dweight, dy, x []T, mean, rstd T) {
	if is32[T]() {
		active.normWeight(as32(dweight), as32(dy), as32(x), float32(mean), float32(rstd))
		return
	}
	normWeightGeneric(dweight, dy, x, mean, rstd)
}

func normWeightGeneric[T Float](dweight, dy, x []T, mean, rstd T) {
	for c, d := range dy {
		dweight[c] += d * (x[c] - mean) * rstd
	}
}
