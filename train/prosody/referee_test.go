package prosody

import (
	"math"
	"slices"
	"testing"

	"inkstone/tensor"
	"inkstone/train/poems"
)

func near(a, b float64) bool { return math.Abs(a-b) < 1e-12 }

func TestJudge(t *testing.T) {
	emperor := poems.Poem{Lines: [4]string(whiteEmperor)}
	referee := Referee{Corpus: NewCorpus([]poems.Poem{emperor})}
	for _, c := range []struct {
		name  string
		lines []string
		asked []Theme
		score float64
	}{
		// 5-character 登鸛雀樓 is perfect and repeats nothing.
		{"perfect", storkTower, nil, 2},
		{"on its theme", storkTower, []Theme{"山"}, 2.5},
		{"on one theme of two", storkTower, []Theme{"山", "酒"}, 2.25},
		{"off its theme", storkTower, []Theme{"酒", "僧"}, 2},
		{"all lines copied", whiteEmperor, []Theme{"江"}, 2.5 - 4*0.3},
		{"all but one", with(with(with(whiteEmperor, Place{0, 0}, '暮'), Place{1, 0}, '萬'), Place{2, 0}, '一'), nil, 2 - 0.3},
		// 朝 → 暮 …: runs of six characters, no line.
		{"runs of six", with(with(with(with(whiteEmperor, Place{0, 0}, '暮'), Place{1, 0}, '八'), Place{2, 0}, '一'), Place{3, 0}, '扁'), nil, 2 - 0.2},
		// 登鸛雀樓 with 山 for four characters that the rules leave free.
		{"repetition", []string{"山日依山盡", "山河入海流", "欲窮山里目", "更上山層樓"}, nil, 2 - 0.05*(4-2)},
		{"no quatrain", storkTower[:3], []Theme{"山"}, -1},
	} {
		if j := referee.Judge(c.lines, c.asked); !near(j.Score, c.score) {
			t.Errorf("%s: %+v, want the score %v", c.name, j, c.score)
		}
	}
	if j := (Referee{}).Judge(whiteEmperor, []Theme{"江", "山"}); !near(j.Score, 2.5) || j.Hits != 2 || j.Theme() != 1 || j.Copied != 0 || j.Run != "" {
		t.Errorf("a person's poem is charged for copying: %+v", j)
	}
	if j := (Referee{}).Judge(quietNight, nil); !near(j.Score, 2*10.0/14) || j.Theme() != 0 {
		t.Errorf("靜夜思: %+v", j)
	}
}

func TestRank(t *testing.T) {
	answers := [][]string{quietNight, storkTower[:2], whiteEmperor, storkTower}
	got := (Referee{}).Rank(answers, []Theme{"江"}, 0, tensor.NewStream(1, "rank", 0))
	if want := []int{2, 3, 0, 1}; !slices.Equal(got, want) {
		t.Errorf("ranked %v, want %v", got, want)
	}
	if got := Rank([]float64{1, 2, 1, 2}, 0, tensor.Stream{}); !slices.Equal(got, []int{1, 3, 0, 2}) {
		t.Errorf("equal scores are ranked %v", got)
	}
}

// TestRankNoise: two scores a margin apart change places as often as the normal distribution
// says, Φ(−margin / (√2·noise)), and the same stream says the same.
func TestRankNoise(t *testing.T) {
	const n, noise, margin = 4000, 0.1, 0.1
	flips := 0
	for i := range n {
		stream := tensor.NewStream(7, "noise", i)
		got := Rank([]float64{0, margin}, noise, stream)
		if !slices.Equal(got, Rank([]float64{0, margin}, noise, stream)) {
			t.Fatal("one stream gives two rankings")
		}
		if got[0] == 0 {
			flips++
		}
	}
	want := 0.5 * math.Erfc(margin/(math.Sqrt2*noise)/math.Sqrt2)
	if share := float64(flips) / n; math.Abs(share-want) > 0.02 {
		t.Errorf("%.3f of the pairs changed places, want %.3f", share, want)
	}
}
