package nn

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
)

// The model types, as config.json names them.
const (
	GPT2Type  = "gpt2"
	LlamaType = "llama"
)

// Config describes a model's architecture. It is read from and written as a Hugging Face
// config.json, whose field names differ between model types.
type Config struct {
	ModelType string

	Vocab    int // V, token ids
	Context  int // longest sequence
	Channels int // C, width of the residual stream
	Layers   int // L
	Heads    int // H, query heads
	KVHeads  int // key and value heads; H must be a multiple
	HeadSize int // D; C/H for GPT-2
	Hidden   int // F, width of the feed-forward layer

	Activation string  // gelu_new (tanh form) or gelu for GPT-2, silu for Llama
	NormEps    float64 // ε of the norms
	RopeTheta  float64 // base of the rotary angles
	TiedHead   bool    // the output head is the token embedding

	AttentionBias, MLPBias bool // of Llama-type models

	Scorer bool // it scores sequences instead of predicting tokens; see Scorer

	InitStd float64 // standard deviation of fresh weights
	Dropout float64 // on embeddings and before each residual addition

	BOS, EOS int // token ids, −1 if there are none

	// Checkpoint recomputes each layer in the backward instead of keeping its activations.
	// It is a choice of the run, not of the model, and is not stored.
	Checkpoint bool
}

// gpt2JSON and llamaJSON are the fields of config.json that matter here.
type gpt2JSON struct {
	Architectures  []string `json:"architectures"`
	ModelType      string   `json:"model_type"`
	Vocab          int      `json:"vocab_size"`
	Context        int      `json:"n_positions"`
	Channels       int      `json:"n_embd"`
	Layers         int      `json:"n_layer"`
	Heads          int      `json:"n_head"`
	Hidden         *int     `json:"n_inner"`
	Activation     string   `json:"activation_function"`
	NormEps        float64  `json:"layer_norm_epsilon"`
	InitStd        float64  `json:"initializer_range"`
	ResidDropout   float64  `json:"resid_pdrop"`
	EmbedDropout   float64  `json:"embd_pdrop"`
	AttnDropout    float64  `json:"attn_pdrop"`
	TiedHead       *bool    `json:"tie_word_embeddings,omitempty"`
	BOS            *int     `json:"bos_token_id,omitempty"`
	EOS            *int     `json:"eos_token_id,omitempty"`
	Labels         int      `json:"num_labels,omitempty"`
	TorchDType     string   `json:"torch_dtype,omitempty"`
	ScaleByInverse bool     `json:"scale_attn_by_inverse_layer_idx,omitempty"`
}

type llamaJSON struct {
	Architectures []string        `json:"architectures"`
	ModelType     string          `json:"model_type"`
	Vocab         int             `json:"vocab_size"`
	Context       int             `json:"max_position_embeddings"`
	Channels      int             `json:"hidden_size"`
	Layers        int             `json:"num_hidden_layers"`
	Heads         int             `json:"num_attention_heads"`
	KVHeads       int             `json:"num_key_value_heads,omitempty"`
	HeadSize      int             `json:"head_dim,omitempty"`
	Hidden        int             `json:"intermediate_size"`
	Activation    string          `json:"hidden_act"`
	NormEps       float64         `json:"rms_norm_eps"`
	RopeTheta     float64         `json:"rope_theta,omitempty"`
	RopeScaling   json.RawMessage `json:"rope_scaling,omitempty"`
	InitStd       float64         `json:"initializer_range"`
	TiedHead      bool            `json:"tie_word_embeddings"`
	AttentionBias bool            `json:"attention_bias"`
	MLPBias       bool            `json:"mlp_bias"`
	Dropout       float64         `json:"dropout,omitempty"`
	BOS           *int            `json:"bos_token_id,omitempty"`
	EOS           json.RawMessage `json:"eos_token_id,omitempty"`
	Labels        int             `json:"num_labels,omitempty"`
	TorchDType    string          `json:"torch_dtype,omitempty"`
}

// LoadConfig reads and validates a config.json.
func LoadConfig(path string) (*Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c, err := ParseConfig(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// ParseConfig parses and validates the contents of a config.json.
func ParseConfig(data []byte) (*Config, error) {
	var kind struct {
		ModelType string `json:"model_type"`
	}
	if err := json.Unmarshal(data, &kind); err != nil {
		return nil, err
	}
	var c *Config
	var err error
	switch kind.ModelType {
	case GPT2Type:
		c, err = parseGPT2(data)
	case LlamaType:
		c, err = parseLlama(data)
	case "":
		return nil, errors.New("no model_type")
	default:
		return nil, fmt.Errorf("model_type %q is not supported (have %s, %s)", kind.ModelType, GPT2Type, LlamaType)
	}
	if err != nil {
		return nil, err
	}
	return c, c.Validate()
}

func parseGPT2(data []byte) (*Config, error) {
	j := gpt2JSON{Activation: "gelu_new", NormEps: 1e-5, InitStd: 0.02}
	if err := json.Unmarshal(data, &j); err != nil {
		return nil, err
	}
	if j.ScaleByInverse {
		return nil, errors.New("scale_attn_by_inverse_layer_idx is not supported")
	}
	c := &Config{
		ModelType: GPT2Type, Vocab: j.Vocab, Context: j.Context, Channels: j.Channels, Layers: j.Layers,
		Heads: j.Heads, KVHeads: j.Heads, Hidden: 4 * j.Channels, Activation: j.Activation, NormEps: j.NormEps,
		TiedHead: j.TiedHead == nil || *j.TiedHead, InitStd: j.InitStd, Dropout: j.ResidDropout,
		BOS: orNone(j.BOS), EOS: orNone(j.EOS), Scorer: isScorer(j.Architectures),
	}
	if j.Hidden != nil {
		c.Hidden = *j.Hidden
	}
	if c.Heads > 0 {
		c.HeadSize = c.Channels / c.Heads
	}
	return c, nil
}

func parseLlama(data []byte) (*Config, error) {
	j := llamaJSON{Activation: "silu", NormEps: 1e-6, RopeTheta: 10000, InitStd: 0.02, Context: 2048}
	if err := json.Unmarshal(data, &j); err != nil {
		return nil, err
	}
	if len(j.RopeScaling) > 0 && string(j.RopeScaling) != "null" {
		return nil, errors.New("rope_scaling is not supported")
	}
	c := &Config{
		ModelType: LlamaType, Vocab: j.Vocab, Context: j.Context, Channels: j.Channels, Layers: j.Layers,
		Heads: j.Heads, KVHeads: j.KVHeads, HeadSize: j.HeadSize, Hidden: j.Hidden, Activation: j.Activation,
		NormEps: j.NormEps, RopeTheta: j.RopeTheta, TiedHead: j.TiedHead, AttentionBias: j.AttentionBias,
		MLPBias: j.MLPBias, InitStd: j.InitStd, Dropout: j.Dropout, BOS: orNone(j.BOS), EOS: firstID(j.EOS),
		Scorer: isScorer(j.Architectures),
	}
	if c.KVHeads == 0 {
		c.KVHeads = c.Heads
	}
	if c.HeadSize == 0 && c.Heads > 0 {
		c.HeadSize = c.Channels / c.Heads
	}
	return c, nil
}

// scorerSuffix ends the names of Hugging Face's classes with a head for scores.
const scorerSuffix = "ForSequenceClassification"

func isScorer(architectures []string) bool {
	return len(architectures) > 0 && strings.HasSuffix(architectures[0], scorerSuffix)
}

func orNone(id *int) int {
	if id == nil {
		return -1
	}
	return *id
}

// firstID reads a token id that may be given as one number or a list.
func firstID(raw json.RawMessage) int {
	var one int
	if json.Unmarshal(raw, &one) == nil && len(raw) > 0 {
		return one
	}
	var list []int
	if json.Unmarshal(raw, &list) == nil && len(list) > 0 {
		return list[0]
	}
	return -1
}

// MarshalJSON writes the configuration as a Hugging Face config.json.
func (c *Config) MarshalJSON() ([]byte, error) {
	id := func(id int) *int {
		if id < 0 {
			return nil
		}
		return &id
	}
	labels := 0
	if c.Scorer {
		labels = 1
	}
	if c.ModelType == GPT2Type {
		architecture := "GPT2LMHeadModel"
		if c.Scorer {
			architecture = "GPT2" + scorerSuffix
		}
		return json.Marshal(gpt2JSON{
			Architectures: []string{architecture}, Labels: labels, ModelType: GPT2Type, Vocab: c.Vocab, Context: c.Context,
			Channels: c.Channels, Layers: c.Layers, Heads: c.Heads, Hidden: &c.Hidden, Activation: c.Activation,
			NormEps: c.NormEps, InitStd: c.InitStd, ResidDropout: c.Dropout, EmbedDropout: c.Dropout,
			TiedHead: &c.TiedHead, BOS: id(c.BOS), EOS: id(c.EOS), TorchDType: "float32",
		})
	}
	var eos json.RawMessage
	if c.EOS >= 0 {
		eos = fmt.Append(nil, c.EOS)
	}
	architecture := "LlamaForCausalLM"
	if c.Scorer {
		architecture = "Llama" + scorerSuffix
	}
	return json.Marshal(llamaJSON{
		Architectures: []string{architecture}, Labels: labels, ModelType: LlamaType, Vocab: c.Vocab, Context: c.Context,
		Channels: c.Channels, Layers: c.Layers, Heads: c.Heads, KVHeads: c.KVHeads, HeadSize: c.HeadSize,
		Hidden: c.Hidden, Activation: c.Activation, NormEps: c.NormEps, RopeTheta: c.RopeTheta, InitStd: c.InitStd,
		TiedHead: c.TiedHead, AttentionBias: c.AttentionBias, MLPBias: c.MLPBias, Dropout: c.Dropout,
		BOS: id(c.BOS), EOS: eos, TorchDType: "float32",
	})
}

// UnmarshalJSON reads a Hugging Face config.json.
func (c *Config) UnmarshalJSON(data []byte) error {
	parsed, err := ParseConfig(data)
	if err != nil {
		return err
	}
	*c = *parsed
	return nil
}

// Validate reports the first thing in the configuration that no model can have. It
// allocates nothing, so that absurd sizes in a file are refused before they do harm.
func (c *Config) Validate() error {
	const widest = 1 << 24
	for _, f := range []struct {
		name string
		n    int
		most int
	}{
		{"vocabulary size", c.Vocab, widest}, {"context", c.Context, widest}, {"channels", c.Channels, widest},
		{"layers", c.Layers, 10000}, {"heads", c.Heads, widest}, {"key-value heads", c.KVHeads, widest},
		{"head size", c.HeadSize, widest}, {"hidden size", c.Hidden, widest},
	} {
		if f.n < 1 || f.n > f.most {
			return fmt.Errorf("nn: %s is %d, want 1 to %d", f.name, f.n, f.most)
		}
	}
	switch {
	case c.ModelType != GPT2Type && c.ModelType != LlamaType:
		return fmt.Errorf("nn: model type %q is not supported (have %s, %s)", c.ModelType, GPT2Type, LlamaType)
	case c.ModelType == GPT2Type && c.Channels%c.Heads != 0:
		return fmt.Errorf("nn: %d channels cannot be shared by %d heads", c.Channels, c.Heads)
	case c.Heads%c.KVHeads != 0:
		return fmt.Errorf("nn: %d query heads cannot share %d key-value heads", c.Heads, c.KVHeads)
	case c.ModelType == LlamaType && c.HeadSize%2 != 0:
		return fmt.Errorf("nn: head size %d is odd; rotary positions turn pairs", c.HeadSize)
	case c.ModelType == LlamaType && !(c.RopeTheta > 1 && c.RopeTheta < math.Inf(1)):
		return fmt.Errorf("nn: rope_theta is %v, want more than 1", c.RopeTheta)
	case c.ModelType == GPT2Type && c.Activation != "gelu_new" && c.Activation != "gelu" && c.Activation != "gelu_pytorch_tanh":
		return fmt.Errorf("nn: activation_function %q is not supported (have gelu_new, gelu)", c.Activation)
	case c.ModelType == LlamaType && c.Activation != "silu":
		return fmt.Errorf("nn: hidden_act %q is not supported (have silu)", c.Activation)
	case !(c.NormEps > 0 && c.NormEps < 1):
		return fmt.Errorf("nn: norm epsilon is %v, want between 0 and 1", c.NormEps)
	case !(c.Dropout >= 0 && c.Dropout < 1):
		return fmt.Errorf("nn: dropout is %v, want 0 or more and less than 1", c.Dropout)
	case !(c.InitStd >= 0 && c.InitStd < 10):
		return fmt.Errorf("nn: initializer_range is %v, want between 0 and 10", c.InitStd)
	}
	return nil
}

// NumParameters returns how many numbers a model of this architecture learns.
func (c *Config) NumParameters() int64 {
	C, F, L, V := int64(c.Channels), int64(c.Hidden), int64(c.Layers), int64(c.Vocab)
	n := V * C
	if !c.TiedHead {
		n += V * C
	}
	if c.ModelType == GPT2Type {
		perLayer := 4*C + (3*C*C + 3*C) + (C*C + C) + (C*F + F) + (F*C + C)
		return n + int64(c.Context)*C + L*perLayer + 2*C
	}
	q, kv := int64(c.Heads*c.HeadSize), int64(c.KVHeads*c.HeadSize)
	perLayer := 2*C + C*q + 2*C*kv + q*C + 3*C*F
	if c.AttentionBias {
		perLayer += q + 2*kv + C
	}
	if c.MLPBias {
		perLayer += 2*F + C
	}
	return n + L*perLayer + C
}

// WriteFile writes the configuration as an indented config.json.
func (c *Config) WriteFile(path string) error {
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o666)
}
