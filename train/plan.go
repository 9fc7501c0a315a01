package train

import "inkstone/nn"

// A Forecast says what a training configuration needs before anything is allocated.
type Forecast struct {
	Parameters int64 // learned numbers
	Matmul     int64 // of those, the ones that take part in matrix products for every token

	ForwardFLOPs  float64 // floating-point operations of one token's forward
	TrainingFLOPs float64 // of its forward and backward: three times that

	Weights     int64 // bytes, as are all below
	Gradients   int64
	Optimizer   int64 // AdamW's two moments
	Activations int64 // kept from the forward for the backward
	Logits      int64 // scores of the vocabulary; their gradient takes their place
	Working     int64 // gradients in flight, packing buffers, the program itself
	KVCache     int64 // of one sequence at full context, for generation
}

// Total returns the bytes of memory a training step peaks at.
func (f Forecast) Total() int64 {
	return f.Weights + f.Gradients + f.Optimizer + f.Activations + f.Logits + f.Working
}

// runtimeBytes is what the program takes before any model: Go's runtime, the binary's
// pages, packing buffers of two threads.
const runtimeBytes = 40 << 20

// Plan forecasts training a model in float32 on batches of [batch, context] tokens. It
// counts and allocates nothing, whatever the size of the model.
func Plan(c *nn.Config, batch, context int) Forecast {
	const f32 = 4
	n := c.NumParameters()
	tokens := int64(batch) * int64(context)
	C, V, L := int64(c.Channels), int64(c.Vocab), int64(c.Layers)

	f := Forecast{Parameters: n, Weights: f32 * n, Gradients: f32 * n, Optimizer: 2 * f32 * n}
	f.Matmul = n
	if !c.TiedHead {
		f.Matmul -= V * C // looked up, not multiplied
	}
	if c.ModelType == nn.GPT2Type {
		f.Matmul -= int64(c.Context) * C
	}
	if c.Scorer {
		f.Matmul -= V * C // its head gives one number
	}
	// A multiplication and an addition for each weight; attention adds q·k and p·v with the
	// positions before, on average half of the context.
	attention := 2 * 2 * float64(L) * float64(c.Heads*c.HeadSize) * float64(context) / 2
	f.ForwardFLOPs = 2*float64(f.Matmul) + attention
	f.TrainingFLOPs = 3 * f.ForwardFLOPs

	perLayer, widest := activations(c)
	layers := L * perLayer
	if c.Checkpoint { // one residual stream a layer, and one layer at a time in full
		layers = L*C + perLayer
	}
	f.Activations = f32 * tokens * (layers + 3*C)
	if !c.Scorer {
		f.Logits = f32 * tokens * V
	}
	f.Working = f32*tokens*(widest+3*C) + runtimeBytes
	f.KVCache = 2 * f32 * L * int64(c.KVHeads*c.HeadSize) * int64(c.Context)
	return f
}

// Adapting turns the forecast of training all of a model into that of training adapters to it:
// gradients and moments are theirs alone, and no weight's gradient is computed.
func (f Forecast) Adapting(n nn.ParameterCount) Forecast {
	const f32 = 4
	f.Parameters, f.Weights = n.Total, f32*n.Total
	f.Gradients, f.Optimizer = f32*n.Trainable, 2*f32*n.Trainable
	f.TrainingFLOPs -= 2 * float64(f.Matmul)
	return f
}

// activations counts the numbers a layer keeps for each token, and those of its widest
// pair of gradients.
func activations(c *nn.Config) (kept, widest int64) {
	C, F := int64(c.Channels), int64(c.Hidden)
	q, kv, H := int64(c.Heads*c.HeadSize), int64(c.KVHeads*c.HeadSize), int64(c.Heads)
	sublayers := 2 * C // the residual stream after each, which takes the place of the sublayer's output
	if c.Dropout > 0 {
		sublayers += 2 * C // or of what is left of that
	}
	if c.ModelType == nn.GPT2Type {
		norms := 2 * (C + 2)
		return norms + 3*C + q + H + 2*F + sublayers, 2 * F // qkv, attention, MLP before and after GELU
	}
	norms := 2 * (C + 1)
	return norms + 2*(q+kv) + kv + q + H + 3*F + sublayers, 3 * F // q and k before and after rotation, v
}
