package train

import (
	"fmt"
)

// The methods of reinforcement learning. They differ in what an answer is compared with.
const (
	PPO  = "ppo"  // with what a learned value function expected, token by token
	GRPO = "grpo" // with the other answers to the same prompt, in standard deviations
	RLOO = "rloo" // with the mean of the other answers to the same prompt
)

// RLConfig says how a policy learns from rewards. The defaults are those of DefaultRL.
type RLConfig struct {
	Method    string `json:"method"`
	Episodes  int    `json:"episodes"`  // answers an iteration
	Group     int    `json:"group"`     // answers to each prompt; 1 for ppo
	Answer    int    `json:"answer"`    // tokens an answer at most
	Minibatch int    `json:"minibatch"` // episodes an optimiser step
	Epochs    int    `json:"epochs"`    // times an iteration's episodes are learned from

	Clip       float64 `json:"clip"`        // ε of the policy's ratio
	ValueClip  float64 `json:"value_clip"`  // ε of the value function
	ValueCoef  float64 `json:"value_coef"`  // weight of its loss
	Entropy    float64 `json:"entropy"`     // weight of the entropy bonus
	Gamma      float64 `json:"gamma"`       // discount
	Lambda     float64 `json:"lambda"`      // of GAE
	StopKL     float64 `json:"stop_kl"`     // nats a token from the drawn policy at which an iteration's epochs end; 0 for never
	Pretrain   float64 `json:"pretrain"`    // weight of the pretraining loss (PPO-ptx); 0 for none
	MinEntropy float64 `json:"min_entropy"` // nats a token below which the policy counts as collapsed

	KL       KLConfig    `json:"kl"`
	AdamW    AdamWConfig `json:"adamw"`
	Schedule Schedule    `json:"schedule"` // steps are iterations
}

// DefaultRL returns settings that work for small policies.
func DefaultRL(method string, iterations int) RLConfig {
	c := RLConfig{
		Method: method, Episodes: 256, Group: 1, Answer: 64, Minibatch: 128, Epochs: 2,
		Clip: 0.2, ValueClip: 0.2, ValueCoef: 0.1, Gamma: 1, Lambda: 0.95, MinEntropy: 0.02,
		KL:       KLConfig{Coefficient: 0.05, Target: 5, Gain: 0.2, Limit: 100},
		AdamW:    DefaultAdamW(),
		Schedule: Schedule{Kind: "linear", Peak: 2e-4, Warmup: min(5, iterations), Steps: iterations, Final: 0.1},
	}
	c.AdamW.WeightDecay = 0
	if method != PPO {
		c.Group = 8
	}
	return c
}

// Validate reports the first setting that makes no sense.
func (c RLConfig) Validate() error {
	switch {
	case c.Method != PPO && c.Method != GRPO && c.Method != RLOO:
		return fmt.Errorf("rl: method %q is none of %s, %s, %s", c.Method, PPO, GRPO, RLOO)
	case c.Episodes < 1 || c.Minibatch < 1 || c.Epochs < 1 || c.Answer < 1:
		return fmt.Errorf("rl: %d episodes, minibatches of %d, %d epochs, answers of %d tokens: want at least 1 of each", c.Episodes, c.Minibatch, c.Epochs, c.Answer)
	case c.Episodes%c.Minibatch != 0:
		return fmt.Errorf("rl: %d episodes cannot be cut into minibatches of %d", c.Episodes, c.Minibatch)
	case c.Group < 1 || c.Episodes%c.Group != 0 || c.Method != PPO && c.Group < 2:
		return fmt.Errorf("rl: groups of %d among %d episodes; %s compares the answers to one prompt", c.Group, c.Episodes, c.Method)
	case !(c.Clip > 0 && c.Clip < 1) || !(c.ValueClip > 0):
		return fmt.Errorf("rl: clip %v and value clip %v, want more than 0", c.Clip, c.ValueClip)
	case !(c.Gamma > 0 && c.Gamma <= 1) || !(c.Lambda >= 0 && c.Lambda <= 1):
		return fmt.Errorf("rl: gamma %v, lambda %v, want 0 to 1", c.Gamma, c.Lambda)
	case !(c.ValueCoef >= 0) || !(c.Entropy >= 0) || !(c.Pretrain >= 0) || !(c.StopKL >= 0) || !(c.MinEntropy >= 0):
		return fmt.Errorf("rl: a weight or limit is below 0")
	}
	for _, err := range []error{c.KL.Validate(), c.AdamW.Validate(), c.Schedule.Validate()} {
		if err != nil {
			return err
		}
	}
	return nil
}
