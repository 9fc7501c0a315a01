package nn

import (
	"errors"
	"fmt"
	"math"
	"path"

	"inkstone/autograd"
	"inkstone/tensor"
)

// LoRAConfig says which layers get adapters, and of what kind.
type LoRAConfig struct {
	Rank    int     // R, the width of the bottleneck
	Alpha   float64 // the update is scaled by α/R
	Dropout float64 // on the input of A, while the tape trains
	// Targets name the Linears to adapt: "c_attn" or "attn.c_proj" those whose name ends so,
	// a pattern of path.Match such as "transformer.h.1*.attn.*" those whose whole name it
	// fits, AllLinear every Linear of the blocks.
	Targets []string
	RSLoRA  bool // scale by α/√R, which keeps the update's size at any rank (Kalajdzievski 2023)
	DoRA    bool // learn the length of each row of the weight apart from its direction (Liu et al. 2024)
}

// AllLinear is the target that stands for every Linear of the blocks.
const AllLinear = "all-linear"

// Validate reports the first setting that makes no sense.
func (c LoRAConfig) Validate() error {
	const highest, longest = 1 << 16, 1 << 10
	switch {
	case c.Rank < 1 || c.Rank > highest:
		return fmt.Errorf("nn: LoRA rank is %d, want 1 to %d", c.Rank, highest)
	case !(c.Alpha > 0) || math.IsInf(c.Alpha, 1):
		return fmt.Errorf("nn: LoRA alpha is %v, want more than 0", c.Alpha)
	case !(c.Dropout >= 0 && c.Dropout < 1):
		return fmt.Errorf("nn: LoRA dropout is %v, want 0 or more and less than 1", c.Dropout)
	case len(c.Targets) == 0:
		return errors.New("nn: LoRA has no targets: name the Linears to adapt, or " + AllLinear)
	}
	for _, p := range c.Targets {
		if len(p) == 0 || len(p) > longest {
			return fmt.Errorf("nn: a LoRA target of %d bytes, want 1 to %d", len(p), longest)
		}
		if _, err := path.Match(p, ""); err != nil {
			return fmt.Errorf("nn: LoRA target %q: %w", p, err)
		}
	}
	return nil
}

// scale is the factor of the update B·A.
func (c LoRAConfig) scale() float64 {
	if c.RSLoRA {
		return c.Alpha / math.Sqrt(float64(c.Rank))
	}
	return c.Alpha / float64(c.Rank)
}

// LoRA is a model that learns by low-rank adaptation (Hu et al. 2021, section 4.1): its
// weights are frozen, and beside each adapted layer W two small matrices learn the update,
// W + scale·B·A. As a Model it computes with the adapters, and its Parameters are those of
// the adapters alone, so that it trains, and is saved in checkpoints, as any model.
type LoRA struct {
	Model

	// Base is the name or directory of the base model, for whoever finds the adapter.
	Base string

	config LoRAConfig
	layers []*Linear // that have adapters
	params []*autograd.Variable
}

// AddLoRA freezes a model and gives it adapters. A starts as a fresh Linear of PyTorch
// does, uniform in ±1/√K, and B at 0: at first the model computes what it did before.
func AddLoRA(m Model, c LoRAConfig, seed uint64) (*LoRA, error) {
	layers, err := c.layers(m)
	if err != nil {
		return nil, err
	}
	adapters, params := newAdapters(m, c, layers)
	for i, a := range adapters {
		bound := 1 / math.Sqrt(float64(layers[i].inputs()))
		tensor.FillUniform(a.a.Value, tensor.NewStream(seed, "init "+a.a.Name, 0), -bound, bound)
	}
	if c.DoRA {
		if err := measure(adapters, layers); err != nil {
			return nil, err
		}
	}
	return attach(m, c, layers, adapters, params), nil
}

// newAdapters makes the adapters of layers, all 0.
func newAdapters(m Model, c LoRAConfig, layers []*Linear) ([]*adapter, []*autograd.Variable) {
	b := &builder{dtype: m.Parameters()[0].Value.DType(), blank: true}
	var adapters []*adapter
	for _, l := range layers {
		name := adapterPrefix + l.name()
		a := &adapter{scale: c.scale(), dropout: c.Dropout}
		a.a = b.zeros(name+loraA, c.Rank, l.inputs())
		a.b = b.zeros(name+loraB, l.outputs(), c.Rank)
		if c.DoRA {
			a.magnitude = b.zeros(name+loraMagnitude, l.outputs())
		}
		adapters = append(adapters, a)
	}
	return adapters, b.params
}

// PEFT's names: the path from its wrapper to the model stands before a layer's name, and
// what the tensor is behind it.
const (
	adapterPrefix = "base_model.model."
	loraA         = ".lora_A.weight"
	loraB         = ".lora_B.weight"
	loraMagnitude = ".lora_magnitude_vector"
)

// attach freezes the model and puts the adapters to work.
func attach(m Model, c LoRAConfig, layers []*Linear, adapters []*adapter, params []*autograd.Variable) *LoRA {
	for _, p := range m.Parameters() {
		p.SetNeedsGrad(false)
	}
	for i, l := range layers {
		l.adapter = adapters[i]
	}
	return &LoRA{Model: m, config: c, layers: layers, params: params}
}

// Parameters returns the adapters' tensors, named as PEFT names them.
func (l *LoRA) Parameters() []*autograd.Variable { return l.params }

// LoRAConfig returns what the adapters were made with.
func (l *LoRA) LoRAConfig() LoRAConfig { return l.config }

// Merge folds the adapters into the model's weights and takes them off. The model given to
// AddLoRA or LoadLoRA then computes by itself what it computed with them, learns again with
// all its weights, and is the one to use from here on.
func (l *LoRA) Merge(backend tensor.Backend) {
	for _, layer := range l.layers {
		layer.adapter.fold(backend, layer)
		layer.adapter = nil
	}
	for _, p := range l.Model.Parameters() {
		p.SetNeedsGrad(true)
	}
	l.layers, l.params = nil, nil
}
