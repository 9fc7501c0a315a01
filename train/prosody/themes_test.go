package prosody

import (
	"math"
	"slices"
	"testing"

	"inkstone/train/poems"
)

func TestMentions(t *testing.T) {
	got := Mentions([]string{"故園東望路漫漫", "雙袖龍鍾淚不乾", "馬上相逢無紙筆", "憑君傳語報平安"})
	if want := []Mention{{"鄉", Place{0, 0}, 2}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	got = Mentions([]string{"秦時明月漢時關", "萬里長征人未還", "但使龍城飛將在", "不教胡馬度陰山"})
	if want := []Mention{{"月", Place{0, 3}, 1}, {"塞", Place{3, 2}, 1}, {"塞", Place{3, 5}, 2}, {"山", Place{3, 6}, 1}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestThemes(t *testing.T) {
	if got, want := Themes(quietNight), []Theme{"月", "山", "鄉"}; !slices.Equal(got, want) {
		t.Errorf("靜夜思 has the themes %v, want %v", got, want)
	}
	// A word stands within a line: 芳 ends one here and 菲 opens the next.
	if Hit("春", []string{"一一一一芳", "菲一一一一"}) || !Hit("春", []string{"一一一芳菲"}) {
		t.Error("芳菲")
	}
	for _, theme := range AllThemes() {
		if got := Hit(theme, quietNight); got != slices.Contains(Themes(quietNight), theme) {
			t.Errorf("Hit(%s) = %v", theme, got)
		}
		if !Hit(theme, []string{string(theme)}) {
			t.Errorf("%s does not speak of itself", theme)
		}
	}
}

// TestPairs: the split is of all pairs, and every theme is in both parts.
func TestPairs(t *testing.T) {
	train, heldout := Pairs()
	if len(train) != 155 || len(heldout) != 35 {
		t.Fatalf("%d pairs to learn from and %d to be examined on, want 155 and 35", len(train), len(heldout))
	}
	all := AllThemes()
	in := func(pairs []Pair, theme Theme) int {
		n := 0
		for _, p := range pairs {
			if slices.Index(all, p[0]) >= slices.Index(all, p[1]) {
				t.Errorf("%v is out of order", p)
			}
			if slices.Contains(p[:], theme) {
				n++
			}
		}
		return n
	}
	for _, theme := range all {
		a, b := in(train, theme), in(heldout, theme)
		if a+b != 19 || b < 2 {
			t.Errorf("%s: %d pairs to learn from, %d to be examined on", theme, a, b)
		}
	}
}

// TestThemesOfPoems: four poems in five have a theme, and one of the pairs that models are
// examined on is in a poem by chance at a rate of a tenth.
func TestThemesOfPoems(t *testing.T) {
	train, _ := poems.Split(poems.Load())
	_, pairs := Pairs()
	themed, sevens := 0, 0
	counts := map[Theme]int{}
	words := map[string]bool{}
	for _, p := range train {
		found := Themes(p.Lines[:])
		if len(found) > 0 {
			themed++
		}
		for _, m := range Mentions(p.Lines[:]) {
			words[string([]rune(p.Lines[m.Place.Line])[m.Place.Column:m.Place.Column+m.Length])] = true
		}
		if p.Form == 7 {
			sevens++
			for _, theme := range found {
				counts[theme]++
			}
		}
	}
	if math.Abs(float64(themed)/10934-1) > 0.02 {
		t.Errorf("%d of %d poems have a theme", themed, len(train))
	}
	rate := 0.0
	for _, p := range pairs {
		rate += float64(counts[p[0]]+counts[p[1]]) / float64(2*sevens*len(pairs))
	}
	if rate < 0.085 || rate > 0.105 {
		t.Errorf("a poem has a theme of a held-out pair at a rate of %.3f", rate)
	}
	for _, theme := range themes {
		for _, text := range theme.words {
			if !words[text] {
				t.Errorf("%s: no poem has the word %s", theme.name, text)
			}
		}
	}
}
