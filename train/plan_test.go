package train

import (
	"testing"

	"inkstone/nn"
	"inkstone/tensor"
)

// TestPlanAdapting: what adapters are forecast to need is what there is of them, and what they
// spare of the arithmetic is the products that give the gradients of weights.
func TestPlanAdapting(t *testing.T) {
	m := tastingModel(t, 12)
	l, err := nn.AddLoRA(m, nn.LoRAConfig{Rank: 2, Alpha: 4, Targets: []string{nn.AllLinear}}, 1)
	if err != nil {
		t.Fatal(err)
	}
	bytes := func(tensors ...*tensor.Tensor) (n int64) {
		for _, x := range tensors {
			n += 4 * int64(x.Len())
		}
		return n
	}
	whole := Plan(m.Config(), 4, 12)
	f := whole.Adapting(l.Count())
	o := NewOptimizer(l.Parameters(), DefaultAdamW())
	if want := bytes(append(o.m, o.v...)...); f.Optimizer != want || f.Gradients != want/2 {
		t.Errorf("moments of %d bytes, gradients of %d, want %d and half of it", f.Optimizer, f.Gradients, want)
	}
	weights := int64(0)
	for _, p := range append(m.Parameters(), l.Parameters()...) {
		weights += bytes(p.Value)
	}
	if f.Weights != weights || f.Total() >= whole.Total() {
		t.Errorf("weights of %d bytes, want %d; %d in all, of the whole model %d", f.Weights, weights, f.Total(), whole.Total())
	}
	if spared := whole.TrainingFLOPs - f.TrainingFLOPs; spared != 2*float64(whole.Matmul) {
		t.Errorf("%v operations a token are spared, want two for each of %d weights", spared, whole.Matmul)
	}
}
