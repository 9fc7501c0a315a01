package prosody

import (
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"inkstone/tensor"
	"inkstone/train/poems"
)

func TestCorpus(t *testing.T) {
	c := NewCorpus([]poems.Poem{
		{ID: "a", Lines: [4]string{"白日依山盡", "黃河入海流", "欲窮千里目", "更上一層樓"}},
		{ID: "b", Lines: [4]string{"牀前看月光", "疑是地上霜", "舉頭望山月", "低頭思故鄉"}},
		{ID: "c", Lines: [4]string{"舉頭望山色", "更上更上更", "一一一一一", "一一一一一"}},
	})
	for _, test := range []struct {
		lines   string
		copied  int
		run     string
		nearest string
		shared  int
	}{
		{"白日依山盡 疑是地上霜 天天天天天 天天天天天", 2, "白日依山盡", "a", 4},
		{"舉頭望山水 天頭思故鄉 天天天天天 天天天天天", 0, "舉頭望山", "b", 6},
		{"舉頭望山色", 1, "舉頭望山色", "c", 4},
		{"上更上更上", 0, "上更上更", "c", 2},
		{"更上更上一", 0, "更上更上", "a", 2}, // 更上 and 上一; c has 更上 and 上更
		{"天天里目天 樓牀前天", 0, "里目", "a", 1},
		{"山 盡 日", 0, "", "", 0},
		{"天天天天天", 0, "", "", 0},
		{"盡黃河", 0, "黃河", "a", 1},
		{"", 0, "", "", 0},
		{"\xff\xff舉頭", 0, "舉頭", "b", 1},
	} {
		lines := strings.Split(test.lines, " ")
		p, shared := c.Nearest(lines)
		if copied, run := c.CopiedLines(lines), c.LongestRun(lines); copied != test.copied || run != test.run || p.ID != test.nearest || shared != test.shared {
			t.Errorf("%q: %d lines, run %q, nearest %q with %d; want %d, %q, %q, %d",
				test.lines, copied, run, p.ID, shared, test.copied, test.run, test.nearest, test.shared)
		}
	}
}

// TestLongestRun compares with a search for every run in the text of all lines.
func TestLongestRun(t *testing.T) {
	train, _ := poems.Split(poems.Load())
	var b strings.Builder
	for _, p := range train {
		b.WriteString(strings.Join(p.Lines[:], "/") + "/")
	}
	text := b.String()
	c := NewCorpus(train)
	mean := 0.0
	sevens := heldoutSevens()
	for k, p := range sevens {
		got := utf8.RuneCountInString(c.LongestRun(p.Lines[:]))
		mean += float64(got) / float64(len(sevens))
		if k >= 10 { // searching all text takes a while
			continue
		}
		want := 0
		for _, line := range p.Lines {
			chars := []rune(line)
			for i := range chars {
				for j := i + max(2, want+1); j <= len(chars) && strings.Contains(text, string(chars[i:j])); j++ {
					want = j - i
				}
			}
		}
		if got != want {
			t.Errorf("%s: the longest run has %d characters, want %d", p.Title, got, want)
		}
	}
	if math.Abs(mean-3.09) > 0.005 {
		t.Errorf("the mean is %.3f, want 3.09", mean)
	}
	for _, p := range train[:100] {
		if nearest, _ := c.Nearest(p.Lines[:]); c.CopiedLines(p.Lines[:]) != 4 || nearest.ID != p.ID {
			t.Errorf("%s is not nearest to itself", p.Title)
		}
	}
}

func TestRepetition(t *testing.T) {
	if n := Duplicates(quietNight); n != 2 { // 月 and 頭
		t.Errorf("靜夜思 repeats %d characters", n)
	}
	if n := Duplicates([]string{"一一一", "二一"}); n != 3 {
		t.Errorf("%d, want 3", n)
	}
	if w := Regulated(quietNight).Wild(); w != 4.0/20 {
		t.Errorf("share of characters of either tone in 靜夜思: %v", w)
	}
	if d := Distinct2([][]string{{"一二三", "一二"}, {"三三三"}}); d != 3.0/5 {
		t.Errorf("distinct-2 is %v, want 3/5", d)
	}
	if d := Distinct2(nil); d != 0 {
		t.Errorf("distinct-2 of nothing is %v", d)
	}
}

func BenchmarkNewCorpus(b *testing.B) {
	train, _ := poems.Split(poems.Load())
	for b.Loop() {
		NewCorpus(train)
	}
}

// BenchmarkJudge512 judges 512 poems that nobody wrote: each line has the beginning of one
// training poem's and the end of another's, so that runs of some length are found.
func BenchmarkJudge512(b *testing.B) {
	train, _ := poems.Split(poems.Load())
	referee := Referee{Corpus: NewCorpus(train)}
	r := tensor.NewRNG(tensor.NewStream(1, "bench", 0))
	var all [][]string
	for len(all) < 512 {
		var lines []string
		for len(lines) < 4 {
			if p, q := train[r.IntN(len(train))], train[r.IntN(len(train))]; p.Form == 7 && q.Form == 7 {
				lines = append(lines, p.Lines[len(lines)][:12]+q.Lines[len(lines)][12:])
			}
		}
		all = append(all, lines)
	}
	_, pairs := Pairs()
	for b.Loop() {
		for i, lines := range all {
			referee.Judge(lines, pairs[i%len(pairs)][:])
		}
	}
}
