package suite

import (
	"fmt"
	"math"

	"inkstone/tensor"
)

// rows lists what is done to the rows of a matrix: normalisation, softmax, the loss, and what
// takes rows from a table.
func rows() (all []Case) {
	for _, s := range [][2]int{{64, 768}, {8192, 768}} {
		all = append(all, norms(s[0], s[1])...)
	}
	for _, s := range [][2]int{{128, 256}, {12288, 256}, {256, 50257}} {
		all = append(all, softmax(s[0], s[1])...)
	}
	for _, s := range [][2]int{{48, 1024}, {1024, 50257}} {
		all = append(all, crossEntropy(s[0], s[1])...)
	}
	for _, s := range [][3]int{{64, 1024, 768}, {4096, 50257, 768}} {
		all = append(all, embedding(s[0], s[1], s[2])...)
	}
	for _, s := range [][2]int{{1, 64}, {8, 512}} {
		all = append(all, rope(s[0], s[1]))
	}
	return all
}

func norms(R, C int) []Case {
	shape := fmt.Sprintf("%dx%d", R, C)
	bytes := func(matrices int) float64 { return float64(float * (matrices*R*C + 2*R)) }
	gradients := func(m *maker, vectors int) (x []*tensor.Tensor) { // dx, dweight, …, dy, x, weight, mean, rstd
		x = append(x, m.zeros(R, C))
		for range vectors {
			x = append(x, m.zeros(C))
		}
		return append(x, m.some(R, C), m.some(R, C), m.some(C), m.between(-0.1, 0.1, R), m.between(0.9, 1.1, R))
	}
	return []Case{
		{
			Kernel: "LayerNorm", Shape: shape, Bytes: bytes(2), outs: 3,
			operands: func(m *maker) []*tensor.Tensor {
				return []*tensor.Tensor{m.zeros(R, C), m.zeros(R), m.zeros(R), m.some(R, C), m.some(C), m.some(C)}
			},
			run: func(b tensor.Backend, x []*tensor.Tensor) { b.LayerNorm(x[0], x[1], x[2], x[3], x[4], x[5], 1e-5) },
		},
		{
			Kernel: "LayerNormBackward", Shape: shape, Bytes: bytes(3), outs: 3,
			operands: func(m *maker) []*tensor.Tensor { return gradients(m, 2) },
			run: func(b tensor.Backend, x []*tensor.Tensor) {
				b.LayerNormBackward(x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7])
			},
		},
		{
			Kernel: "RMSNorm", Shape: shape, Bytes: bytes(2), outs: 2,
			operands: func(m *maker) []*tensor.Tensor {
				return []*tensor.Tensor{m.zeros(R, C), m.zeros(R), m.some(R, C), m.some(C)}
			},
			run: func(b tensor.Backend, x []*tensor.Tensor) { b.RMSNorm(x[0], x[1], x[2], x[3], 1e-5) },
		},
		{
			Kernel: "RMSNormBackward", Shape: shape, Bytes: bytes(3), outs: 2,
			operands: func(m *maker) []*tensor.Tensor { return gradients(m, 1) },
			run:      func(b tensor.Backend, x []*tensor.Tensor) { b.RMSNormBackward(x[0], x[1], x[2], x[3], x[4], x[6]) },
		},
	}
}

func softmax(R, C int) []Case {
	shape := fmt.Sprintf("%dx%d", R, C)
	forward := func(name string, run func(b tensor.Backend, dst, x *tensor.Tensor)) Case {
		return Case{
			Kernel: name, Shape: shape, Bytes: float64(float * 2 * R * C), outs: 1,
			operands: func(m *maker) []*tensor.Tensor { return []*tensor.Tensor{m.zeros(R, C), m.some(R, C)} },
			run:      func(b tensor.Backend, x []*tensor.Tensor) { run(b, x[0], x[1]) },
		}
	}
	return []Case{
		forward("Softmax", tensor.Backend.Softmax),
		{
			Kernel: "SoftmaxBackward", Shape: shape, Bytes: float64(float * 3 * R * C), outs: 1,
			operands: func(m *maker) []*tensor.Tensor {
				return []*tensor.Tensor{m.zeros(R, C), m.some(R, C), m.between(0, 2/float64(C), R, C)}
			},
			run: func(b tensor.Backend, x []*tensor.Tensor) { b.SoftmaxBackward(x[0], x[1], x[2]) },
		},
		forward("LogSoftmax", tensor.Backend.LogSoftmax),
	}
}

func crossEntropy(R, V int) []Case {
	shape := fmt.Sprintf("%dx%d", R, V)
	return []Case{
		{
			Kernel: "CrossEntropy", Shape: shape, Bytes: float64(float * (R*V + 3*R)), outs: 2,
			operands: func(m *maker) []*tensor.Tensor {
				return []*tensor.Tensor{m.zeros(R), m.zeros(R), m.some(R, V), m.ids(V, R)}
			},
			run: func(b tensor.Backend, x []*tensor.Tensor) { b.CrossEntropy(x[0], x[1], x[2], x[3]) },
		},
		{
			Kernel: "CrossEntropyBackward", Shape: shape, Bytes: float64(float * (2*R*V + 3*R)), outs: 1,
			operands: func(m *maker) []*tensor.Tensor {
				// Numbers between −√3 and √3 of variance 1: the log-sum-exp is near log(1.58·V).
				lse := math.Log(1.58 * float64(V))
				return []*tensor.Tensor{m.zeros(R, V), m.some(R, V), m.between(lse, lse+0.1, R), m.ids(V, R), m.between(0.5, 1, R)}
			},
			run: func(b tensor.Backend, x []*tensor.Tensor) { b.CrossEntropyBackward(x[0], x[1], x[2], x[3], x[4]) },
		},
	}
}

func embedding(N, V, C int) []Case {
	shape := fmt.Sprintf("%d of %dx%d", N, V, C)
	return []Case{
		{
			Kernel: "Embedding", Shape: shape, Bytes: float64(float * 2 * N * C), outs: 1,
			operands: func(m *maker) []*tensor.Tensor {
				return []*tensor.Tensor{m.zeros(N, C), m.some(V, C), m.ids(V, N)}
			},
			run: func(b tensor.Backend, x []*tensor.Tensor) { b.Embedding(x[0], x[1], x[2]) },
		},
		{
			Kernel: "EmbeddingBackward", Shape: shape, Bytes: float64(float * 3 * N * C), outs: 1,
			operands: func(m *maker) []*tensor.Tensor {
				return []*tensor.Tensor{m.zeros(V, C), m.some(N, C), m.ids(V, N)}
			},
			run: func(b tensor.Backend, x []*tensor.Tensor) { b.EmbeddingBackward(x[0], x[1], x[2]) },
		},
	}
}

func rope(B, T int) Case {
	const H, D = 12, 64
	return Case{
		Kernel: "RoPE", Shape: fmt.Sprintf("%dx%dx%dx%d", B, T, H, D), outs: 1,
		FLOPs: 3 * float64(B*T*H*D), Bytes: float64(float * (2*B*T*H*D + T*D)),
		operands: func(m *maker) []*tensor.Tensor {
			return []*tensor.Tensor{m.zeros(B, T, H, D), m.some(B, T, H, D), m.between(-1, 1, T, D/2), m.between(-1, 1, T, D/2)}
		},
		run: func(b tensor.Backend, x []*tensor.Tensor) { b.RoPE(x[0], x[1], x[2], x[3], 0, false, false) },
	}
}
