package gpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"inkstone/gpu/soft"
	"inkstone/tensor"
)

// open returns a backend on a device of the interpreter.
func open(t testing.TB, o soft.Options) *Backend {
	b := NewBackend(newDevice("soft:0", soft.New(o)), tensor.NewCPU(2))
	t.Cleanup(b.Close)
	return b
}

// A maker makes the tensors of a case: the same on every backend.
type maker struct {
	r    *rand.Rand
	made []*tensor.Tensor
}

// randn returns random numbers.
func (m *maker) randn(shape ...int) *tensor.Tensor {
	t := tensor.New(tensor.Float32, shape...)
	for i := range tensor.Data[float32](t) {
		tensor.Data[float32](t)[i] = float32(m.r.NormFloat64())
	}
	return m.watch(t)
}

// positive returns random numbers above 0.
func (m *maker) positive(shape ...int) *tensor.Tensor {
	t := m.randn(shape...)
	for i, x := range tensor.Data[float32](t) {
		tensor.Data[float32](t)[i] = 0.1 + x*x
	}
	return t
}

// ids returns random numbers from lo up to hi.
func (m *maker) ids(lo, hi int, shape ...int) *tensor.Tensor {
	t := tensor.New(tensor.Int32, shape...)
	for i := range tensor.Data[int32](t) {
		tensor.Data[int32](t)[i] = int32(lo + m.r.IntN(hi-lo))
	}
	return m.watch(t)
}

// watch has a tensor compared when the case is over, inputs too: they must not have changed.
func (m *maker) watch(t *tensor.Tensor) *tensor.Tensor {
	m.made = append(m.made, t)
	return t
}

// A opCase runs an operation on a backend.
type opCase struct {
	name string
	f    func(b tensor.Backend, m *maker)
}

func opCases() []opCase {
	var cases []opCase
	add := func(name string, f func(b tensor.Backend, m *maker)) { cases = append(cases, opCase{name, f}) }
	for op := range tensor.UnaryOp(tensor.UnaryOps) {
		add("Unary "+op.String(), func(b tensor.Backend, m *maker) {
			x, y := m.positive(3, 77), m.randn(3, 77)
			b.Unary(op, y, x)
			b.UnaryBackward(op, m.watch(tensor.New(tensor.Float32, 3, 77)), m.randn(3, 77), x, y)
			b.Unary(op, y, y)
			dy := m.randn(3, 77)
			b.UnaryBackward(op, dy, dy, x, m.positive(3, 77))
			x = m.randn(5000)
			b.Unary(tensor.Neg, x, x)
			part := x.Slice(0, 3, 110) // begins where no buffer can
			b.Unary(op, m.randn(107), m.positive(200).Slice(0, 93, 200))
			b.Unary(tensor.SiLU, part, part)
		})
	}
	for op := range tensor.BinaryOp(tensor.BinaryOps) {
		add("Binary "+op.String(), func(b tensor.Backend, m *maker) {
			x, y := m.randn(4, 1, 33), m.positive(5, 33)
			dst := m.randn(4, 5, 33)
			b.Binary(op, dst, x.Broadcast(4, 5, 33), y.Broadcast(4, 5, 33))
			b.Binary(op, dst, dst, y.Broadcast(4, 5, 33))
			b.Binary(op, dst, y.Broadcast(4, 5, 33), dst)
			b.Binary(op, dst, dst, dst)
			b.Binary(op, m.randn(33, 5), m.randn(5, 33).Transpose(0, 1), y.Transpose(0, 1))
			b.Binary(op, m.randn(9), m.randn(20).Slice(0, 11, 20), m.positive(12).Slice(0, 2, 11))
			b.Binary(op, m.randn(3, 30).Slice(1, 7, 12), m.randn(3, 5), m.positive(1).Broadcast(3, 5))
		})
	}
	add("Copy", func(b tensor.Backend, m *maker) {
		x := m.randn(4, 6, 5)
		b.Unary(tensor.Neg, x, x)
		b.Copy(m.randn(5, 6, 4), x.Transpose(0, 2))
		b.Copy(m.randn(4, 20, 5).Slice(1, 9, 15), x)
		b.Copy(m.randn(4, 6, 5), x)
		b.Copy(m.randn(4, 6, 5, 2).Slice(3, 1, 2), x.Reshape(4, 6, 5, 1))
		b.Copy(m.randn(6, 5), x.Slice(0, 2, 3).Reshape(6, 5))
		b.Copy(m.randn(3, 4, 6, 5), x.Broadcast(3, 4, 6, 5))
	})
	add("Fill", func(b tensor.Backend, m *maker) {
		b.Fill(m.randn(1001), -2.5)
		b.Fill(m.randn(1001).Slice(0, 7, 900), 3)
		b.Fill(m.randn(), 7)
	})
	add("Scale", func(b tensor.Backend, m *maker) {
		x := m.randn(7, 9)
		b.Scale(m.randn(7, 9), x, -1.5)
		b.Scale(x, x, 3)
		b.AddScalar(m.randn(7, 9), x, 2)
		b.AddScalar(x, x, -2)
		b.Accumulate(x, m.randn(7, 9), 0.5)
		b.Scale(x.Slice(0, 1, 3), x.Slice(0, 4, 6), 2)
	})
	add("SumTo", func(b tensor.Backend, m *maker) {
		x := m.randn(6, 5, 70)
		for _, shape := range [][]int{{}, {1}, {70}, {5, 70}, {6, 1, 1}, {6, 5, 1}, {1, 5, 1}, {6, 1, 70}, {6, 5, 70}} {
			for _, add := range []bool{false, true} {
				b.SumTo(m.randn(shape...), x, add)
			}
		}
		b.SumTo(m.randn(70, 1), x.Slice(0, 1, 2).Reshape(5, 70).Transpose(0, 1), true)
		b.SumTo(m.randn(3, 40).Slice(1, 3, 20), m.randn(3, 17), true)
		b.SumTo(m.randn(3, 40).Slice(1, 3, 20), m.randn(3, 17), false)
		b.SumTo(m.randn(33), m.randn(1000, 33), true)
		b.SumTo(m.randn(), m.randn(40000), false)
	})
	add("Max", func(b tensor.Backend, m *maker) {
		b.Max(m.randn(9), m.ids(0, 1, 9), m.randn(9, 300))
		b.Max(m.randn(3, 3), nil, m.randn(3, 3, 7))
	})
	add("SwiGLU", func(b tensor.Backend, m *maker) {
		gate, up := m.randn(5, 41), m.randn(5, 41)
		b.SwiGLU(m.randn(5, 41), gate, up)
		b.SwiGLUBackward(m.randn(5, 41), m.randn(5, 41), m.randn(5, 41), gate, up)
	})
	add("MatMulPacked", func(b tensor.Backend, m *maker) {
		var p tensor.Packed
		for range 2 { // memory serves again
			b.Pack(&p, m.randn(37, 29))
			b.MatMulPacked(m.randn(9, 29), m.randn(9, 37), &p, nil)
		}
		b.Pack(&p, m.randn(29, 37).Transpose(0, 1))
		b.MatMulPacked(m.randn(1, 29), m.randn(1, 37), &p, m.randn(29))
		b.Pack(&p, m.randn(29, 37).Transpose(0, 1))
		b.MatMulPacked(m.randn(20, 29), m.randn(20, 37), &p, m.randn(29))
	})
	add("MatMul", func(b tensor.Backend, m *maker) {
		for i, s := range [][3]int{{1, 1, 1}, {1, 70, 33}, {5, 3, 7}, {64, 64, 64}, {70, 65, 33}, {3, 130, 20}, {129, 2, 9}, {9, 11, 700}} {
			M, N, K := s[0], s[1], s[2]
			b.MatMul(m.randn(M, N), m.randn(M, K), m.randn(K, N), nil, 1, 0)
			b.MatMul(m.randn(M, N), m.randn(K, M).Transpose(0, 1), m.randn(N, K).Transpose(0, 1), m.randn(N), 0.5, 1)
			b.MatMul(m.randn(M+2, N+3).Slice(0, 1, M+1).Slice(1, 3, N+3), m.randn(M, K+5).Slice(1, 5, K+5), m.randn(K, N), nil, -1, float64(i%2))
		}
		b.MatMul(m.randn(2, 3, 9, 8), m.randn(2, 3, 9, 5), m.randn(3, 5, 8), nil, 1, 0)
		b.MatMul(m.randn(4, 9, 8), m.randn(4, 5, 9).Transpose(1, 2), m.randn(1, 5, 8), m.randn(8), 1, 2)
		b.MatMul(m.randn(3, 9, 8), m.randn(9, 3, 5).Transpose(0, 1), m.randn(5, 8), nil, 1, 0)
	})
	for _, cols := range []int{1, 7, 64, 300} {
		add(fmt.Sprintf("rows of %d", cols), func(b tensor.Backend, m *maker) {
			x := m.randn(3, 5, cols)
			y, l := m.randn(3, 5, cols), m.randn(3, 5, cols)
			b.Softmax(y, x)
			b.SoftmaxBackward(m.randn(3, 5, cols), m.randn(3, 5, cols), y)
			b.LogSoftmax(l, x)
			b.LogSoftmaxBackward(m.randn(3, 5, cols), m.randn(3, 5, cols), l)
			b.Softmax(x, x)
			dy := m.randn(3, 5, cols)
			b.SoftmaxBackward(dy, dy, y)
			b.LogSoftmax(l, l)
			b.Softmax(m.randn(cols), m.randn(3, cols).Slice(0, 1, 2).Reshape(cols))
		})
	}
	for _, s := range [][2]int{{1, 5}, {70, 33}, {5, 256}} {
		rows, cols := s[0], s[1]
		add(fmt.Sprintf("norms of %d rows of %d", rows, cols), func(b tensor.Backend, m *maker) {
			x, w := m.randn(rows, cols), m.randn(cols)
			mean, rstd := m.randn(rows), m.randn(rows)
			b.LayerNorm(m.randn(rows, cols), mean, rstd, x, w, m.randn(cols), 1e-5)
			b.LayerNorm(m.randn(rows, cols), mean, rstd, x, w, nil, 1e-5)
			dy := m.randn(rows, cols)
			b.LayerNormBackward(m.randn(rows, cols), m.randn(cols), m.randn(cols), dy, x, w, mean, rstd)
			b.LayerNormBackward(nil, m.randn(cols), nil, dy, x, w, mean, rstd)
			b.LayerNormBackward(m.randn(rows, cols), nil, m.randn(cols), dy, x, w, mean, rstd)
			b.LayerNormBackward(m.randn(rows, cols), nil, nil, dy, x, w, mean, rstd)
			b.RMSNorm(m.randn(rows, cols), rstd, x, w, 1e-6)
			b.RMSNormBackward(m.randn(rows, cols), m.randn(cols), dy, x, w, rstd)
			b.RMSNormBackward(m.randn(rows, cols), nil, dy, x, w, rstd)
		})
	}
	add("RoPE", func(b tensor.Backend, m *maker) {
		cos, sin := m.randn(20, 4), m.randn(20, 4)
		for i := range 4 {
			x := m.randn(2, 5, 3, 8)
			b.RoPE(m.randn(2, 5, 3, 8), x, cos, sin, i, i&1 == 1, i&2 == 2)
			b.RoPE(x, x, cos, sin, 3, i&1 == 1, i&2 == 2)
			qkv := m.randn(2, 5, 9, 8)
			part := qkv.Slice(2, 3, 6)
			b.RoPE(part, part, cos, sin, 2, i&1 == 1, false)
			b.RoPE(qkv.Slice(2, 6, 9), part, cos, sin, 2, i&1 == 1, false)
		}
	})
	add("Embedding", func(b tensor.Backend, m *maker) {
		ids := m.ids(0, 11, 4, 7)
		b.Embedding(m.randn(4, 7, 20), m.randn(11, 20), ids)
		b.EmbeddingBackward(m.randn(11, 20), m.randn(4, 7, 20), ids)
		b.Embedding(m.randn(2, 20), m.randn(11, 20), ids.Reshape(28).Slice(0, 5, 7))
	})
	add("CrossEntropy", func(b tensor.Backend, m *maker) {
		for _, V := range []int{2, 33, 500} {
			logits, targets := m.randn(9, V), m.ids(-1, V, 9)
			lse := m.randn(9)
			b.CrossEntropy(m.randn(9), lse, logits, targets)
			d := m.randn(9)
			b.CrossEntropyBackward(m.randn(9, V), logits, lse, targets, d)
			b.CrossEntropyBackward(logits, logits, lse, targets, d)
		}
	})
	for _, s := range [][6]int{{1, 1, 1, 1, 1, 4}, {2, 9, 4, 11, 2, 6}, {1, 1, 4, 37, 4, 16}, {2, 33, 2, 33, 1, 32}, {1, 40, 2, 40, 2, 64}} {
		B, T, H, S, KV, D := s[0], s[1], s[2], s[3], s[4], s[5]
		add(fmt.Sprintf("Attention %v", s), func(b tensor.Backend, m *maker) {
			for _, causal := range []bool{true, false} {
				q, k, v := m.randn(B, T, H, D), m.randn(B, S, KV, D), m.randn(B, S, KV, D)
				o, lse := m.randn(B, T, H, D), m.randn(B, H, T)
				b.Attention(o, lse, q, k, v, 0.3, causal)
				b.AttentionBackward(m.randn(B, T, H, D), m.randn(B, S, KV, D), m.randn(B, S, KV, D), m.randn(B, T, H, D), q, k, v, o, lse, 0.3, causal)
			}
			if T != S || H != KV {
				return
			}
			qkv, dqkv := m.randn(B, T, 3*H, D), m.randn(B, T, 3*H, D)
			third := func(x *tensor.Tensor, i int) *tensor.Tensor { return x.Slice(2, i*H, (i+1)*H) }
			o, lse := m.randn(B, T, H, D), m.randn(B, H, T)
			b.Attention(o, lse, third(qkv, 0), third(qkv, 1), third(qkv, 2), 0.3, true)
			b.AttentionBackward(third(dqkv, 0), third(dqkv, 1), third(dqkv, 2), m.randn(B, T, H, D), third(qkv, 0), third(qkv, 1), third(qkv, 2), o, lse, 0.3, true)
		})
	}
	add("Attention of a piece", func(b tensor.Backend, m *maker) {
		q, k, v := m.randn(1, 30, 2, 8), m.randn(1, 30, 2, 8), m.randn(1, 30, 2, 8)
		o, lse := m.randn(1, 30, 2, 8), m.randn(60)
		cut := func(x *tensor.Tensor) *tensor.Tensor { return x.Slice(1, 7, 20) }
		b.Attention(cut(o), lse.Slice(0, 14, 40).Reshape(1, 2, 13), cut(q), cut(k), cut(v), 0.3, true)
		b.AttentionBackward(cut(m.randn(1, 30, 2, 8)), cut(m.randn(1, 30, 2, 8)), cut(m.randn(1, 30, 2, 8)), cut(m.randn(1, 30, 2, 8)),
			cut(q), cut(k), cut(v), cut(o), lse.Slice(0, 14, 40).Reshape(1, 2, 13), 0.3, true)
	})
	add("Dropout", func(b tensor.Backend, m *maker) {
		s := tensor.NewStream(3, "test", 4)
		x := m.randn(7, 13)
		b.Dropout(m.randn(7, 13), x, s, 5, 0.8)
		b.Dropout(x, x, s, 1<<33, 0.3)
		b.Dropout(x, x, s, 0, 1)
	})
	add("SquaredNorms", func(b tensor.Backend, m *maker) {
		xs := []*tensor.Tensor{m.randn(3, 5), m.randn(10000), m.randn(1), m.randn(300).Slice(0, 5, 300)}
		sums := make([]float64, len(xs))
		b.SquaredNorms(sums, xs)
		for _, s := range append(sums, b.SquaredNorm(xs[1])) {
			b.Fill(m.randn(), s)
		}
	})
	add("AllFinite", func(b tensor.Backend, m *maker) {
		for _, bad := range []float32{0, float32(math.NaN()), float32(math.Inf(-1))} {
			x, answer := m.randn(3000), 0.0
			tensor.Data[float32](x)[2345] = bad
			if b.AllFinite(x) {
				answer = 1
			}
			b.Fill(m.randn(), answer)
		}
	})
	add("AdamW", func(b tensor.Backend, m *maker) {
		p, g, m1, m2 := m.randn(5, 21), m.randn(5, 21), m.randn(5, 21), m.positive(5, 21)
		for step := 1; step < 4; step++ {
			b.AdamW(p, g, m1, m2, tensor.AdamW{LR: 1e-2, Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, WeightDecay: 0.1, Step: step, GradScale: 0.7})
		}
	})
	return cases
}

// runCase returns the tensors of a case after it ran.
func runCase(c opCase, b tensor.Backend) []*tensor.Tensor {
	m := &maker{r: rand.New(rand.NewPCG(1, 2))}
	c.f(b, m)
	return m.made
}

// checkCases compares a backend with the CPU's in all cases.
func checkCases(t *testing.T, b *Backend) {
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	for _, c := range opCases() {
		t.Run(c.name, func(t *testing.T) {
			clear(b.fallbacks)
			got, want := runCase(c, b), runCase(c, cpu)
			for i := range got {
				compare(t, i, got[i], want[i])
			}
			if f := b.Fallbacks(); len(f) > 0 {
				t.Errorf("fell back: %v", f)
			}
			if err := b.Err(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// compare compares tensor number i of a case. Sums of up to some thousand terms, and functions
// with errors of a few units in the last place, stay within 2·10⁻⁵ of the largest elements.
func compare(t *testing.T, i int, got, want *tensor.Tensor) {
	t.Helper()
	if got.DType() == tensor.Int32 {
		if g, w := tensor.Values[int32](got), tensor.Values[int32](want); !slices.Equal(g, w) {
			t.Errorf("tensor %d: %v, want %v", i, g, w)
		}
		return
	}
	g, w := tensor.Values[float32](got), tensor.Values[float32](want)
	scale := 1.0
	for _, x := range w {
		if x := math.Abs(float64(x)); x < math.Inf(1) {
			scale = max(scale, x)
		}
	}
	for k := range w {
		a, b := float64(g[k]), float64(w[k])
		if a != b && !(math.IsNaN(a) && math.IsNaN(b)) && !(math.Abs(a-b) <= 2e-5*scale) {
			t.Errorf("tensor %d %v, element %d: %v, want %v", i, want.Shape(), k, a, b)
			return
		}
	}
}

// TestBackend: every operation gives the CPU's results on the device, without falling back: on
// one that shares the host's memory, and on one that does not and runs commands out of order.
func TestBackend(t *testing.T) {
	t.Run("shared memory", func(t *testing.T) { checkCases(t, open(t, soft.Options{})) })
	t.Run("memory of its own", func(t *testing.T) { checkCases(t, open(t, soft.Options{Discrete: true, Shuffle: 1})) })
	t.Run("tiles of a large device", func(t *testing.T) {
		b := open(t, soft.Options{Shuffle: 2})
		b.device.tuning.Processor, b.device.tuning.Units, b.device.tuning.Subgroup = false, 64, 32
		checkCases(t, b)
	})
	t.Run("no subgroups", func(t *testing.T) {
		b := open(t, soft.Options{Shuffle: 3})
		b.device.tuning.Subgroup = 0
		checkCases(t, b)
	})
}

// TestEveryOperation: the backend has a version of every operation of its own, so that all of
// them are compared with the CPU's or counted as left to it.
func TestEveryOperation(t *testing.T) {
	ops, own := reflect.TypeFor[tensor.Backend](), reflect.TypeFor[*Backend]()
	for i := range ops.NumMethod() {
		m, _ := own.MethodByName(ops.Method(i).Name)
		if file, _ := runtime.FuncForPC(m.Func.Pointer()).FileLine(m.Func.Pointer()); file == "<autogenerated>" {
			t.Errorf("%s is the CPU's", m.Name)
		}
	}
}
