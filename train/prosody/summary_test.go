package prosody

import (
	"math"
	"slices"
	"testing"

	"inkstone/tensor"
)

// TestBootstrap: the interval of the mean of normal numbers is the mean ± 1.96/√n, and as
// often as promised it holds the true mean.
func TestBootstrap(t *testing.T) {
	const n = 512
	r := tensor.NewRNG(tensor.NewStream(1, "figures", 0))
	held := 0
	for k := range 40 {
		x := make([]float64, n)
		sum := 0.0
		for i := range x {
			x[i] = 3 + r.Normal()
			sum += x[i]
		}
		constant := slices.Repeat([]float64{0.5}, n)
		stream := tensor.NewStream(2, "bootstrap", k)
		e := Bootstrap(stream, x, constant)
		if math.Abs(e[0].Mean-sum/n) > 1e-12 || math.Abs((e[0].High-e[0].Low)/2*math.Sqrt(n)/1.96-1) > 0.15 {
			t.Errorf("normal numbers: %v", e[0])
		}
		if e[1] != (Estimate{0.5, 0.5, 0.5}) {
			t.Errorf("a constant: %v", e[1])
		}
		if again := Bootstrap(stream, x); again[0] != e[0] {
			t.Errorf("the second time %v, the first %v", again[0], e[0])
		}
		if e[0].Low <= 3 && 3 <= e[0].High {
			held++
		}
	}
	if held < 34 {
		t.Errorf("%d of 40 intervals hold the true mean, want about 38", held)
	}
	if e := Bootstrap(tensor.Stream{}, nil); e[0] != (Estimate{}) {
		t.Errorf("of nothing: %v", e[0])
	}
	defer func() {
		if recover() == nil {
			t.Error("columns of different lengths were accepted")
		}
	}()
	Bootstrap(tensor.Stream{}, []float64{1}, []float64{1, 2})
}

func TestSummarize(t *testing.T) {
	referee := Referee{}
	all := []Judgement{
		referee.Judge(whiteEmperor, []Theme{"江", "山"}),
		referee.Judge(quietNight, []Theme{"月", "酒"}),
		referee.Judge(nil, []Theme{"月", "酒"}),
		referee.Judge(storkTower, nil),
	}
	s := Summarize(all, tensor.NewStream(1, "summary", 0))
	for _, c := range []struct {
		name string
		got  Estimate
		want float64
	}{
		{"regulated", s.Regulated, (1 + 10.0/14 + 0 + 1) / 4},
		{"perfect", s.Perfect, 0.5},
		{"theme", s.Theme, (1 + 0.5) / 4},
		{"all themes", s.AllThemes, 0.25},
		{"novelty", s.Novelty, 1},
		{"run", s.Run, 0},
		{"duplicates", s.Duplicates, 2.0 / 4},
		{"format", s.Format, 0.75},
		{"score", s.Score, (2.5 + 2*10.0/14 + 0.25 - 1 + 2) / 4},
	} {
		if !near(c.got.Mean, c.want) || c.got.Low > c.got.Mean || c.got.High < c.got.Mean {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
	if s.Poems != 4 || s.Distinct2 != 55.0/56 { // 千里 comes twice
		t.Errorf("%d poems, distinct-2 %v", s.Poems, s.Distinct2)
	}
}

func TestCompare(t *testing.T) {
	referee := Referee{}
	good, fair, bad := referee.Judge(whiteEmperor, []Theme{"江"}), referee.Judge(quietNight, []Theme{"江"}), referee.Judge(nil, []Theme{"江"})
	c := Compare([]Judgement{good, fair, good, fair}, []Judgement{fair, good, bad, fair}, tensor.NewStream(1, "compare", 0))
	if !near(c.WinRate.Mean, 2.5/4) || !near(c.Regulated.Mean, 0.25) || !near(c.Theme.Mean, 0.25) || !near(c.Score.Mean, (good.Score-bad.Score)/4) {
		t.Errorf("%+v", c)
	}
	if c.WinRate.Low < 0 || c.WinRate.Low >= c.WinRate.Mean || c.WinRate.High <= c.WinRate.Mean || c.WinRate.High > 1 {
		t.Errorf("win rate %v", c.WinRate)
	}
	defer func() {
		if recover() == nil {
			t.Error("unequal numbers of poems were compared")
		}
	}()
	Compare([]Judgement{good}, nil, tensor.Stream{})
}

func BenchmarkSummarize512(b *testing.B) {
	judgements := slices.Repeat([]Judgement{(Referee{}).Judge(whiteEmperor, nil)}, 512)
	for b.Loop() {
		Summarize(judgements, tensor.NewStream(1, "bench", 0))
	}
}
