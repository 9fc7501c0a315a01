package gpu

import (
	"fmt"
	"math"

	"inkstone/tensor"
)

// SelfTest computes products and softmaxes with known answers, in every form in which a
// training step has them, and returns an error if the device's differ. A driver that is wrong
// is found here rather than in a model that does not learn.
func (d *Device) SelfTest() error { return d.selfTest(tensor.F32) }

// Supports returns an error unless the device computes in a precision, and rightly: drivers that
// multiply matrices of bfloat16 wrongly are known.
func (d *Device) Supports(p tensor.Precision) error {
	switch {
	case p != tensor.BF16:
		return nil
	case !d.tuning.HasMultiplier():
		return fmt.Errorf("%s has no products of bfloat16", d.name)
	}
	return d.selfTest(p)
}

// selfTest is SelfTest in a precision: the factors are exact in each of them.
func (d *Device) selfTest(p tensor.Precision) error {
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	b := NewBackend(d, tensor.NewCPU(1))
	defer b.CPU.Close()
	b.SetPrecision(p)
	for _, s := range [][3]int{{130, 70, 67}, {1, 96, 200}} {
		M, N, K := s[0], s[1], s[2]
		x, y, bias := selfTestTensor(M, K), selfTestTensor(K, N), selfTestTensor(N)
		xt, yt := selfTestTensor(K, M).Transpose(0, 1), selfTestTensor(N, K).Transpose(0, 1)
		run := func(b tensor.Backend) []*tensor.Tensor {
			z, zt, p := tensor.New(tensor.Float32, M, N), tensor.New(tensor.Float32, M, N), tensor.New(tensor.Float32, M, N)
			b.MatMul(z, x, y, bias, 0.5, 0)
			b.Copy(zt, z)
			b.MatMul(zt, xt, yt, nil, 1, 1)
			b.Softmax(p, zt)
			b.SumTo(zt.Slice(0, 0, 1), p, true)
			return []*tensor.Tensor{z, zt, p}
		}
		got, want := run(b), run(cpu)
		if err := b.Err(); err != nil {
			return err
		}
		if f := b.Fallbacks(); len(f) > 0 {
			return fmt.Errorf("gpu: %s: self-test: %s: %s", d.name, f[0].Op, f[0].Reason)
		}
		for i := range got {
			if err := d.compare(got[i], want[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// selfTestTensor returns small numbers of both signs that are sums of few powers of two.
func selfTestTensor(shape ...int) *tensor.Tensor {
	t := tensor.New(tensor.Float32, shape...)
	for i := range tensor.Data[float32](t) {
		tensor.Data[float32](t)[i] = float32(i*i%61-30) / 32
	}
	return t
}

func (d *Device) compare(got, want *tensor.Tensor) error {
	w := tensor.Values[float32](want)
	for i, x := range tensor.Values[float32](got) {
		if !(math.Abs(float64(x-w[i])) <= 1e-4*max(1, math.Abs(float64(w[i])))) {
			return fmt.Errorf("gpu: %s: self-test: %v where %v is right: the driver or the device computes wrongly", d.name, x, w[i])
		}
	}
	return nil
}
