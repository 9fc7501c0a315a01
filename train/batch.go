package train

import (
	"fmt"

	"inkstone/autograd"
	"inkstone/nn"
	"inkstone/tensor"
)

// A Batch is what one forward and backward learns from: inputs and targets [B, T] (Int32),
// where target i is the token that follows input i, or negative where the loss does not
// count. Weights [B·T] (Float32) say how much each target counts; nil means all alike. Starts
// (Int32) says where each example of a single row begins; nil means that a row is an example.
type Batch struct{ IDs, Targets, Weights, Starts *tensor.Tensor }

// losses returns the cross-entropy of each target [B·T], 0 where it does not count.
func (b Batch) losses(t *autograd.Tape, m nn.Model) *autograd.Variable {
	if b.Starts != nil {
		return t.CrossEntropy(m.Logits(t, m.HiddenPacked(t, b.IDs, b.Starts)), b.Targets)
	}
	return t.CrossEntropy(m.Logits(t, m.Hidden(t, b.IDs, nil)), b.Targets)
}

// NextToken returns the loss of a language model on the batches that next makes: the mean
// over the targets of −w·log p(target), divided by the mean w.
func NextToken(m nn.Model, next func(step, k int) Batch) LossFunc {
	return func(t *autograd.Tape, step, k int) (*autograd.Variable, int) {
		b := next(step, k)
		return b.Loss(t, m), b.IDs.Len()
	}
}

// Loss returns a model's weighted mean cross-entropy on the batch, in nats a token.
func (b Batch) Loss(t *autograd.Tape, m nn.Model) *autograd.Variable {
	if b.Weights == nil {
		return nn.Loss(t, m, b.IDs, b.Targets)
	}
	losses := b.losses(t, m)
	total := 0.0
	for i, w := range tensor.Data[float32](b.Weights) {
		if tensor.Data[int32](b.Targets)[i] >= 0 {
			total += float64(w)
		}
	}
	return t.Scale(t.SumAll(t.Mul(losses, t.Input(b.Weights))), 1/max(total, 1e-9))
}

// ExamplesLoss returns the loss of a model on examples, rows a batch, of which each epoch takes
// every one once, in another order.
func ExamplesLoss(m nn.Model, examples []Example, rows int, seed uint64) LossFunc {
	order, some := &epochs{n: len(examples), seed: seed}, make([]Example, rows)
	var batcher Batcher
	return NextToken(m, func(step, _ int) Batch {
		for i := range some {
			some[i] = examples[order.at(step*rows+i)]
		}
		return batcher.Batch(some)
	})
}

// LogProbs returns log p(target) at every place of the batch under a model, [B, T]; 0 where
// the target does not count.
func (b Batch) LogProbs(t *autograd.Tape, m nn.Model) *autograd.Variable {
	losses := b.losses(t, m)
	return t.Scale(t.Reshape(losses, b.IDs.Dim(0), b.IDs.Dim(1)), -1)
}

// An Example is a token sequence to learn from. Weights[i] says how much the prediction of
// IDs[i] counts: 0 for a prompt, 1 for what is to be learned.
type Example struct {
	IDs     []int32
	Weights []float32
}

// A Batcher lays out examples as batches. It keeps the memory of each shape for the next
// batch of that shape.
type Batcher struct{ shapes map[[2]int]Batch }

// Batch lays out examples as rows, those that are shorter than the longest filled up at the
// end. Under causal attention no token sees what comes after it, so the filling changes
// nothing. The batch is valid until the next call.
func (b *Batcher) Batch(examples []Example) Batch {
	longest := 0
	for i, e := range examples {
		e.check(i)
		longest = max(longest, len(e.IDs))
	}
	B, T := len(examples), longest-1
	batch, ok := b.shapes[[2]int{B, T}]
	if !ok {
		if b.shapes == nil {
			b.shapes = map[[2]int]Batch{}
		}
		batch = newBatch(B, T)
		batch.Weights = tensor.New(tensor.Float32, B*T)
		b.shapes[[2]int{B, T}] = batch
	}
	ids, targets, weights := tensor.Data[int32](batch.IDs), tensor.Data[int32](batch.Targets), tensor.Data[float32](batch.Weights)
	for i, e := range examples {
		for j := range T {
			at := i*T + j
			ids[at], targets[at], weights[at] = 0, -1, 0
			if j < len(e.IDs) {
				ids[at] = e.IDs[j]
			}
			if j+1 < len(e.IDs) && e.Weights[j+1] > 0 {
				targets[at], weights[at] = e.IDs[j+1], e.Weights[j+1]
			}
		}
	}
	return batch
}

// Pack lays out examples one after the other in a single row, in which none sees another: the
// losses and gradients are those of Batcher.Batch, without the work for what rows are filled
// up with.
func Pack(examples []Example) Batch {
	var ids, targets, starts []int32
	var weights []float32
	for i, e := range examples {
		e.check(i)
		starts = append(starts, int32(len(ids)))
		for j, target := range e.IDs[1:] {
			w := e.Weights[j+1]
			if w <= 0 {
				target, w = -1, 0
			}
			ids, targets, weights = append(ids, e.IDs[j]), append(targets, target), append(weights, w)
		}
	}
	N := len(ids)
	return Batch{
		IDs: tensor.FromSlice(ids, 1, N), Targets: tensor.FromSlice(targets, 1, N),
		Weights: tensor.FromSlice(weights, N), Starts: tensor.FromSlice(starts, len(starts)),
	}
}

func (e Example) check(i int) {
	if len(e.IDs) != len(e.Weights) || len(e.IDs) < 2 {
		panic(fmt.Sprintf("train: example %d has %d tokens and %d weights, want as many and at least 2", i, len(e.IDs), len(e.Weights)))
	}
}

func newBatch(rows, context int) Batch {
	return Batch{IDs: tensor.New(tensor.Int32, rows, context), Targets: tensor.New(tensor.Int32, rows, context)}
}
