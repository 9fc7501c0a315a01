package main

import (
	"inkstone/nn"
)

// loraFlags are the flags of the verbs that can learn an adapter in place of all weights.
type loraFlags struct {
	Rank    int      `name:"lora" help:"Learn a LoRA adapter of this rank and leave the weights as they are; 0 learns all weights." default:"0" placeholder:"RANK"`
	Alpha   float64  `name:"lora-alpha" help:"Scale of the adapter's part, in units of 1/rank; 0 means twice the rank." default:"0"`
	Targets []string `name:"lora-targets" help:"Layers to adapt, by the end of their names or a pattern of them: ${all_linear}, c_attn, q_proj,v_proj." default:"${all_linear}" placeholder:"NAME"`
	Dropout float64  `name:"lora-dropout" help:"Dropout before the adapter." default:"0"`
	RS      bool     `name:"rslora" help:"Scale by 1/sqrt(rank) in place of 1/rank."`
	DoRA    bool     `name:"dora" help:"Learn the lengths of the weights' rows apart from their directions."`
}

// config returns what was asked for, nil for no adapter.
func (f *loraFlags) config() (*nn.LoRAConfig, error) {
	if f.Rank == 0 {
		if f.Alpha != 0 || f.Dropout != 0 || f.RS || f.DoRA {
			return nil, usagef("flags of LoRA without --lora RANK, which turns it on")
		}
		return nil, nil
	}
	c := &nn.LoRAConfig{Rank: f.Rank, Alpha: f.Alpha, Dropout: f.Dropout, Targets: f.Targets, RSLoRA: f.RS, DoRA: f.DoRA}
	if c.Alpha == 0 {
		c.Alpha = 2 * float64(c.Rank)
	}
	if err := c.Validate(); err != nil {
		return nil, usageError{err}
	}
	return c, nil
}

// adapt gives a model that was read from a directory its adapters, if there are to be any,
// and says how much learns.
func adapt(u *ui, m nn.Model, c *nn.LoRAConfig, base string, seed uint64) (nn.Model, error) {
	if c == nil {
		return m, nil
	}
	l, err := nn.AddLoRA(m, *c, seed)
	if err != nil {
		return nil, err
	}
	l.Base = base
	u.say("trainable / total: %v", l.Count())
	return l, nil
}
