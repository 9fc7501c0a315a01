package nn

import "fmt"

// ParameterCount is how many numbers learn, of all that a model has, adapters included.
type ParameterCount struct{ Trainable, Total int64 }

// String writes "36864 / 124476672 (0.0296%)".
func (p ParameterCount) String() string {
	return fmt.Sprintf("%d / %d (%.3g%%)", p.Trainable, p.Total, 100*float64(p.Trainable)/float64(p.Total))
}

// Count returns how many parameters a model of architecture m with these adapters has.
// Nothing is allocated, so any size can be planned.
func (c LoRAConfig) Count(m *Config) (ParameterCount, error) {
	if err := c.Validate(); err != nil {
		return ParameterCount{}, err
	}
	shapes := m.linears()
	var names []string
	for _, s := range shapes {
		names = append(names, s.name)
	}
	chosen, err := matchNames(c.Targets, names)
	if err != nil {
		return ParameterCount{}, err
	}
	var p ParameterCount
	for _, i := range chosen {
		p.Trainable += int64(c.Rank) * int64(shapes[i].k+shapes[i].n)
		if c.DoRA {
			p.Trainable += int64(shapes[i].n)
		}
	}
	p.Total = m.NumParameters() + p.Trainable
	return p, nil
}

// Count returns how many parameters learn, of all there are.
func (l *LoRA) Count() ParameterCount {
	var p ParameterCount
	for _, v := range l.params {
		p.Trainable += int64(v.Value.Len())
	}
	p.Total = l.Config().NumParameters() + p.Trainable
	return p
}

// A linearShape is a Linear of a model that need not exist: its name, K and N.
type linearShape struct {
	name string
	k, n int
}

// linears lists the Linears of the blocks, in the order of the models' Linears methods.
func (c *Config) linears() []linearShape {
	C, F, q, kv := c.Channels, c.Hidden, c.Heads*c.HeadSize, c.KVHeads*c.HeadSize
	prefix, block := "transformer.h.", []linearShape{
		{"attn.c_attn", C, 3 * C}, {"attn.c_proj", C, C}, {"mlp.c_fc", C, F}, {"mlp.c_proj", F, C},
	}
	if c.ModelType == LlamaType {
		prefix, block = "model.layers.", []linearShape{
			{"self_attn.q_proj", C, q}, {"self_attn.k_proj", C, kv}, {"self_attn.v_proj", C, kv}, {"self_attn.o_proj", q, C},
			{"mlp.gate_proj", C, F}, {"mlp.up_proj", C, F}, {"mlp.down_proj", F, C},
		}
	}
	var all []linearShape
	for i := range c.Layers {
		for _, s := range block {
			all = append(all, linearShape{fmt.Sprintf("%s%d.%s", prefix, i, s.name), s.k, s.n})
		}
	}
	return all
}
