package train

import (
	"math"
	"slices"
	"testing"

	"inkstone/autograd"
	"inkstone/tensor"
)

func TestBatcher(t *testing.T) {
	var b Batcher
	x := b.Batch([]Example{{IDs: []int32{5, 6, 7, 8}, Weights: []float32{1, 0, 2, 1}}, {IDs: []int32{9, 3}, Weights: []float32{0, 4}}})
	if got, want := tensor.Data[int32](x.IDs), []int32{5, 6, 7, 9, 3, 0}; !slices.Equal(got, want) {
		t.Errorf("ids %v, want %v", got, want)
	}
	if got, want := tensor.Data[int32](x.Targets), []int32{-1, 7, 8, 3, -1, -1}; !slices.Equal(got, want) {
		t.Errorf("targets %v, want %v", got, want)
	}
	if got, want := tensor.Data[float32](x.Weights), []float32{0, 2, 1, 4, 0, 0}; !slices.Equal(got, want) {
		t.Errorf("weights %v, want %v", got, want)
	}
}

// TestWeightedLoss: the loss of a batch is the weighted mean of what its rows have alone,
// whatever they are filled up with.
func TestWeightedLoss(t *testing.T) {
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	m, _ := tinyTrainer(t, cpu, 1)
	examples := []Example{
		{IDs: []int32{5, 6, 7, 8, 2}, Weights: []float32{0, 0, 1, 3, 1}},
		{IDs: []int32{9, 3, 1}, Weights: []float32{0, 2, 0}},
	}
	var b Batcher
	tape := autograd.NewTape(cpu)
	got := b.Batch(examples).Loss(tape, m).Value.Item()
	sum, weights := 0.0, 0.0
	for _, e := range examples {
		ids := tensor.FromSlice(e.IDs, 1, len(e.IDs))
		logp := tape.LogSoftmax(m.Logits(tape, m.Hidden(tape, ids, nil))).Value
		for i := 1; i < len(e.IDs); i++ {
			w := float64(e.Weights[i])
			sum -= w * logp.At(0, i-1, int(e.IDs[i]))
			weights += w
		}
	}
	if want := sum / weights; math.Abs(got-want) > 1e-5 {
		t.Errorf("loss %v, want %v", got, want)
	}
}

// TestPack: a packed row has the loss and the gradients of the same examples in rows of their
// own, filled up.
func TestPack(t *testing.T) {
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	m, _ := tinyTrainer(t, cpu, 1)
	examples := []Example{
		{IDs: []int32{5, 6, 7, 8, 2}, Weights: []float32{0, 0, 1, 3, 1}},
		{IDs: []int32{9, 3}, Weights: []float32{0, 2}},
		{IDs: []int32{1, 2, 3, 4, 5, 6, 7, 8, 9}, Weights: []float32{1, 1, 0, 1, 1, 1, 1, 1, 1}},
	}
	var b Batcher
	learn := func(batch Batch) (loss, evaluated float64, grads []float32) {
		tape := autograd.NewTape(cpu)
		x := batch.Loss(tape, m)
		loss = x.Value.Item()
		tape.Backward(x)
		for _, p := range m.Parameters() {
			grads = append(grads, tensor.Data[float32](p.Grad())...)
			p.ZeroGrad()
		}
		return loss, Evaluate(m, cpu, slices.Values([]Batch{batch})), grads
	}
	loss, evaluated, grads := learn(b.Batch(examples))
	packed := Pack(examples)
	if n := packed.IDs.Len(); n != 4+1+8 {
		t.Errorf("%d tokens in the row, want 13", n)
	}
	got, alone, g := learn(packed)
	if math.Abs(got-loss) > 1e-6 || math.Abs(alone-evaluated) > 1e-6 {
		t.Errorf("loss %v and %v, want %v and %v", got, alone, loss, evaluated)
	}
	for i, want := range grads {
		if math.Abs(float64(g[i]-want)) > 1e-6*(1+math.Abs(float64(want))) {
			t.Fatalf("gradient %d is %v, want %v", i, g[i], want)
		}
	}
}
