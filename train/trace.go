package train

import (
	"encoding/json"
	"math"
	"os"
)

// A TokenTrace is what is known of one token of an answer when a policy learns from it.
type TokenTrace struct {
	Iteration int     `json:"iteration"`
	Episode   int     `json:"episode"`
	Position  int     `json:"position"` // in the answer
	Token     int32   `json:"token"`
	LogProb   float32 `json:"logp"`
	Reference float32 `json:"logp_ref"`
	KL        float32 `json:"kl"`     // log p − log p_ref
	Charge    float32 `json:"charge"` // β·kl
	Value     float32 `json:"value"`
	Advantage float32 `json:"advantage"`
	Return    float32 `json:"return"`
	Ratio     float32 `json:"ratio"`   // of the probabilities after and before the update
	Clipped   bool    `json:"clipped"` // the update left the clip range
	Reward    float64 `json:"reward"`  // of the whole answer
}

// trace lists the tokens of a rollout; now is the policy's log p after the update.
func (x *rollout) trace(iteration int, beta, clip float64, now []float32) []TokenTrace {
	var all []TokenTrace
	for i, e := range x.episodes {
		from, to := x.span(i)
		for k := from; k < to; k++ {
			kl := x.logp[k] - x.reference[k]
			ratio := math.Exp(float64(now[k] - x.logp[k]))
			all = append(all, TokenTrace{
				Iteration: iteration + 1, Episode: i, Position: k - from, Token: x.targets[k], LogProb: x.logp[k], Reference: x.reference[k],
				KL: kl, Charge: float32(beta) * kl, Value: x.values[k], Advantage: x.advantages[k], Return: x.returns[k],
				Ratio: float32(ratio), Clipped: math.Abs(ratio-1) > clip, Reward: e.Reward,
			})
		}
	}
	return all
}

// WriteTrace returns a function that appends tokens to a JSONL file, one object a line, and
// one that closes it.
func WriteTrace(path string) (write func(tokens []TokenTrace) error, closeFile func() error, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, nil, err
	}
	out := json.NewEncoder(f)
	write = func(tokens []TokenTrace) error {
		for _, t := range tokens {
			if err := out.Encode(t); err != nil {
				return err
			}
		}
		return nil
	}
	return write, f.Close, nil
}
