package kernels

import "math"

// RMSNorm divides each row of x [rows, cols] by its root mean square (Zhang and Sennrich
// 2019, "Root mean square layer normalization", section 4):
//
//	rstd = 1/√(Σ x² / cols + eps),  y[c] = x[c]·rstd·weight[c]
//
// rstd, one number a row, serves the backward. y may be x. It is LayerNorm with a mean of 0
// and no bias, and runs on the same kernels.
//
//go:noinline
func RMSNorm[T Float](y, rstd, x, weight []T, rows, cols int, eps T) {
	checkNorm("RMSNorm", len(y), len(x), len(weight), rows, cols)
	checkLen("RMSNorm", "rstd", len(rstd), rows)
	for r := range rows {
		row := x[r*cols:][:cols]
		rstd[r] = T(1 / math.Sqrt(float64(squaredDistance(row, 0))/float64(cols)+float64(eps)))
		normalise(y[r*cols:][:cols], row, weight, nil, 0, rstd[r])
	}
}

// RMSNormBackward computes the gradients of RMSNorm. With n = x·rstd and g = dy ∘ weight,
// for each row,
//
//	dx = rstd·(g − n·Σ(g∘n)/cols),  dweight += dy ∘ n
//
// dweight may be nil. dx may be dy.
//
//go:noinline
func RMSNormBackward[T Float](dx, dweight, dy, x, weight, rstd []T, rows, cols int) {
	checkNorm("RMSNormBackward", len(dx), len(x), len(weight), rows, cols)
	checkLen("RMSNormBackward", "dy", len(dy), rows*cols)
	checkLen("RMSNormBackward", "rstd", len(rstd), rows)
	checkParameterGradient("RMSNormBackward", "dweight", dweight, cols)
	for r := range rows {
		d, row := dy[r*cols:][:cols], x[r*cols:][:cols]
		_, product := normSums(d, row, weight, 0, rstd[r])
		if dweight != nil {
			normWeight(dweight, d, row, 0, rstd[r])
		}
		normGradient(dx[r*cols:][:cols], d, row, weight, 0, rstd[r], 0, product/T(cols))
	}
}
