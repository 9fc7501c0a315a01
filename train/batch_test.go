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
