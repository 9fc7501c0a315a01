package nn

import (
	"math"
	"testing"

	"inkstone/autograd"
	"inkstone/tensor"
)

// TestPacked: sequences in one row have the hidden states and give the gradients that they
// have and give alone, with and without checkpoints.
func TestPacked(t *testing.T) {
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	lengths := []int{7, 1, 24, 10} // together longer than the context of 24
	for name, c := range testConfigs() {
		c.HeadSize, c.Channels = 8, 8*c.Heads
		ids := randomIDs(42, c.Vocab)
		weights := tensor.New(tensor.Float64, 42, c.Channels)
		tensor.FillNormal(weights, tensor.NewStream(4, "weights", 0), 0, 1)
		m := newTestModel(t, c, tensor.Float64)
		tape := autograd.NewTape(cpu)
		learn := func(hidden *autograd.Variable, lo, hi int) []float64 { // adds the gradients of a weighted sum
			rows := tape.Reshape(hidden, hi-lo, c.Channels)
			w := tape.Input(weights.Slice(0, lo, hi))
			values := append([]float64{}, tensor.Data[float64](rows.Value)...)
			tape.Backward(tape.SumAll(tape.Mul(rows, w)))
			return values
		}
		gradients := func() (all []float64) {
			for _, p := range m.Parameters() {
				if p.Grad() == nil {
					continue // a head of its own
				}
				all = append(all, tensor.Data[float64](p.Grad())...)
				p.ZeroGrad()
			}
			return all
		}
		var alone []float64
		starts, at := []int32{}, 0
		for _, n := range lengths {
			tape.Reset()
			alone = append(alone, learn(m.Hidden(tape, tensor.FromSlice(ids[at:at+n], 1, n), nil), at, at+n)...)
			starts = append(starts, int32(at))
			at += n
		}
		want := gradients()
		for _, checkpoint := range []bool{false, true} {
			c.Checkpoint = checkpoint
			tape.Reset()
			hidden := m.HiddenPacked(tape, tensor.FromSlice(ids, 1, len(ids)), tensor.FromSlice(starts, len(starts)))
			mustBeClose(t, name+": hidden states", learn(hidden, 0, len(ids)), alone)
			mustBeClose(t, name+": gradients", gradients(), want)
		}
	}
}

func mustBeClose(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for i, x := range got {
		if !(math.Abs(x-want[i]) <= 1e-10*(1+math.Abs(want[i]))) {
			t.Fatalf("%s: number %d is %v, want %v", what, i, x, want[i])
		}
	}
}
