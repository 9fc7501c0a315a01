package poet

import (
	"math"
	"slices"
	"testing"

	"inkstone/tensor"
	"inkstone/train"
	"inkstone/train/poems"
	"inkstone/train/prosody"
)

// TestLesson: each token's weight.
func TestLesson(t *testing.T) {
	v, learn, _ := corpus()
	for _, c := range []struct {
		line    string
		themes  []prosody.Theme
		weights []float32
	}{
		{"馬上相逢無紙筆", []prosody.Theme{"鄉"}, []float32{
			0, 0, 0,
			4, 4, 1, 1, 1, 1, 1, 1, // 故園 speaks of home
			1, 1, 1, 1, 1, 1, 1, 1,
			1, 1, 1, 1, 1, 1, 1, 1,
			1, 1, 1, 1, 1, 1, 1, 1}},
		{"不教胡馬度陰山", []prosody.Theme{"山", "塞"}, []float32{
			0, 0, 0,
			1, 1, 1, 1, 1, 1, 1, 1, // the moon was not asked for
			1, 1, 1, 1, 1, 1, 1, 1,
			1, 1, 1, 1, 1, 1, 1, 1,
			1, 1, 4, 1, 1, 4, 4, 1}}, // 胡, and 陰山 and its 山, which overlap
		{"不教胡馬度陰山", []prosody.Theme{"山"}, []float32{
			0, 0, 0,
			1, 1, 1, 1, 1, 1, 1, 1,
			1, 1, 1, 1, 1, 1, 1, 1,
			1, 1, 1, 1, 1, 1, 1, 1,
			1, 1, 1, 1, 1, 1, 4, 1}},
		{"春眠不覺曉", nil, []float32{
			0, 0, 0,
			1, 1, 1, 1, 1, 1,
			1, 1, 1, 1, 1, 1,
			1, 1, 1, 1, 1, 1,
			1, 1, 1, 1, 1, 1}},
	} {
		p := find(t, learn, c.line)
		e := v.Lesson(Task{Themes: c.themes, Form: p.Form}, p, 4)
		if !slices.Equal(e.IDs, v.Row(p, c.themes...)) {
			t.Errorf("%s on %v is shown as %s", p.Title, c.themes, v.text(e.IDs))
		}
		if !slices.Equal(e.Weights, c.weights) {
			t.Errorf("%s on %v weighs\n%v, want\n%v", p.Title, c.themes, e.Weights, c.weights)
		}
	}
}

// TestLessonUnknown: a character outside the vocabulary weighs nothing, also in a word that
// shows the theme.
func TestLessonUnknown(t *testing.T) {
	p := poems.Poem{Form: 5, Lines: [4]string{"始下芙蓉樓", "言發瑯琊岸", "急爲打船開", "惡許傍人見"}}
	known := p
	known.Lines[0], known.Lines[1] = "始下芙芙樓", "花花花花岸"
	v := NewVocabulary([]poems.Poem{known, known})
	want := []float32{0, 0, 0, 1, 1, 4, 0, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}
	if e := v.Lesson(Task{Themes: []prosody.Theme{"花"}, Form: 5}, p, 4); !slices.Equal(e.Weights, want) {
		t.Errorf("%s weighs\n%v, want\n%v", v.text(e.IDs), e.Weights, want)
	}
}

// TestLessonThemes: what is asked for is in the poem and changes from epoch to epoch; two
// themes are asked for in 60 % of the lessons in which they can be, in either order, and never
// a pair that is kept for the exam.
func TestLessonThemes(t *testing.T) {
	v, learn, _ := corpus()
	l := NewLessons(v, learn, 32, 8, 4, 1)
	all := prosody.AllThemes()
	kept := map[prosody.Pair]bool{}
	_, heldout := prosody.Pairs()
	for _, p := range heldout {
		kept[p], kept[prosody.Pair{p[1], p[0]}] = true, true
	}
	able, pairs, ordered, changed, again := 0, 0, 0, 0, 0
	before := map[int][]prosody.Theme{}
	for step := range 3 * l.PerEpoch() {
		rows, _ := l.deck.batch(step)
		for i, e := range l.Examples(step) {
			row := rows[i]
			task, err := v.ReadTask(e.IDs[:prefix])
			if err != nil {
				t.Fatal(err)
			}
			asked, themes := task.Themes, l.themes[row]
			for _, a := range asked {
				if !slices.Contains(themes, a) {
					t.Fatalf("%v speaks of %v and is shown for %v", l.poems[row].Lines, themes, asked)
				}
			}
			if l.plain[row] {
				if len(asked) != 0 || !l.poems[row].Famous {
					t.Fatalf("a plain lesson, famous: %v, asks for %v", l.poems[row].Famous, asked)
				}
				continue
			}
			if len(asked) == 0 || len(asked) == 2 && (asked[0] == asked[1] || kept[prosody.Pair(asked)]) {
				t.Fatalf("a lesson asks for %v", asked)
			}
			if !slices.ContainsFunc(themes, func(a prosody.Theme) bool {
				return slices.ContainsFunc(themes, func(b prosody.Theme) bool { return a != b && !kept[prosody.Pair{a, b}] })
			}) {
				continue
			}
			able++
			if len(asked) == 2 {
				pairs++
				if slices.Index(all, asked[0]) < slices.Index(all, asked[1]) {
					ordered++
				}
			}
			if old, ok := before[row]; ok {
				again++
				if !slices.Equal(old, asked) {
					changed++
				}
			}
			before[row] = asked
		}
	}
	if able < 10000 || again < 6000 {
		t.Fatalf("%d lessons could ask for two themes, %d of them shown before", able, again)
	}
	near := func(what string, n, of int, want, within float64) {
		if share := float64(n) / float64(of); math.Abs(share-want) > within {
			t.Errorf("%s in %d of %d, %.3f, want %.2f", what, n, of, share, want)
		}
	}
	near("two themes", pairs, able, 0.6, 0.02)
	near("two themes in the order of AllThemes", ordered, pairs, 0.5, 0.02)
	if changed < again/2 {
		t.Errorf("only %d of %d lessons ask for something else than the epoch before", changed, again)
	}
}

// TestLessonsFamous: a famous poem comes with its themes as often as without, one that has
// none only without; other poems come once if they have a theme.
func TestLessonsFamous(t *testing.T) {
	v, learn, _ := corpus()
	with, without := find(t, learn, "舉頭望山月"), find(t, learn, "可憐夜半虛前席")
	var ordinary, silent poems.Poem
	for _, p := range learn {
		switch n := len(prosody.Themes(p.Lines[:])); {
		case p.Famous:
		case n > 0:
			ordinary = p
		default:
			silent = p
		}
	}
	l := NewLessons(v, []poems.Poem{with, without, ordinary, silent}, 1, 8, 4, 1)
	counts := map[string][2]int{}
	for step := range l.PerEpoch() {
		e := l.Examples(step)[0]
		task, err := v.ReadTask(e.IDs[:prefix])
		if err != nil {
			t.Fatal(err)
		}
		c := counts[v.text(e.IDs[prefix:])]
		c[min(len(task.Themes), 1)]++
		counts[v.text(e.IDs[prefix:])] = c
	}
	for _, c := range []struct {
		poem poems.Poem
		want [2]int // without themes, with
	}{{with, [2]int{4, 4}}, {without, [2]int{4, 0}}, {ordinary, [2]int{0, 1}}, {silent, [2]int{0, 0}}} {
		if got := counts[v.text(v.Row(c.poem)[prefix:])]; got != c.want {
			t.Errorf("%v came %d times without themes and %d times with, want %v", c.poem.Lines, got[0], got[1], c.want)
		}
	}
}

// TestLessonBatches: a batch has poems of one form and is the same whatever was asked for
// before it; every row comes once an epoch, in another order the next.
func TestLessonBatches(t *testing.T) {
	v, learn, _ := corpus()
	same := func(a, b []train.Example) bool {
		return slices.EqualFunc(a, b, func(x, y train.Example) bool {
			return slices.Equal(x.IDs, y.IDs) && slices.Equal(x.Weights, y.Weights)
		})
	}
	l, other := NewLessons(v, learn[:2000], 16, 8, 4, 7), NewLessons(v, learn[:2000], 16, 8, 4, 8)
	n := l.PerEpoch()
	for _, step := range []int{2*n + 5, 0, n, n - 1, 3} {
		if !same(l.Examples(step), NewLessons(v, learn[:2000], 16, 8, 4, 7).Examples(step)) {
			t.Errorf("step %d depends on the steps before", step)
		}
		if same(l.Examples(step), other.Examples(step)) {
			t.Errorf("step %d does not depend on the seed", step)
		}
	}
	if same(l.Examples(0), l.Examples(n)) {
		t.Error("two epochs begin alike")
	}
	forms := map[int]bool{}
	for step := range n {
		batch := l.Examples(step)
		if len(batch) != 16 {
			t.Fatalf("step %d has %d examples, want 16", step, len(batch))
		}
		for _, e := range batch {
			if forms[len(e.IDs)] = true; len(e.IDs) != len(batch[0].IDs) {
				t.Fatalf("step %d has examples of %d and %d tokens", step, len(batch[0].IDs), len(e.IDs))
			}
		}
	}
	if len(forms) != 2 {
		t.Errorf("lengths %v, want two", forms)
	}
}

// TestDeck: each epoch deals all rows but a remainder of each form that fills no batch.
func TestDeck(t *testing.T) {
	forms := make([]int, 100)
	for i := range forms {
		forms[i] = 5 + 2*(i%3/2) // 67 of 5, 33 of 7
	}
	d := newDeck(forms, 8, 3, "deck")
	if d.perEpoch != 67/8+33/8 {
		t.Fatalf("%d batches an epoch, want 12", d.perEpoch)
	}
	missed := map[int]int{}
	for epoch := range 40 {
		seen := map[int]bool{}
		for k := range d.perEpoch {
			rows, e := d.batch(epoch*d.perEpoch + k)
			if e != epoch || len(rows) != 8 {
				t.Fatalf("a batch of %d rows in epoch %d, want 8 in %d", len(rows), e, epoch)
			}
			for _, r := range rows {
				if seen[r] || forms[r] != forms[rows[0]] {
					t.Fatalf("epoch %d, batch %v: row %d is of another form or was there", epoch, rows, r)
				}
				seen[r] = true
			}
		}
		for i := range forms {
			if !seen[i] {
				missed[i]++
			}
		}
	}
	for i, n := range missed {
		if n > 20 {
			t.Errorf("row %d is left out of %d of 40 epochs", i, n)
		}
	}
}

// TestShuffle: every order is as likely.
func TestShuffle(t *testing.T) {
	counts := map[[3]int]int{}
	r := tensor.NewRNG(tensor.NewStream(1, "shuffle", 0))
	for range 6000 {
		x := [3]int{0, 1, 2}
		shuffle(r, x[:])
		counts[x]++
	}
	if len(counts) != 6 {
		t.Errorf("%d orders of three, want 6", len(counts))
	}
	for order, n := range counts {
		if n < 850 || n > 1150 {
			t.Errorf("%v came %d times in 6000, want about 1000", order, n)
		}
	}
}
