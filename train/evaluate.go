package train

import (
	"inkstone/autograd"
	"inkstone/nn"
	"inkstone/tensor"
)

// Evaluate returns the mean cross-entropy, in nats a token, of a model on batches, without
// dropout and without gradients.
func Evaluate(m nn.Model, backend tensor.Backend, batches func(yield func(Batch) bool)) float64 {
	t := autograd.NewTape(backend)
	t.SetGrad(false)
	sum, n := 0.0, 0
	for b := range batches {
		t.Reset()
		losses := b.losses(t, m)
		for i, id := range tensor.Data[int32](b.Targets) {
			if id >= 0 {
				sum += losses.Value.At(i)
				n++
			}
		}
	}
	return sum / float64(max(n, 1))
}
