package poems

import (
	"index/suffixarray"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestSplitCounts(t *testing.T) {
	train, heldout := Split(Load())
	sevens, famous := 0, 0
	for _, p := range heldout {
		if p.Form == 7 {
			sevens++
		}
		if p.Famous {
			t.Errorf("%s %s is famous and held out", p.ID, p.Title)
		}
	}
	for _, p := range train {
		if p.Famous {
			famous++
		}
	}
	// 401 poems are drawn, 42 of them nearly repeat a training poem.
	if len(train) != 14127-401 || len(heldout) != 359 || sevens != 273 || famous != 108 {
		t.Errorf("train %d (famous %d), held out %d (of 7: %d); want 13726 (108), 359 (273)",
			len(train), famous, len(heldout), sevens)
	}
}

// TestSplitShares looks for repetitions its own way: by searching the training
// text for every line and every run of four of a held-out poem.
func TestSplitShares(t *testing.T) {
	train, heldout := Split(Load())
	var text strings.Builder
	for _, p := range train {
		text.WriteString("/" + strings.Join(p.Lines[:], "/") + "/")
	}
	index := suffixarray.New([]byte(text.String()))
	has := func(s string) bool { return len(index.Lookup([]byte(s), 1)) > 0 }
	for _, p := range heldout {
		shared := 0
		for _, l := range p.Lines {
			if has("/" + l + "/") {
				t.Errorf("%s: line %s is in the training poems", p.ID, l)
			}
			for i := 0; i+12 <= len(l); i += 3 { // a character of the corpus is 3 bytes
				if has(l[i : i+12]) {
					shared++
				}
			}
		}
		if shared > 2 {
			t.Errorf("%s shares %d runs of four characters with the training poems", p.ID, shared)
		}
	}
}

func TestSplitIgnoresOrder(t *testing.T) {
	all := Load()
	_, want := Split(all)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	_, got := Split(all)
	slices.SortFunc(got, func(a, b Poem) int { return strings.Compare(a.ID, b.ID) })
	if !slices.Equal(got, want) {
		t.Error("another order of the poems holds out others")
	}
}

func TestFamous(t *testing.T) {
	train, _ := Split(Load())
	famous := Famous(train, 20)
	openings := map[string]bool{}
	for i, p := range famous {
		openings[p.Lines[0]] = true
		if !p.Famous || i > 0 && p.Hits > famous[i-1].Hits {
			t.Errorf("place %d: %+v", i, p)
		}
	}
	if len(famous) != 20 || len(openings) != 20 || famous[0].Title != "江雪" || !openings["牀前看月光"] {
		t.Errorf("%d poems with %d first lines, from %s on", len(famous), len(openings), famous[0].Title)
	}
	if n := len(Famous(train, 1000)); n < 100 || n > 108 {
		t.Errorf("asked for 1000: %d", n)
	}
}
