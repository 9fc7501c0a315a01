package nn

import (
	"inkstone/autograd"
	"inkstone/kernels"
	"inkstone/tensor"
)

// A builder makes the parameters of a model, in order, and initialises them.
type builder struct {
	dtype  tensor.DType
	seed   uint64
	blank  bool // leave weights 0: they are about to be loaded
	params []*autograd.Variable
}

// normal adds a parameter with normally distributed entries of mean 0. Each parameter draws
// from a stream of its own, named after it, so that models of different depth agree in the
// layers they share.
func (b *builder) normal(name string, std float64, shape ...int) *autograd.Variable {
	p := b.zeros(name, shape...)
	if !b.blank {
		tensor.FillNormal(p.Value, tensor.NewStream(b.seed, "init "+name, 0), 0, std)
	}
	return p
}

// zeros adds a parameter that starts at 0.
func (b *builder) zeros(name string, shape ...int) *autograd.Variable {
	p := autograd.NewParameter(name, tensor.New(b.dtype, shape...))
	b.params = append(b.params, p)
	return p
}

// ones adds a parameter that starts at 1.
func (b *builder) ones(name string, shape ...int) *autograd.Variable {
	p := b.zeros(name, shape...)
	if b.dtype == tensor.Float64 {
		kernels.Fill(tensor.Data[float64](p.Value), 1)
	} else {
		kernels.Fill(tensor.Data[float32](p.Value), 1)
	}
	return p
}

// linear adds a Linear layer with K inputs and N outputs.
func (b *builder) linear(name string, k, n int, std float64, bias bool) *Linear {
	l := &Linear{Weight: b.normal(name+".weight", std, n, k)}
	if bias {
		l.Bias = b.zeros(name+".bias", n)
	}
	return l
}

// conv1D adds a Linear layer whose weight is stored [K, N].
func (b *builder) conv1D(name string, k, n int, std float64) *Linear {
	return &Linear{Weight: b.normal(name+".weight", std, k, n), Bias: b.zeros(name+".bias", n), Conv1D: true}
}

func (b *builder) layerNorm(name string, c int, eps float64) *LayerNorm {
	return &LayerNorm{Weight: b.ones(name+".weight", c), Bias: b.zeros(name+".bias", c), Eps: eps}
}

func (b *builder) rmsNorm(name string, c int, eps float64) *RMSNorm {
	return &RMSNorm{Weight: b.ones(name+".weight", c), Eps: eps}
}
