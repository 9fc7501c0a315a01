package suite

import (
	"fmt"

	"inkstone/tensor"
)

// elementwise lists what is done to every number alone. The small shape fits the second cache, the
// large one none.
func elementwise() (all []Case) {
	for _, shape := range [][2]int{{64, 768}, {4096, 3072}} {
		R, C := shape[0], shape[1]
		add := func(name string, flops, outs, operands int, run func(b tensor.Backend, x []*tensor.Tensor)) {
			all = append(all, Case{
				Kernel: name, Shape: fmt.Sprintf("%dx%d", R, C), outs: outs, run: run,
				FLOPs: float64(flops * R * C), Bytes: float64(float * operands * R * C),
				operands: func(m *maker) (x []*tensor.Tensor) {
					for i := range operands {
						if i < outs {
							x = append(x, m.zeros(R, C))
						} else {
							x = append(x, m.some(R, C))
						}
					}
					return x
				},
			})
		}
		for _, op := range []tensor.UnaryOp{tensor.Exp, tensor.Tanh, tensor.Sigmoid, tensor.ReLU, tensor.GELU, tensor.GELUErf, tensor.SiLU} {
			add(op.String(), 0, 1, 2, func(b tensor.Backend, x []*tensor.Tensor) { b.Unary(op, x[0], x[1]) })
		}
		for _, op := range []tensor.UnaryOp{tensor.GELU, tensor.GELUErf, tensor.SiLU} {
			add(op.String()+"Backward", 0, 1, 3, func(b tensor.Backend, x []*tensor.Tensor) { b.UnaryBackward(op, x[0], x[1], x[2], nil) })
		}
		for _, op := range []tensor.BinaryOp{tensor.Add, tensor.Mul} {
			add(op.String(), 1, 1, 3, func(b tensor.Backend, x []*tensor.Tensor) { b.Binary(op, x[0], x[1], x[2]) })
		}
		add("SwiGLU", 0, 1, 3, func(b tensor.Backend, x []*tensor.Tensor) { b.SwiGLU(x[0], x[1], x[2]) })
		add("SwiGLUBackward", 0, 2, 5, func(b tensor.Backend, x []*tensor.Tensor) { b.SwiGLUBackward(x[0], x[1], x[2], x[3], x[4]) })
		add("Copy", 0, 1, 2, func(b tensor.Backend, x []*tensor.Tensor) { b.Copy(x[0], x[1]) })
		add("Scale", 1, 1, 2, func(b tensor.Backend, x []*tensor.Tensor) { b.Scale(x[0], x[1], 0.5) })
		add("Dropout", 0, 1, 2, func(b tensor.Backend, x []*tensor.Tensor) {
			b.Dropout(x[0], x[1], tensor.NewStream(1, "dropout", 0), 0, 0.9)
		})
		all = append(all, accumulate(R, C), adamW(R, C))
	}
	return all
}

// accumulate adds to what is there: the result of many calls must not grow.
func accumulate(R, C int) Case {
	return Case{
		Kernel: "Accumulate", Shape: fmt.Sprintf("%dx%d", R, C), outs: 1,
		FLOPs: float64(2 * R * C), Bytes: float64(float * 3 * R * C),
		operands: func(m *maker) []*tensor.Tensor { return []*tensor.Tensor{m.some(R, C), m.some(R, C)} },
		run:      func(b tensor.Backend, x []*tensor.Tensor) { b.Accumulate(x[0], x[1], 1e-6) },
	}
}

// adamW reads and writes a parameter and its two moments and reads the gradient: 28 bytes.
func adamW(R, C int) Case {
	return Case{
		Kernel: "AdamW", Shape: fmt.Sprintf("%dx%d", R, C), outs: 3,
		Bytes: float64(float * 7 * R * C),
		operands: func(m *maker) []*tensor.Tensor {
			return []*tensor.Tensor{m.some(R, C), m.some(R, C), m.between(0.5, 1, R, C), m.some(R, C)}
		},
		run: func(b tensor.Backend, x []*tensor.Tensor) {
			b.AdamW(x[0], x[3], x[1], x[2], tensor.AdamW{LR: 1e-4, Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, WeightDecay: 0.1, Step: 10, GradScale: 1})
		},
	}
}
