package prosody

import (
	"math"
	"slices"
	"strings"
	"testing"

	"inkstone/tensor"
	"inkstone/train/poems"
)

var (
	whiteEmperor = []string{"朝辭白帝彩雲間", "千里江陵一日還", "兩岸猿聲啼不住", "輕舟已過萬重山"} // 李白, 早發白帝城
	quietNight   = []string{"牀前看月光", "疑是地上霜", "舉頭望山月", "低頭思故鄉"}         // 李白, 靜夜思
	storkTower   = []string{"白日依山盡", "黃河入海流", "欲窮千里目", "更上一層樓"}         // 王之渙, 登鸛雀樓
)

// with returns the poem with another character at a place.
func with(lines []string, p Place, char rune) []string {
	changed := slices.Clone(lines)
	line := []rune(changed[p.Line])
	line[p.Column] = char
	changed[p.Line] = string(line)
	return changed
}

// failed returns the checks that are not OK.
func failed(v Verse) []Check {
	return slices.DeleteFunc(slices.Clone(v.Checks), func(c Check) bool { return c.OK })
}

func TestPerfectVerse(t *testing.T) {
	v := Regulated(whiteEmperor)
	if v.Form != 7 || v.Points != 18 || v.Worth() != 18 || !v.Perfect() || v.Score() != 1 || v.Rhyme != "平刪" {
		t.Errorf("朝辭白帝彩雲間: %+v", v)
	}
	text := ""
	for _, tone := range v.Tones[2] {
		text += tone.String()
	}
	if text != "仄仄平平平通仄" {
		t.Errorf("兩岸猿聲啼不住 is %s", text)
	}
	v = Regulated(storkTower)
	if v.Form != 5 || v.Points != 14 || v.Worth() != 14 || !v.Perfect() || v.Rhyme != "平尤" {
		t.Errorf("白日依山盡: %+v", v)
	}
}

// TestOldStyleVerse: 靜夜思 is older in style. 是 and 上 in line 2 are both oblique, 頭 and 山 in
// line 3 both level; the same 頭 opens both lines of the second couplet, and 頭 does not adhere
// to 是.
func TestOldStyleVerse(t *testing.T) {
	v := Regulated(quietNight)
	want := []Check{
		{Rule: Alternation, A: Place{1, 1}, B: Place{1, 3}, Points: 1},
		{Rule: Alternation, A: Place{2, 1}, B: Place{2, 3}, Points: 1},
		{Rule: Opposition, A: Place{2, 1}, B: Place{3, 1}, Points: 1},
		{Rule: Adhesion, A: Place{1, 1}, B: Place{2, 1}, Points: 1},
	}
	if got := failed(v); !slices.Equal(got, want) || v.Points != 10 || v.Rhyme != "平陽" {
		t.Errorf("%d points, rhyme %s, failed %+v; want 10, 平陽, %+v", v.Points, v.Rhyme, got, want)
	}
}

func TestEachRule(t *testing.T) {
	for _, c := range []struct {
		place Place
		char  rune
		want  []Check
		rhyme Rhyme
	}{
		// 聲 to 月, oblique like 岸; 不 can be level.
		{Place{2, 3}, '月', []Check{{Rule: Alternation, A: Place{2, 1}, B: Place{2, 3}, Points: 1}}, "平刪"},
		// 住 to 流, a level tone.
		{Place{2, 6}, '流', []Check{{Rule: Ending, A: Place{2, 6}, B: Place{2, 6}, Points: 1}}, "平刪"},
		// 山 to 流: of another rhyme.
		{Place{3, 6}, '流', []Check{{Rule: Rhyming, A: Place{1, 6}, B: Place{3, 6}, Points: 4}}, ""},
		// 山 to 還: the same character twice.
		{Place{3, 6}, '還', []Check{{Rule: Rhyming, A: Place{1, 6}, B: Place{3, 6}, Points: 4}}, ""},
		// 山 to 月: neither level nor of the rhyme.
		{Place{3, 6}, '月', []Check{{Rule: Ending, A: Place{3, 6}, B: Place{3, 6}, Points: 1}, {Rule: Rhyming, A: Place{1, 6}, B: Place{3, 6}, Points: 4}}, ""},
		// 辭 to 日 in line 1: does not alternate with 帝, nor oppose 里.
		{Place{0, 1}, '日', []Check{{Rule: Alternation, A: Place{0, 1}, B: Place{0, 3}, Points: 1}, {Rule: Opposition, A: Place{0, 1}, B: Place{1, 1}, Points: 1}}, "平刪"},
		// 岸 to 山 in line 3.
		{Place{2, 1}, '山', []Check{{Rule: Alternation, A: Place{2, 1}, B: Place{2, 3}, Points: 1}, {Rule: Opposition, A: Place{2, 1}, B: Place{3, 1}, Points: 1}, {Rule: Adhesion, A: Place{1, 1}, B: Place{2, 1}, Points: 1}}, "平刪"},
		// 辭 to a character the dictionary lacks.
		{Place{0, 1}, '鷥', []Check{{Rule: Alternation, A: Place{0, 1}, B: Place{0, 3}, Points: 1}, {Rule: Opposition, A: Place{0, 1}, B: Place{1, 1}, Points: 1}}, "平刪"},
		// 岸 to 重, which is what it must be.
		{Place{2, 1}, '重', nil, "平刪"},
		// 猿, at an odd place, is free.
		{Place{2, 2}, '月', nil, "平刪"},
	} {
		v := Regulated(with(whiteEmperor, c.place, c.char))
		points := 18
		for _, check := range c.want {
			points -= check.Points
		}
		if got := failed(v); !slices.Equal(got, c.want) || v.Points != points || v.Rhyme != c.rhyme || v.Perfect() != (points == 18) {
			t.Errorf("%c at %v: %d points, rhyme %q, failed %+v; want %d, %q, %+v", c.char, c.place, v.Points, v.Rhyme, got, points, c.rhyme, c.want)
		}
	}
}

func TestBadFormat(t *testing.T) {
	for _, lines := range [][]string{
		nil, {}, whiteEmperor[:3], append(slices.Clone(whiteEmperor), "輕舟已過萬重山"),
		{"朝辭白帝彩雲間", "千里江陵一日還", "兩岸猿聲啼不住", "輕舟已過萬重"},
		{"朝辭白帝彩雲", "千里江陵一日", "兩岸猿聲啼不", "輕舟已過萬重"},
		{"朝辭白帝彩雲，", "千里江陵一日還", "兩岸猿聲啼不住", "輕舟已過萬重山"},
		{"Chaoci!", "千里江陵一日還", "兩岸猿聲啼不住", "輕舟已過萬重山"},
		{"朝辭白帝彩雲\xff", "千里江陵一日還", "兩岸猿聲啼不住", "輕舟已過萬重山"},
		{"", "", "", ""},
	} {
		if v := Regulated(lines); v.Form != 0 || v.Score() != 0 || v.Perfect() || v.Worth() != 0 || v.Wild() != 0 {
			t.Errorf("%q: %+v", lines, v)
		}
		if j := (Referee{}).Judge(lines, []Theme{"江"}); j.Score != BadFormat || j.Hits != 0 {
			t.Errorf("%q: %+v", lines, j)
		}
	}
}

// heldoutSevens returns the poems of seven characters a line that are held out.
func heldoutSevens() []poems.Poem {
	_, heldout := poems.Split(poems.Load())
	return slices.DeleteFunc(heldout, func(p poems.Poem) bool { return p.Form != 7 })
}

// TestRealVerse: poets keep nearly all rules, their characters in another order do not.
func TestRealVerse(t *testing.T) {
	r := tensor.NewRNG(tensor.NewStream(1, "shuffled", 0))
	real, shuffled, perfect, duplicates := 0.0, 0.0, 0.0, 0.0
	sevens := heldoutSevens()
	n := float64(len(sevens))
	for _, p := range sevens {
		v := Regulated(p.Lines[:])
		real += v.Score() / n
		if v.Perfect() {
			perfect += 1 / n
		}
		duplicates += float64(Duplicates(p.Lines[:])) / n
		text := []rune(strings.Join(p.Lines[:], ""))
		for i := len(text) - 1; i > 0; i-- {
			j := r.IntN(i + 1)
			text[i], text[j] = text[j], text[i]
		}
		shuffled += Regulated([]string{string(text[:7]), string(text[7:14]), string(text[14:21]), string(text[21:])}).Score() / n
	}
	if math.Abs(real-0.9646) > 1e-4 || math.Abs(perfect-0.758) > 5e-4 || math.Abs(duplicates-0.75) > 5e-3 {
		t.Errorf("real poems score %.4f, %.4f are perfect, %.3f characters are repeated; want 0.9646, 0.758, 0.75", real, perfect, duplicates)
	}
	if shuffled < 0.4 || shuffled > 0.6 {
		t.Errorf("shuffled characters score %.3f, want about 0.5", shuffled)
	}
}
