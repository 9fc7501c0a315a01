package gpu

import (
	"math"
	"math/rand/v2"
	"testing"

	"inkstone/gpu/soft"
	"inkstone/tensor"
)

// A derivative is an operation with its gradient. Forward computes y of its arguments, in whatever
// type these have. Backward returns the gradients of the arguments of Σ dy·y, nil for those that
// have none.
type derivative struct {
	forward  func(b tensor.Backend, in []*tensor.Tensor) *tensor.Tensor
	backward func(b tensor.Backend, dy *tensor.Tensor, in []*tensor.Tensor) []*tensor.Tensor
	in       []*tensor.Tensor
}

// like returns zeros of t's type.
func like(t *tensor.Tensor, shape ...int) *tensor.Tensor { return tensor.New(t.DType(), shape...) }

// derivatives returns every operation that has a kernel of its own for its gradient.
func derivatives() map[string]derivative {
	r := rand.New(rand.NewPCG(3, 1))
	randn := func(shape ...int) *tensor.Tensor {
		t := tensor.New(tensor.Float32, shape...)
		for i := range tensor.Data[float32](t) {
			tensor.Data[float32](t)[i] = float32(r.NormFloat64())
		}
		return t
	}
	positive := randn(5, 7)
	for i, x := range tensor.Data[float32](positive) {
		tensor.Data[float32](positive)[i] = 0.5 + x*x
	}
	type list = []*tensor.Tensor
	all := map[string]derivative{}
	for op := range tensor.UnaryOp(tensor.UnaryOps) {
		all[op.String()] = derivative{
			func(b tensor.Backend, in list) *tensor.Tensor {
				y := like(in[0], 5, 7)
				b.Unary(op, y, in[0])
				return y
			},
			func(b tensor.Backend, dy *tensor.Tensor, in list) list {
				y, dx := like(dy, 5, 7), like(dy, 5, 7)
				b.Unary(op, y, in[0])
				b.UnaryBackward(op, dx, dy, in[0], y)
				return list{dx}
			}, list{positive},
		}
	}
	all["SwiGLU"] = derivative{
		func(b tensor.Backend, in list) *tensor.Tensor {
			y := like(in[0], 5, 7)
			b.SwiGLU(y, in[0], in[1])
			return y
		},
		func(b tensor.Backend, dy *tensor.Tensor, in list) list {
			dgate, dup := like(dy, 5, 7), like(dy, 5, 7)
			b.SwiGLUBackward(dgate, dup, dy, in[0], in[1])
			return list{dgate, dup}
		}, list{randn(5, 7), randn(5, 7)},
	}
	all["MatMul"] = derivative{
		func(b tensor.Backend, in list) *tensor.Tensor {
			y := like(in[0], 9, 5)
			b.MatMul(y, in[0], in[1], in[2], 1, 0)
			return y
		},
		func(b tensor.Backend, dy *tensor.Tensor, in list) list {
			da, db, dbias := like(dy, 9, 6), like(dy, 6, 5), like(dy, 5)
			b.MatMul(da, dy, in[1].Transpose(0, 1), nil, 1, 0)
			b.MatMul(db, in[0].Transpose(0, 1), dy, nil, 1, 0)
			b.SumTo(dbias, dy, false)
			return list{da, db, dbias}
		}, list{randn(9, 6), randn(6, 5), randn(5)},
	}
	all["Softmax"] = derivative{
		func(b tensor.Backend, in list) *tensor.Tensor {
			y := like(in[0], 3, 9)
			b.Softmax(y, in[0])
			return y
		},
		func(b tensor.Backend, dy *tensor.Tensor, in list) list {
			y, dx := like(dy, 3, 9), like(dy, 3, 9)
			b.Softmax(y, in[0])
			b.SoftmaxBackward(dx, dy, y)
			return list{dx}
		}, list{randn(3, 9)},
	}
	all["LogSoftmax"] = derivative{
		func(b tensor.Backend, in list) *tensor.Tensor {
			y := like(in[0], 3, 9)
			b.LogSoftmax(y, in[0])
			return y
		},
		func(b tensor.Backend, dy *tensor.Tensor, in list) list {
			y, dx := like(dy, 3, 9), like(dy, 3, 9)
			b.LogSoftmax(y, in[0])
			b.LogSoftmaxBackward(dx, dy, y)
			return list{dx}
		}, list{randn(3, 9)},
	}
	all["LayerNorm"] = derivative{
		func(b tensor.Backend, in list) *tensor.Tensor {
			y := like(in[0], 4, 11)
			b.LayerNorm(y, like(y, 4), like(y, 4), in[0], in[1], in[2], 1e-5)
			return y
		},
		func(b tensor.Backend, dy *tensor.Tensor, in list) list {
			mean, rstd := like(dy, 4), like(dy, 4)
			b.LayerNorm(like(dy, 4, 11), mean, rstd, in[0], in[1], in[2], 1e-5)
			dx, dweight, dbias := like(dy, 4, 11), like(dy, 11), like(dy, 11)
			b.LayerNormBackward(dx, dweight, dbias, dy, in[0], in[1], mean, rstd)
			return list{dx, dweight, dbias}
		}, list{randn(4, 11), randn(11), randn(11)},
	}
	all["RMSNorm"] = derivative{
		func(b tensor.Backend, in list) *tensor.Tensor {
			y := like(in[0], 4, 11)
			b.RMSNorm(y, like(y, 4), in[0], in[1], 1e-5)
			return y
		},
		func(b tensor.Backend, dy *tensor.Tensor, in list) list {
			rstd := like(dy, 4)
			b.RMSNorm(like(dy, 4, 11), rstd, in[0], in[1], 1e-5)
			dx, dweight := like(dy, 4, 11), like(dy, 11)
			b.RMSNormBackward(dx, dweight, dy, in[0], in[1], rstd)
			return list{dx, dweight}
		}, list{randn(4, 11), randn(11)},
	}
	ids := tensor.FromSlice([]int32{4, 0, 4, 2, 2, 4}, 6)
	all["Embedding"] = derivative{
		func(b tensor.Backend, in list) *tensor.Tensor {
			y := like(in[0], 6, 7)
			b.Embedding(y, in[0], ids)
			return y
		},
		func(b tensor.Backend, dy *tensor.Tensor, _ list) list {
			dtable := like(dy, 5, 7)
			b.EmbeddingBackward(dtable, dy, ids)
			return list{dtable}
		}, list{randn(5, 7)},
	}
	targets := tensor.FromSlice([]int32{3, -1, 0, 6}, 4)
	all["CrossEntropy"] = derivative{
		func(b tensor.Backend, in list) *tensor.Tensor {
			y := like(in[0], 4)
			b.CrossEntropy(y, like(y, 4), in[0], targets)
			return y
		},
		func(b tensor.Backend, dy *tensor.Tensor, in list) list {
			lse, dlogits := like(dy, 4), like(dy, 4, 7)
			b.CrossEntropy(like(dy, 4), lse, in[0], targets)
			b.CrossEntropyBackward(dlogits, in[0], lse, targets, dy)
			return list{dlogits}
		}, list{randn(4, 7)},
	}
	all["RoPE"] = derivative{
		func(b tensor.Backend, in list) *tensor.Tensor {
			y := like(in[0], 1, 3, 2, 4)
			b.RoPE(y, in[0], in[1], in[2], 0, false, false)
			return y
		},
		func(b tensor.Backend, dy *tensor.Tensor, in list) list {
			dx := like(dy, 1, 3, 2, 4)
			b.RoPE(dx, dy, in[1], in[2], 0, false, true)
			return list{dx, nil, nil}
		}, list{randn(1, 3, 2, 4), randn(3, 2), randn(3, 2)},
	}
	all["Dropout"] = derivative{
		func(b tensor.Backend, in list) *tensor.Tensor {
			y := like(in[0], 50)
			b.Dropout(y, in[0], tensor.NewStream(1, "dropout", 2), 0, 0.7)
			return y
		},
		func(b tensor.Backend, dy *tensor.Tensor, _ list) list {
			dx := like(dy, 50)
			b.Dropout(dx, dy, tensor.NewStream(1, "dropout", 2), 0, 0.7)
			return list{dx}
		}, list{randn(50)},
	}
	all["Attention"] = derivative{
		func(b tensor.Backend, in list) *tensor.Tensor {
			y := like(in[0], 1, 5, 2, 4)
			b.Attention(y, like(y, 1, 2, 5), in[0], in[1], in[2], 0.4, true)
			return y
		},
		func(b tensor.Backend, dy *tensor.Tensor, in list) list {
			o, lse := like(dy, 1, 5, 2, 4), like(dy, 1, 2, 5)
			b.Attention(o, lse, in[0], in[1], in[2], 0.4, true)
			dq, dk, dv := like(dy, 1, 5, 2, 4), like(dy, 1, 6, 1, 4), like(dy, 1, 6, 1, 4)
			b.AttentionBackward(dq, dk, dv, dy, in[0], in[1], in[2], o, lse, 0.4, true)
			return list{dq, dk, dv}
		}, list{randn(1, 5, 2, 4), randn(1, 6, 1, 4), randn(1, 6, 1, 4)},
	}
	return all
}

// checkGradients compares the gradients that a device computes with central differences of the
// operations themselves, computed in float64.
func checkGradients(t *testing.T, b *Backend) {
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	for name, d := range derivatives() {
		var in []*tensor.Tensor
		for _, x := range d.in {
			wide := tensor.New(tensor.Float64, x.Shape()...)
			cpu.Copy(wide, x)
			in = append(in, wide)
		}
		dy := tensor.New(tensor.Float32, d.forward(cpu, in).Shape()...)
		for i := range tensor.Data[float32](dy) {
			tensor.Data[float32](dy)[i] = float32(math.Cos(float64(3 * i)))
		}
		value := func() (sum float64) {
			for i, y := range tensor.Data[float64](d.forward(cpu, in)) {
				sum += y * float64(tensor.Data[float32](dy)[i])
			}
			return sum
		}
		for n, got := range d.backward(b, dy, d.in) {
			if got == nil {
				continue
			}
			x := tensor.Data[float64](in[n])
			for i, g := range tensor.Values[float32](got) {
				const h = 1e-4
				was := x[i]
				x[i] = was + h
				above := value()
				x[i] = was - h
				want := (above - value()) / (2 * h)
				x[i] = was
				if !(math.Abs(float64(g)-want) <= 2e-5*max(1, math.Abs(want))) {
					t.Fatalf("%s: derivative by element %d of argument %d is %v, want %v", name, i, n, g, want)
				}
			}
		}
	}
	if f := b.Fallbacks(); len(f) > 0 {
		t.Errorf("fell back: %v", f)
	}
}

// TestGradients: gradients are the derivatives of the operations, on a processor's tiles and on a
// graphics card's.
func TestGradients(t *testing.T) {
	checkGradients(t, open(t, soft.Options{}))
	checkGradients(t, open(t, soft.Options{Discrete: true}))
}

// TestGradientsOnVulkan is TestGradients on a Vulkan device.
func TestGradientsOnVulkan(t *testing.T) { checkGradients(t, vulkanBackend(t)) }
