package suite

import (
	"fmt"

	"inkstone/tensor"
)

// matmul lists products C = A·B: squares, the layers of GPT-2, and a vector times a matrix, which
// is what decoding does.
func matmul() (all []Case) {
	for _, s := range [][3]int{{256, 256, 256}, {512, 512, 512}, {1024, 1024, 1024}, {256, 2304, 768}, {1024, 3072, 768}, {256, 768, 3072}} {
		for _, layout := range []string{"NN", "NT", "TN"} {
			all = append(all, MatMul(layout, s[0], s[1], s[2]))
		}
	}
	return append(all, MatMul("NT", 1, 3072, 768), MatMul("NT", 1, 768, 3072))
}

// MatMul returns the product of a matrix of m rows and k columns and one of k rows and n columns.
// In a layout of NN both lie in memory row by row; T stands for one that lies column by column.
func MatMul(layout string, m, n, k int) Case {
	lie := func(t *maker, rows, cols int, transposed byte) *tensor.Tensor {
		if transposed == 'T' {
			rows, cols = cols, rows
		}
		return t.some(rows, cols)
	}
	view := func(t *tensor.Tensor, transposed byte) *tensor.Tensor {
		if transposed == 'T' {
			return t.Transpose(0, 1)
		}
		return t
	}
	return Case{
		Kernel: "MatMul" + layout, Shape: fmt.Sprintf("%dx%dx%d", m, n, k), Matrix: true, outs: 1,
		FLOPs: 2 * float64(m) * float64(n) * float64(k), Bytes: float * (float64(m)*float64(k) + float64(k)*float64(n) + float64(m)*float64(n)),
		operands: func(t *maker) []*tensor.Tensor {
			return []*tensor.Tensor{t.zeros(m, n), lie(t, m, k, layout[0]), lie(t, k, n, layout[1])}
		},
		run: func(b tensor.Backend, x []*tensor.Tensor) {
			b.MatMul(x[0], view(x[1], layout[0]), view(x[2], layout[1]), nil, 1, 0)
		},
	}
}
