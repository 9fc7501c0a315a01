package train

import (
	"math"
	"strings"
	"testing"
)

func TestScheduleLR(t *testing.T) {
	for _, c := range []struct {
		s    Schedule
		want map[int]float64
	}{
		{Schedule{Kind: "constant", Peak: 2, Warmup: 4, Steps: 10},
			map[int]float64{0: 0.5, 1: 1, 3: 2, 4: 2, 9: 2, 10: 2, 999: 2}},
		{Schedule{Kind: "linear", Peak: 2, Warmup: 2, Steps: 10, Final: 0.5},
			map[int]float64{0: 1, 1: 2, 2: 2, 6: 1.5, 9: 1.125, 10: 1, 999: 1}},
		{Schedule{Kind: "cosine", Peak: 2, Warmup: 2, Steps: 10, Final: 0.1},
			map[int]float64{1: 2, 2: 2, 4: 2 * (0.1 + 0.9*0.5*(1+math.Sqrt2/2)), 6: 1.1, 10: 0.2, 999: 0.2}},
		{Schedule{Kind: "cosine", Peak: 1, Steps: 4}, map[int]float64{0: 1, 2: 0.5, 4: 0}},
		{Schedule{Kind: "wsd", Peak: 2, Warmup: 2, Steps: 20, Final: 0.1, Decay: 10},
			map[int]float64{0: 1, 2: 2, 10: 2, 11: 1.82, 15: 1.1, 19: 0.38, 20: 0.2, 21: 0.2}},
		{Schedule{Kind: "wsd", Peak: 2, Steps: 5}, map[int]float64{0: 2, 4: 2, 5: 2}},
		{Schedule{Kind: "linear", Peak: 1, Warmup: 5, Steps: 5}, map[int]float64{0: 0.2, 4: 1, 5: 0}},
	} {
		if err := c.s.Validate(); err != nil {
			t.Errorf("%+v: %v", c.s, err)
		}
		for step, want := range c.want {
			if got := c.s.LR(step); math.Abs(got-want) > 1e-15 {
				t.Errorf("%+v: step %d: %v, want %v", c.s, step, got, want)
			}
		}
	}
}

func TestScheduleValidate(t *testing.T) {
	good := Schedule{Kind: "wsd", Peak: 1e-3, Warmup: 10, Steps: 100, Final: 0.1, Decay: 20}
	for want, change := range map[string]func(*Schedule){
		`kind "cosin" is none of`:           func(s *Schedule) { s.Kind = "cosin" },
		"peak learning rate is 0":           func(s *Schedule) { s.Peak = 0 },
		"peak learning rate is NaN":         func(s *Schedule) { s.Peak = math.NaN() },
		"peak learning rate is +Inf":        func(s *Schedule) { s.Peak = math.Inf(1) },
		"0 steps":                           func(s *Schedule) { s.Steps = 0 },
		"warm-up of 101 steps in a run":     func(s *Schedule) { s.Warmup = 101 },
		"warm-up of -1":                     func(s *Schedule) { s.Warmup = -1 },
		"final fraction is 1.5":             func(s *Schedule) { s.Final = 1.5 },
		"decay of 91 steps in the 90 after": func(s *Schedule) { s.Decay = 91 },
		"decay is for wsd":                  func(s *Schedule) { s.Kind = "cosine" },
	} {
		s := good
		change(&s)
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v gave %v, want %s", s, err, want)
		}
	}
}
