package suite

import (
	"fmt"

	"inkstone/tensor"
)

// attention lists causal self-attention of GPT-2's heads: short, as long as GPT-2's context, and
// the one query of a decoding step.
func attention() (all []Case) {
	for _, s := range []struct{ B, T, S int }{{4, 64, 64}, {4, 256, 256}, {1, 1024, 1024}, {8, 1, 1024}} {
		all = append(all, attentionForward(s.B, s.T, s.S))
		if s.T > 1 {
			all = append(all, attentionBackward(s.B, s.T))
		}
	}
	return all
}

const heads, headSize = 12, 64

// scale is 1/√headSize.
const scale = 0.125

// attentionForward multiplies each query with the keys that it sees, and their weights with the
// values: two matrix products, half of which a causal mask saves.
func attentionForward(B, T, S int) Case {
	scores := float64(B*heads) * (float64(T)*float64(S) - float64(T)*float64(T-1)/2)
	return Case{
		Kernel: "Attention", Shape: fmt.Sprintf("%dx%dx%dx%d of %d", B, T, heads, headSize, S), outs: 2,
		FLOPs: 4 * scores * headSize, Bytes: float64(float * B * heads * headSize * (2*T + 2*S)),
		operands: func(m *maker) []*tensor.Tensor {
			return []*tensor.Tensor{m.zeros(B, T, heads, headSize), m.zeros(B, heads, T),
				m.some(B, T, heads, headSize), m.some(B, S, heads, headSize), m.some(B, S, heads, headSize)}
		},
		run: func(b tensor.Backend, x []*tensor.Tensor) { b.Attention(x[0], x[1], x[2], x[3], x[4], scale, true) },
	}
}

// attentionBackward computes the scores anew and needs four products more.
func attentionBackward(B, T int) Case {
	forward := attentionForward(B, T, T)
	return Case{
		Kernel: "AttentionBackward", Shape: forward.Shape, outs: 3,
		FLOPs: 2.5 * forward.FLOPs, Bytes: 2 * forward.Bytes,
		operands: func(m *maker) []*tensor.Tensor {
			x := forward.operands(m) // o, lse, q, k, v
			cpu := tensor.NewCPU(1)
			defer cpu.Close()
			forward.run(cpu, x)
			z := func() *tensor.Tensor { return m.zeros(B, T, heads, headSize) }
			return append([]*tensor.Tensor{z(), z(), z(), m.some(B, T, heads, headSize)}, x[2], x[3], x[4], x[0], x[1])
		},
		run: func(b tensor.Backend, x []*tensor.Tensor) {
			b.AttentionBackward(x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7], x[8], scale, true)
		},
	}
}
