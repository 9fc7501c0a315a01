package train

import (
	"fmt"
	"math"
	"slices"
)

// ScheduleKinds lists the schedules there are.
var ScheduleKinds = []string{"constant", "cosine", "linear", "wsd"}

// A Schedule gives the learning rate of each step. It rises linearly over the first Warmup
// steps,
//
//	lr(t) = Peak · (t+1) / Warmup                                    t = 0 … Warmup−1
//
// and then, with u = (t − Warmup) / (Steps − Warmup) for the share of the way that is done,
// goes as its Kind says:
//
//	constant  lr = Peak
//	linear    lr = Peak · (1 − (1 − Final)·u)
//	cosine    lr = Peak · (Final + (1 − Final)·½(1 + cos πu))
//	wsd       lr = Peak until Steps − Decay, then
//	          Peak · (1 − (1 − Final)·(t − Steps + Decay) / Decay)
//
// From step Steps on it stays where it ends, at Peak · Final.
//
// Cosine is equation 5 of Loshchilov and Hutter 2017, "SGDR: Stochastic gradient descent
// with warm restarts", without restarts. WSD, warm-up, stable, decay, is section 4 of Hu et
// al. 2024, "MiniCPM"; its stable phase can be trained on for as long as there is data. The
// decay here is linear.
type Schedule struct {
	Kind   string  `json:"kind"`
	Peak   float64 `json:"peak"`            // highest learning rate
	Warmup int     `json:"warmup"`          // steps
	Steps  int     `json:"steps"`           // of the whole run
	Final  float64 `json:"final"`           // last learning rate, as a fraction of Peak
	Decay  int     `json:"decay,omitempty"` // steps of the last phase of wsd
}

// LR returns the learning rate of a step; the first step is 0.
func (s Schedule) LR(step int) float64 {
	step = min(step, s.Steps)
	if step < s.Warmup {
		return s.Peak * float64(step+1) / float64(s.Warmup)
	}
	u := 1.0
	if s.Steps > s.Warmup {
		u = float64(step-s.Warmup) / float64(s.Steps-s.Warmup)
	}
	switch s.Kind {
	case "linear":
		return s.Peak * (1 - (1-s.Final)*u)
	case "cosine":
		return s.Peak * (s.Final + (1-s.Final)*0.5*(1+math.Cos(math.Pi*u)))
	case "wsd":
		u = 0
		if start := s.Steps - s.Decay; step > start {
			u = float64(step-start) / float64(s.Decay)
		}
		return s.Peak * (1 - (1-s.Final)*u)
	}
	return s.Peak
}

// Validate reports the first setting that makes no sense.
func (s Schedule) Validate() error {
	switch {
	case !slices.Contains(ScheduleKinds, s.Kind):
		return fmt.Errorf("schedule: kind %q is none of %v", s.Kind, ScheduleKinds)
	case !(s.Peak > 0 && s.Peak <= math.MaxFloat32):
		return fmt.Errorf("schedule: peak learning rate is %v, want more than 0", s.Peak)
	case s.Steps < 1:
		return fmt.Errorf("schedule: %d steps, want at least 1", s.Steps)
	case s.Warmup < 0 || s.Warmup > s.Steps:
		return fmt.Errorf("schedule: warm-up of %d steps in a run of %d", s.Warmup, s.Steps)
	case !(s.Final >= 0 && s.Final <= 1):
		return fmt.Errorf("schedule: final fraction is %v, want 0 to 1", s.Final)
	case s.Decay < 0 || s.Decay > s.Steps-s.Warmup:
		return fmt.Errorf("schedule: decay of %d steps in the %d after warm-up", s.Decay, s.Steps-s.Warmup)
	case s.Decay > 0 && s.Kind != "wsd":
		return fmt.Errorf("schedule: decay is for wsd, not for %s", s.Kind)
	}
	return nil
}
