package nn

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"

	"inkstone/tensor"
)

// ReadLlama2C reads a checkpoint of llama2.c, version 0: seven int32 (channels, hidden,
// layers, heads, key-value heads, vocabulary, context; a negative vocabulary says that the
// head is not tied), then float32 weights, kind by kind, each for all layers.
//
// llama2.c rotates neighbouring channels (2i, 2i+1) of queries and keys, Hugging Face's
// models channels (i, i+D/2): the rows of their weights are put in the other order.
func ReadLlama2C(path string) (Model, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m, err := parseLlama2C(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

const llama2CHeader = 7 * 4

func parseLlama2C(data []byte) (Model, error) {
	if len(data) < llama2CHeader {
		return nil, fmt.Errorf("%d bytes, too short for the header of a llama2.c checkpoint", len(data))
	}
	field := func(i int) int { return int(int32(binary.LittleEndian.Uint32(data[4*i:]))) }
	c := &Config{
		ModelType: LlamaType, Channels: field(0), Hidden: field(1), Layers: field(2), Heads: field(3), KVHeads: field(4),
		Vocab: field(5), Context: field(6), TiedHead: field(5) > 0, Activation: "silu", NormEps: 1e-5, RopeTheta: 10000,
		InitStd: 0.02, BOS: 1, EOS: 2,
	}
	if c.Vocab < 0 {
		c.Vocab = -c.Vocab
	}
	if c.Heads > 0 {
		c.HeadSize = c.Channels / c.Heads
	}
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("not a llama2.c checkpoint: %w", err)
	}
	// Behind the weights lie the rotary tables, which are worked out again here.
	rotary := int64(c.Context) * int64(c.HeadSize)
	if want := llama2CHeader + 4*(c.NumParameters()+rotary); int64(len(data)) != want {
		return nil, fmt.Errorf("%d bytes, a llama2.c checkpoint of its sizes has %d", len(data), want)
	}
	m := build(c, &builder{dtype: tensor.Float32, blank: true}).(*Llama)
	r := llama2CReader{data[llama2CHeader:]}
	each := func(p func(b *LlamaBlock) *tensor.Tensor) {
		for _, b := range m.Blocks {
			r.read(p(b))
		}
	}
	r.read(m.TokenEmbedding.Weight.Value)
	each(func(b *LlamaBlock) *tensor.Tensor { return b.Norm1.Weight.Value })
	each(func(b *LlamaBlock) *tensor.Tensor { return b.Q.Weight.Value })
	each(func(b *LlamaBlock) *tensor.Tensor { return b.K.Weight.Value })
	each(func(b *LlamaBlock) *tensor.Tensor { return b.V.Weight.Value })
	each(func(b *LlamaBlock) *tensor.Tensor { return b.O.Weight.Value })
	each(func(b *LlamaBlock) *tensor.Tensor { return b.Norm2.Weight.Value })
	each(func(b *LlamaBlock) *tensor.Tensor { return b.Gate.Weight.Value })
	each(func(b *LlamaBlock) *tensor.Tensor { return b.Down.Weight.Value })
	each(func(b *LlamaBlock) *tensor.Tensor { return b.Up.Weight.Value })
	r.read(m.FinalNorm.Weight.Value)
	r.data = r.data[4*rotary:]
	if !c.TiedHead {
		r.read(m.Head.Value)
	}
	for _, b := range m.Blocks {
		unpair(b.Q.Weight.Value, c.HeadSize)
		unpair(b.K.Weight.Value, c.HeadSize)
	}
	return m, nil
}

type llama2CReader struct{ data []byte }

func (r *llama2CReader) read(t *tensor.Tensor) {
	x := tensor.Data[float32](t)
	for i := range x {
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(r.data[4*i:]))
	}
	r.data = r.data[4*len(x):]
}

// unpair moves row 2i of each head of a weight [H·D, C] to row i, and row 2i+1 to i + D/2.
func unpair(w *tensor.Tensor, headSize int) {
	x, cols := tensor.Data[float32](w), w.Dim(1)
	head := make([]float32, headSize*cols)
	for ; len(x) > 0; x = x[len(head):] {
		copy(head, x)
		for i := range headSize / 2 {
			copy(x[i*cols:][:cols], head[2*i*cols:])
			copy(x[(i+headSize/2)*cols:][:cols], head[(2*i+1)*cols:])
		}
	}
}
