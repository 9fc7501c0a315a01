package train

import (
	"errors"
	"fmt"
	"math"

	"inkstone/nn"
)

// FineTuneConfig holds the settings that all training on a fixed set of examples has: supervised
// fine-tuning on dialogues, a reward model and direct preference optimisation on rankings.
type FineTuneConfig struct {
	Batch      int         `json:"batch"` // examples a batch; a ranking with all of its answers is one
	Accumulate int         `json:"accumulate"`
	Epochs     float64     `json:"epochs"` // passes over the examples; counts where the schedule has no steps
	AdamW      AdamWConfig `json:"adamw"`
	Schedule   Schedule    `json:"schedule"`
	Heldout    float64     `json:"heldout"`   // share of the prompts whose examples are never learned from
	Precision  string      `json:"precision"` // of the backend's matrix products
	// LoRA is what the model's adapters were made with; nil for none.
	LoRA *nn.LoRAConfig `json:"lora"`
}

// Validate reports the first setting that makes no sense.
func (c FineTuneConfig) Validate() error {
	switch {
	case c.Batch < 1 || c.Accumulate < 1:
		return fmt.Errorf("batch %d, accumulate %d: want at least 1", c.Batch, c.Accumulate)
	case c.Schedule.Steps == 0 && !(c.Epochs > 0 && c.Epochs <= 1e6):
		return fmt.Errorf("epochs is %v, want more than 0", c.Epochs)
	case !(c.Heldout > 0 && c.Heldout < 1):
		return fmt.Errorf("heldout is %v, want a share between 0 and 1", c.Heldout)
	}
	s := c.Schedule
	s.Steps = max(s.Steps, s.Warmup+1)
	return errors.Join(s.Validate(), c.AdamW.Validate())
}

// schedule returns the schedule for n examples. One without steps gets as many as the epochs
// have, the first twentieth of them for warming up.
func (c FineTuneConfig) schedule(n int) Schedule {
	s := c.Schedule
	if s.Steps == 0 {
		s.Steps = max(1, int(math.Ceil(c.Epochs*float64(n)/float64(c.Batch*c.Accumulate))))
		s.Warmup = s.Steps / 20
	}
	return s
}
