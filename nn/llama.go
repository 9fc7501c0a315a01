package nn

import (
	"fmt"
	"math"

	"inkstone/autograd"
	"inkstone/tensor"
)

// Llama is the transformer of Touvron et al. 2023, "LLaMA: open and efficient foundation
// language models", with grouped-query attention as in Llama 2: RMS norm before each
// sublayer, rotary positions, SwiGLU, no biases.
type Llama struct {
	config *Config
	params []*autograd.Variable

	TokenEmbedding *Embedding // [V, C]
	Blocks         []*LlamaBlock
	FinalNorm      *RMSNorm
	Head           *autograd.Variable // [V, C]; nil in a Frozen
	packedHead     *Linear            // of a Frozen
}

// LlamaBlock is one layer: x + attention(norm(x)), then x + MLP(norm(x)).
type LlamaBlock struct {
	config   *Config
	layer    int
	name     string
	cos, sin *tensor.Tensor // rotary angles [context, D/2], shared by all layers

	Norm1          *RMSNorm
	Q, K, V, O     *Linear // C → H·D, C → (H/G)·D twice, H·D → C
	Norm2          *RMSNorm
	Gate, Up, Down *Linear // C → F twice, F → C
	qkv            *Linear // of a Frozen, in place of Q, K and V: C → (H + 2·H/G)·D
}

func newLlama(c *Config, b *builder) *Llama {
	m := &Llama{config: c}
	m.TokenEmbedding = &Embedding{b.normal("model.embed_tokens.weight", c.InitStd, c.Vocab, c.Channels)}
	cos, sin := ropeTables(c, b.dtype)
	kv := c.KVHeads * c.HeadSize
	for i := range c.Layers {
		h := fmt.Sprintf("model.layers.%d", i)
		lin := func(name string, k, n int, bias bool) *Linear { return b.linear(h+name, k, n, c.InitStd, bias) }
		m.Blocks = append(m.Blocks, &LlamaBlock{
			config: c, layer: i, name: h, cos: cos, sin: sin,
			Norm1: b.rmsNorm(h+".input_layernorm", c.Channels, c.NormEps),
			Q:     lin(".self_attn.q_proj", c.Channels, c.Heads*c.HeadSize, c.AttentionBias),
			K:     lin(".self_attn.k_proj", c.Channels, kv, c.AttentionBias),
			V:     lin(".self_attn.v_proj", c.Channels, kv, c.AttentionBias),
			O:     lin(".self_attn.o_proj", c.Heads*c.HeadSize, c.Channels, c.AttentionBias),
			Norm2: b.rmsNorm(h+".post_attention_layernorm", c.Channels, c.NormEps),
			Gate:  lin(".mlp.gate_proj", c.Channels, c.Hidden, c.MLPBias),
			Up:    lin(".mlp.up_proj", c.Channels, c.Hidden, c.MLPBias),
			Down:  lin(".mlp.down_proj", c.Hidden, c.Channels, c.MLPBias),
		})
	}
	m.FinalNorm = b.rmsNorm("model.norm", c.Channels, c.NormEps)
	m.Head = m.TokenEmbedding.Weight
	if !c.TiedHead {
		m.Head = b.normal("lm_head.weight", c.InitStd, c.Vocab, c.Channels)
	}
	m.params = b.params
	return m
}

// ropeTables returns cos and sin of position·θ^(−2i/D), [context, D/2] each.
func ropeTables(c *Config, dtype tensor.DType) (cos, sin *tensor.Tensor) {
	half := c.HeadSize / 2
	angles := make([]float64, c.Context*half)
	for p := range c.Context {
		for i := range half {
			angles[p*half+i] = float64(p) * math.Pow(c.RopeTheta, -2*float64(i)/float64(c.HeadSize))
		}
	}
	table := func(f func(float64) float64) *tensor.Tensor {
		t := tensor.New(dtype, c.Context, half)
		for i, a := range angles {
			if dtype == tensor.Float64 {
				tensor.Data[float64](t)[i] = f(a)
			} else {
				tensor.Data[float32](t)[i] = float32(f(a))
			}
		}
		return t
	}
	return table(math.Cos), table(math.Sin)
}

// Config returns the architecture.
func (m *Llama) Config() *Config { return m.config }

// Parameters returns the learned tensors in a fixed order.
func (m *Llama) Parameters() []*autograd.Variable { return m.params }

// Linears returns the linear layers of the blocks, from the first block to the last.
func (m *Llama) Linears() []*Linear {
	var all []*Linear
	for _, b := range m.Blocks {
		all = append(all, b.Q, b.K, b.V, b.O, b.Gate, b.Up, b.Down)
	}
	return all
}

// Hidden works as Model.Hidden says.
func (m *Llama) Hidden(t *autograd.Tape, ids *tensor.Tensor, cache *Cache) *autograd.Variable {
	return m.hidden(t, ids, behind(t, m.config, ids, cache))
}

// HiddenPacked works as Model.HiddenPacked says.
func (m *Llama) HiddenPacked(t *autograd.Tape, ids, starts *tensor.Tensor) *autograd.Variable {
	at := packed(t, m.config, ids, starts)
	at.turn(t, m.Blocks[0].cos, m.Blocks[0].sin)
	return m.hidden(t, ids, at)
}

func (m *Llama) hidden(t *autograd.Tape, ids *tensor.Tensor, at place) *autograd.Variable {
	x := m.TokenEmbedding.Forward(t, ids) // [B, T, C]
	x = t.Dropout(x, m.config.Dropout)
	for _, block := range m.Blocks {
		x = runBlock(t, m.config, block, x, at)
	}
	at.cache.advance(ids.Dim(1))
	return m.FinalNorm.Forward(t, x)
}

// Logits works as Model.Logits says.
func (m *Llama) Logits(t *autograd.Tape, hidden *autograd.Variable) *autograd.Variable {
	if m.packedHead != nil {
		return m.packedHead.Forward(t, hidden)
	}
	return t.Linear(hidden, m.Head, nil)
}

// freeze works as freezer says.
func (m *Llama) freeze(s *snapshot) Model {
	f := &Llama{config: m.config, TokenEmbedding: s.embedding(m.TokenEmbedding)}
	for _, b := range m.Blocks {
		f.Blocks = append(f.Blocks, &LlamaBlock{
			config: b.config, layer: b.layer, name: b.name, cos: b.cos, sin: b.sin,
			Norm1: s.rmsNorm(b.Norm1), qkv: s.linear(b.Q, b.K, b.V), O: s.linear(b.O),
			Norm2: s.rmsNorm(b.Norm2), Gate: s.linear(b.Gate), Up: s.linear(b.Up), Down: s.linear(b.Down),
		})
	}
	f.FinalNorm = s.rmsNorm(m.FinalNorm)
	f.packedHead = s.linear(&Linear{Weight: m.Head})
	return f
}

func (b *LlamaBlock) path() string { return b.name }

// Forward maps the residual stream x [B, T, C] to the next one.
func (b *LlamaBlock) Forward(t *autograd.Tape, x *autograd.Variable, at place) *autograd.Variable {
	x = t.Residual(x, t.Dropout(b.attention(t, b.Norm1.Forward(t, x), at), b.config.Dropout))
	return t.Residual(x, t.Dropout(b.mlp(t, b.Norm2.Forward(t, x)), b.config.Dropout))
}

func (b *LlamaBlock) attention(t *autograd.Tape, x *autograd.Variable, at place) *autograd.Variable {
	B, T, H, D := x.Dim(0), x.Dim(1), b.config.Heads, b.config.HeadSize
	q, k, v := b.project(t, x)
	q, k = at.rope(t, q, b.cos, b.sin), at.rope(t, k, b.cos, b.sin)
	o := at.attention(t, b.layer, q, k, v, 1/math.Sqrt(float64(D))) // [B, T, H, D]
	return b.O.Forward(t, t.Reshape(o, B, T, H*D))
}

// project maps x [B, T, C] to queries [B, T, H, D] and keys and values [B, T, H/G, D].
func (b *LlamaBlock) project(t *autograd.Tape, x *autograd.Variable) (q, k, v *autograd.Variable) {
	B, T, H, KV, D := x.Dim(0), x.Dim(1), b.config.Heads, b.config.KVHeads, b.config.HeadSize
	if b.qkv != nil {
		all := t.Reshape(b.qkv.Forward(t, x), B, T, H+2*KV, D)
		return t.Slice(all, 2, 0, H), t.Slice(all, 2, H, H+KV), t.Slice(all, 2, H+KV, H+2*KV)
	}
	return t.Reshape(b.Q.Forward(t, x), B, T, H, D), t.Reshape(b.K.Forward(t, x), B, T, KV, D), t.Reshape(b.V.Forward(t, x), B, T, KV, D)
}

func (b *LlamaBlock) mlp(t *autograd.Tape, x *autograd.Variable) *autograd.Variable {
	return b.Down.Forward(t, t.SwiGLU(b.Gate.Forward(t, x), b.Up.Forward(t, x)))
}
