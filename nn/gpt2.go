package nn

import (
	"fmt"
	"math"

	"inkstone/autograd"
	"inkstone/tensor"
)

// GPT2 is the transformer of Radford et al. 2019, "Language models are unsupervised
// multitask learners": learned positions, layer norm before each sublayer, GELU, and an
// output head that shares the token embedding's weights.
type GPT2 struct {
	config *Config
	params []*autograd.Variable

	TokenEmbedding    *Embedding // wte [V, C]
	PositionEmbedding *Embedding // wpe [context, C]
	Blocks            []*GPT2Block
	FinalNorm         *LayerNorm
	Head              *autograd.Variable // [V, C]; TokenEmbedding.Weight if tied; nil in a Frozen
	packedHead        *Linear            // of a Frozen
}

// GPT2Block is one layer: x + attention(norm(x)), then x + MLP(norm(x)).
type GPT2Block struct {
	config *Config
	layer  int
	name   string

	Norm1         *LayerNorm
	QKV           *Linear // c_attn: C → 3C
	AttentionOut  *Linear // c_proj: C → C
	Norm2         *LayerNorm
	MLPIn, MLPOut *Linear // c_fc: C → F, c_proj: F → C
}

// newGPT2 initialises as published (section 2.3): normal weights of standard deviation
// 0.02, those of layers that write to the residual stream scaled by 1/√(2L).
func newGPT2(c *Config, b *builder) *GPT2 {
	std := c.InitStd
	residual := std / math.Sqrt(float64(2*c.Layers))
	m := &GPT2{config: c}
	m.TokenEmbedding = &Embedding{b.normal("transformer.wte.weight", std, c.Vocab, c.Channels)}
	m.PositionEmbedding = &Embedding{b.normal("transformer.wpe.weight", std, c.Context, c.Channels)}
	for i := range c.Layers {
		h := fmt.Sprintf("transformer.h.%d", i)
		m.Blocks = append(m.Blocks, &GPT2Block{
			config: c, layer: i, name: h,
			Norm1:        b.layerNorm(h+".ln_1", c.Channels, c.NormEps),
			QKV:          b.conv1D(h+".attn.c_attn", c.Channels, 3*c.Channels, std),
			AttentionOut: b.conv1D(h+".attn.c_proj", c.Channels, c.Channels, residual),
			Norm2:        b.layerNorm(h+".ln_2", c.Channels, c.NormEps),
			MLPIn:        b.conv1D(h+".mlp.c_fc", c.Channels, c.Hidden, std),
			MLPOut:       b.conv1D(h+".mlp.c_proj", c.Hidden, c.Channels, residual),
		})
	}
	m.FinalNorm = b.layerNorm("transformer.ln_f", c.Channels, c.NormEps)
	m.Head = m.TokenEmbedding.Weight
	if !c.TiedHead {
		m.Head = b.normal("lm_head.weight", std, c.Vocab, c.Channels)
	}
	m.params = b.params
	return m
}

// Config returns the architecture.
func (m *GPT2) Config() *Config { return m.config }

// Parameters returns the learned tensors in a fixed order.
func (m *GPT2) Parameters() []*autograd.Variable { return m.params }

// Linears returns the linear layers of the blocks, from the first block to the last.
func (m *GPT2) Linears() []*Linear {
	var all []*Linear
	for _, b := range m.Blocks {
		all = append(all, b.QKV, b.AttentionOut, b.MLPIn, b.MLPOut)
	}
	return all
}

// Hidden works as Model.Hidden says.
func (m *GPT2) Hidden(t *autograd.Tape, ids *tensor.Tensor, cache *Cache) *autograd.Variable {
	return m.hidden(t, ids, behind(t, m.config, ids, cache))
}

// HiddenPacked works as Model.HiddenPacked says.
func (m *GPT2) HiddenPacked(t *autograd.Tape, ids, starts *tensor.Tensor) *autograd.Variable {
	return m.hidden(t, ids, packed(t, m.config, ids, starts))
}

func (m *GPT2) hidden(t *autograd.Tape, ids *tensor.Tensor, at place) *autograd.Variable {
	x := t.Add(m.TokenEmbedding.Forward(t, ids), m.PositionEmbedding.Forward(t, at.positions)) // [B, T, C] + [T, C]
	x = t.Dropout(x, m.config.Dropout)
	for _, block := range m.Blocks {
		x = runBlock(t, m.config, block, x, at)
	}
	at.cache.advance(ids.Dim(1))
	return m.FinalNorm.Forward(t, x)
}

// Logits works as Model.Logits says.
func (m *GPT2) Logits(t *autograd.Tape, hidden *autograd.Variable) *autograd.Variable {
	if m.packedHead != nil {
		return m.packedHead.Forward(t, hidden)
	}
	return t.Linear(hidden, m.Head, nil)
}

// freeze works as freezer says.
func (m *GPT2) freeze(s *snapshot) Model {
	f := &GPT2{config: m.config, TokenEmbedding: s.embedding(m.TokenEmbedding), PositionEmbedding: s.embedding(m.PositionEmbedding)}
	for _, b := range m.Blocks {
		f.Blocks = append(f.Blocks, &GPT2Block{
			config: b.config, layer: b.layer, name: b.name,
			Norm1: s.layerNorm(b.Norm1), QKV: s.linear(b.QKV), AttentionOut: s.linear(b.AttentionOut),
			Norm2: s.layerNorm(b.Norm2), MLPIn: s.linear(b.MLPIn), MLPOut: s.linear(b.MLPOut),
		})
	}
	f.FinalNorm = s.layerNorm(m.FinalNorm)
	f.packedHead = s.linear(&Linear{Weight: m.Head})
	return f
}

func (b *GPT2Block) path() string { return b.name }

// Forward maps the residual stream x [B, T, C] to the next one.
func (b *GPT2Block) Forward(t *autograd.Tape, x *autograd.Variable, at place) *autograd.Variable {
	x = t.Residual(x, t.Dropout(b.attention(t, b.Norm1.Forward(t, x), at), b.config.Dropout))
	return t.Residual(x, t.Dropout(b.mlp(t, b.Norm2.Forward(t, x)), b.config.Dropout))
}

func (b *GPT2Block) attention(t *autograd.Tape, x *autograd.Variable, at place) *autograd.Variable {
	H, C := b.config.Heads, b.config.Channels
	scale := 1 / math.Sqrt(float64(C/H))
	qkv := b.QKV.Forward(t, x) // [B, T, 3C]
	if at.cache == nil && at.starts == nil {
		return b.AttentionOut.Forward(t, t.AttentionPacked(qkv, H, scale, true))
	}
	B, T := x.Dim(0), x.Dim(1)
	all := t.Reshape(qkv, B, T, 3*H, C/H) // [B, T, 3H, D]
	o := at.attention(t, b.layer, t.Slice(all, 2, 0, H), t.Slice(all, 2, H, 2*H), t.Slice(all, 2, 2*H, 3*H), scale)
	return b.AttentionOut.Forward(t, t.Reshape(o, B, T, C))
}

func (b *GPT2Block) mlp(t *autograd.Tape, x *autograd.Variable) *autograd.Variable {
	h := b.MLPIn.Forward(t, x) // [B, T, F]
	if b.config.Activation == "gelu" {
		h = t.GELUErf(h)
	} else {
		h = t.GELU(h)
	}
	return b.MLPOut.Forward(t, h) // [B, T, C]
}
