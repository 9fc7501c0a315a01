package train

import "fmt"

// KLConfig says how a policy is kept near the model it began as: each token is charged
// β·(log p − log p_ref), which in the mean is β times the KL divergence (Ziegler et al. 2019,
// section 2.2; Ouyang et al. 2022, equation 2).
type KLConfig struct {
	Coefficient float64 `json:"coefficient"` // β at the start
	Target      float64 `json:"target"`      // nats an answer that β is steered to; 0 keeps β fixed
	Gain        float64 `json:"gain"`        // how strongly, each iteration
	Floor       float64 `json:"floor"`       // β never falls below
	Limit       float64 `json:"limit"`       // nats an answer at which training stops; 0 for none
}

// Validate reports the first setting that makes no sense.
func (c KLConfig) Validate() error {
	switch {
	case !(c.Coefficient >= 0 && c.Coefficient < 1e3):
		return fmt.Errorf("kl: coefficient is %v, want 0 or more", c.Coefficient)
	case !(c.Target >= 0):
		return fmt.Errorf("kl: target is %v, want 0 or more", c.Target)
	case !(c.Gain >= 0 && c.Gain <= 1):
		return fmt.Errorf("kl: gain is %v, want 0 to 1", c.Gain)
	case !(c.Floor >= 0):
		return fmt.Errorf("kl: floor is %v, want 0 or more", c.Floor)
	case !(c.Limit >= 0) || c.Limit > 0 && c.Limit < 2*c.Target:
		return fmt.Errorf("kl: limit is %v, want 0 or at least twice the target", c.Limit)
	}
	return nil
}

// adapt returns the coefficient after an iteration in which the policy stood kl nats an
// answer from its reference (Ziegler et al. 2019, equation 4, with a wider clip: a short run
// cannot wait for 2 % an iteration):
//
//	β ← β·(1 + gain·clip(kl/target − 1, −½, ½))
func (c KLConfig) adapt(beta, kl float64) float64 {
	if c.Target == 0 {
		return beta
	}
	return max(c.Floor, beta*(1+c.Gain*min(max(kl/c.Target-1, -0.5), 0.5)))
}
