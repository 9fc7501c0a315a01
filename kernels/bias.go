package kernels

// AddRows adds every row of the matrix x [rows, cols] to the vector dst [cols]:
//
//	dst[c] += Σᵣ x[r, c]
//
// This is the gradient of a bias. Rows are added in order.
//
//go:noinline
func AddRows[T Float](dst, x []T, rows, cols int) {
	checkLen("AddRows", "dst", len(dst), cols)
	checkLen("AddRows", "x", len(x), rows*cols)
	for r := range rows {
		Add(dst, dst, x[r*cols:(r+1)*cols])
	}
}

// AddBias adds a vector to every row of a matrix: dst[r, c] = x[r, c] + bias[c], with dst
// and x [rows, cols], bias [cols]; dst may be x.
//
//go:noinline
func AddBias[T Float](dst, x, bias []T, rows, cols int) {
	checkLen("AddBias", "bias", len(bias), cols)
	checkLen("AddBias", "dst", len(dst), rows*cols)
	checkLen("AddBias", "x", len(x), rows*cols)
	for r := range rows {
		i, j := r*cols, (r+1)*cols
		Add(dst[i:j], x[i:j], bias)
	}
}
