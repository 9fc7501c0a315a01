package poet

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"math"
	"reflect"
	"slices"
	"testing"

	"inkstone/nn"
	"inkstone/tensor"
	"inkstone/train"
	"inkstone/train/poems"
	"inkstone/train/prosody"
)

// untrained returns a small model that writes what chance gives it.
func untrained(t *testing.T, v *Vocabulary) nn.Model {
	t.Helper()
	m, err := nn.New(&nn.Config{ModelType: nn.GPT2Type, Vocab: v.Size(), Context: RowLen(7), Channels: 16, Layers: 1, Heads: 1, KVHeads: 1, HeadSize: 16,
		Hidden: 16, Activation: "gelu_new", NormEps: 1e-5, TiedHead: true, InitStd: 0.02, BOS: -1, EOS: -1}, tensor.Float32, 1)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// pairOf returns a task's themes in the order of AllThemes.
func pairOf(task Task) prosody.Pair {
	all := prosody.AllThemes()
	p := prosody.Pair(task.Themes)
	if slices.Index(all, p[0]) > slices.Index(all, p[1]) {
		p[0], p[1] = p[1], p[0]
	}
	return p
}

// TestTasks: the exam asks for the pairs that are kept for it, in turn; practice never does,
// but for every other pair, in either order, and for single themes.
func TestTasks(t *testing.T) {
	learn, heldout := prosody.Pairs()
	for i, task := range ExamTasks(80) {
		if pairOf(task) != heldout[i%35] || task.Form != 7 {
			t.Errorf("task %d of the exam is %v, want %v", i, task, heldout[i%35])
		}
	}
	const n = 8000
	single, turned := map[prosody.Theme]int{}, 0
	pairs := map[prosody.Pair]int{}
	for i := range n {
		task := PracticeTask(tensor.NewStream(3, "practice", i))
		if len(task.Themes) == 1 {
			single[task.Themes[0]]++
			continue
		}
		p := pairOf(task)
		pairs[p]++
		if p != prosody.Pair(task.Themes) {
			turned++
		}
	}
	for _, p := range heldout {
		if pairs[p] > 0 {
			t.Errorf("%v, which is kept for the exam, is practised %d times", p, pairs[p])
		}
	}
	if len(pairs) != len(learn) || len(single) != 20 {
		t.Errorf("practice asks for %d pairs and %d single themes, want %d and 20", len(pairs), len(single), len(learn))
	}
	singles := 0
	for k := range maps.Values(single) {
		singles += k
	}
	if share := float64(singles) / n; math.Abs(share-0.2) > 0.02 {
		t.Errorf("%.3f of the practice is for single themes, want 0.2", share)
	}
	if share := float64(turned) / float64(n-singles); math.Abs(share-0.5) > 0.03 {
		t.Errorf("%.3f of the pairs are turned round, want 0.5", share)
	}
}

// TestReadTask: a task is what its prompt asks for.
func TestReadTask(t *testing.T) {
	v, _, _ := corpus()
	tasks := append(ExamTasks(35), Task{Form: 5}, Task{Form: 7}, Task{Themes: []prosody.Theme{"古"}, Form: 5}, Task{Themes: []prosody.Theme{"山", "月"}, Form: 5})
	for i := range 50 {
		tasks = append(tasks, PracticeTask(tensor.NewStream(1, "read", i)))
	}
	for _, want := range tasks {
		got, err := v.ReadTask(v.Prompt(want.Form, want.Themes...))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v is read as %v (%v)", want, got, err)
		}
	}
	for _, bad := range [][]int32{nil, v.Prompt(7)[:2], append(v.Prompt(7), v.ID("月"))} {
		if _, err := v.ReadTask(bad); err == nil {
			t.Errorf("%d tokens were read as a task", len(bad))
		}
	}
}

// TestCompose: each poem has the length of its form and hangs on its own number alone.
func TestCompose(t *testing.T) {
	v, _, _ := corpus()
	m := untrained(t, v)
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	tasks := []Task{{Themes: []prosody.Theme{"月"}, Form: 5}, {Themes: []prosody.Theme{"月", "山"}, Form: 7}, {Form: 5}}
	compose := func(tasks []Task, seed uint64, purpose string) []*train.Episode {
		poems, err := Compose(t.Context(), m, cpu, v, tasks, seed, purpose)
		if err != nil {
			t.Fatal(err)
		}
		return poems
	}
	all := compose(tasks, 1, "test")
	for i, e := range all {
		if !slices.Equal(e.Prompt, v.Prompt(tasks[i].Form, tasks[i].Themes...)) || len(e.Answer) != PoemLen(tasks[i].Form) {
			t.Errorf("task %v: %d tokens to %s, want %d", tasks[i], len(e.Answer), v.text(e.Prompt), PoemLen(tasks[i].Form))
		}
	}
	if slices.Equal(all[0].Answer, all[2].Answer) {
		t.Error("two poems are the same")
	}
	if alone := compose(tasks[:1], 1, "test"); !reflect.DeepEqual(alone[0], all[0]) {
		t.Errorf("alone the poem is %s, among others %s", v.text(alone[0].Answer), v.text(all[0].Answer))
	}
	for _, other := range [][]*train.Episode{compose(tasks, 2, "test"), compose(tasks, 1, "exam")} {
		if slices.Equal(other[0].Answer, all[0].Answer) {
			t.Error("another seed or purpose gives the same poem")
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Compose(ctx, m, cpu, v, tasks, 1, "test"); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled composition ends with %v", err)
	}
}

// TestRefereeReward: the reward is the referee's score, that of a bad format included.
func TestRefereeReward(t *testing.T) {
	v, learn, heldout := corpus()
	referee := prosody.Referee{Corpus: prosody.NewCorpus(learn[:100])}
	var episodes []*train.Episode
	add := func(task Task, p poems.Poem) {
		episodes = append(episodes, &train.Episode{Prompt: v.Prompt(task.Form, task.Themes...), Answer: v.Row(p)[prefix:]})
	}
	for _, p := range append(slices.Clone(learn[:20]), heldout[:20]...) {
		add(Task{Themes: []prosody.Theme{"山", "月"}, Form: p.Form}, p)
	}
	add(Task{Form: 5}, find(t, learn, "不教胡馬度陰山"))
	if err := v.RefereeReward(referee)(episodes); err != nil {
		t.Fatal(err)
	}
	judgements, err := v.Judge(referee, episodes)
	if err != nil {
		t.Fatal(err)
	}
	rewards := map[float64]bool{}
	for i, e := range episodes {
		task, err := v.ReadTask(e.Prompt)
		if err != nil {
			t.Fatal(err)
		}
		want := referee.Judge(v.Poem(e.Answer, task.Form), task.Themes)
		if e.Reward != want.Score || !reflect.DeepEqual(judgements[i], want) {
			t.Errorf("reward %v, judgement %v, want %v", e.Reward, judgements[i].Score, want.Score)
		}
		rewards[e.Reward] = true
	}
	if len(rewards) < 10 || episodes[40].Reward != prosody.BadFormat {
		t.Errorf("%d different rewards; a poem of the wrong form gets %v", len(rewards), episodes[40].Reward)
	}
	if err := v.RefereeReward(referee)([]*train.Episode{{Prompt: []int32{1}, Answer: []int32{2}}}); err == nil {
		t.Error("a prompt that is no task was rewarded")
	}
}

// sevens returns poems of seven characters a line without unknown ones.
func sevens(v *Vocabulary, all []poems.Poem) []poems.Poem {
	var found []poems.Poem
	for _, p := range all {
		if p.Form == 7 && v.Poem(v.Row(p)[prefix:], 7) != nil {
			found = append(found, p)
		}
	}
	return found
}

// ranked has a companion rank poems of people in the place of a model's: one that speaks of
// the task's theme, two others, and one that is scrambled.
func ranked(t *testing.T, c *Companion, all []poems.Poem, n int) []Ranked {
	t.Helper()
	var rankings []Ranked
	for i := range n {
		r := tensor.NewRNG(tensor.NewStream(5, "answers", i))
		var answers [][]int32
		for range 4 {
			answers = append(answers, c.Vocabulary.Row(all[r.IntN(len(all))])[prefix:])
		}
		answers[3] = scramble(r, answers[3], 7)
		x, err := c.rank(tensor.NewStream(c.Seed, "mood", i), Task{Themes: prosody.Themes(all[i].Lines[:])[:1], Form: 7}, answers)
		if err != nil {
			t.Fatal(err)
		}
		rankings = append(rankings, x)
	}
	return rankings
}

// TestCompanionsMood: in a good mood the companion ranks as the referee does; otherwise two
// answers change places as often as the normal distribution says of the difference of their
// scores, which with a deviation of 0.1 is in a twentieth of the pairs or so.
func TestCompanionsMood(t *testing.T) {
	v, learn, heldout := corpus()
	all := sevens(v, heldout)
	all = slices.DeleteFunc(all, func(p poems.Poem) bool { return len(prosody.Themes(p.Lines[:])) == 0 })
	c := &Companion{Vocabulary: v, Corpus: prosody.NewCorpus(learn[:200]), Seed: 1}
	for _, x := range ranked(t, c, all, 100) {
		if !slices.IsSortedFunc(x.Truth, func(a, b float64) int { return cmp.Compare(b, a) }) {
			t.Errorf("true scores %v are out of order without noise", x.Truth)
		}
	}
	c.Noise = 0.1
	flips, want, variance, pairs := 0.0, 0.0, 0.0, 0.0
	rankings := ranked(t, c, all, 180)
	for _, x := range rankings {
		for i, a := range x.Truth {
			for _, b := range x.Truth[i+1:] {
				if a == b {
					continue
				}
				p := 0.5 * math.Erfc(math.Abs(a-b)/(2*c.Noise))
				want, variance, pairs = want+p, variance+p*(1-p), pairs+1
				if a < b {
					flips++
				}
			}
		}
	}
	if math.Abs(flips-want) > 4*math.Sqrt(variance) {
		t.Errorf("%.0f of %.0f pairs changed places, want %.0f ± %.0f", flips, pairs, want, math.Sqrt(variance))
	}
	if share := flips / pairs; share < 0.02 || share > 0.12 {
		t.Errorf("%.3f of the pairs changed places", share)
	}
	if _, _, agreement := ClearAccuracy(scoresAsRanked(rankings), rankings, 0.6); math.Abs(agreement-(1-flips/pairs)) > 1e-12 {
		t.Errorf("agreement is %v, want %v", agreement, 1-flips/pairs)
	}
}

// scoresAsRanked returns scores that agree with every ranking.
func scoresAsRanked(ranked []Ranked) [][]float64 {
	scores := make([][]float64, len(ranked))
	for i, r := range ranked {
		for k := range r.Truth {
			scores[i] = append(scores[i], float64(-k))
		}
	}
	return scores
}

// TestCompanionsCharge: a poet is not charged for being in the corpus, whoever copies is; an
// answer that is there twice counts once.
func TestCompanionsCharge(t *testing.T) {
	v, learn, _ := corpus()
	p, q := find(t, learn, "朝辭白帝彩雲間"), find(t, learn, "不教胡馬度陰山")
	c := &Companion{Vocabulary: v, Corpus: prosody.NewCorpus([]poems.Poem{p, q}), Seed: 1}
	task := Task{Themes: []prosody.Theme{"山"}, Form: 7}
	a, b := v.Row(p)[prefix:], v.Row(q)[prefix:]
	got, err := c.rank(tensor.Stream{}, task, [][]int32{a, b, a, b})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Answers) != 2 || !slices.Equal(got.Prompt, v.Prompt(7, "山")) {
		t.Fatalf("%d answers are ranked to %s, want 2", len(got.Answers), v.text(got.Prompt))
	}
	for i, answer := range got.Answers {
		poem, charge := p, 0.0
		if slices.Equal(answer, b) {
			poem, charge = q, 4*0.3
		}
		if want := (prosody.Referee{}).Judge(poem.Lines[:], task.Themes).Score - charge; math.Abs(got.Truth[i]-want) > 1e-9 {
			t.Errorf("%s scores %v, want %v", poem.Title, got.Truth[i], want)
		}
	}
}

// TestCompanion: four answers, two of the model, hang on the seed and the number of the task
// alone; the tasks are for practice and the poet's poem speaks of what was asked.
func TestCompanion(t *testing.T) {
	v, learn, _ := corpus()
	m := untrained(t, v)
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	human := sevens(v, learn)[:3000]
	rank := func(n int, seed uint64, purpose string) []Ranked {
		c := &Companion{Vocabulary: v, Corpus: prosody.NewCorpus(nil), Human: human, Noise: 0.1, Seed: seed}
		var told [][2]int
		all, err := c.Rank(t.Context(), m, cpu, n, purpose, func(done, total int) { told = append(told, [2]int{done, total}) })
		if err != nil {
			t.Fatal(err)
		}
		if len(all) != n || told[len(told)-1] != [2]int{n, n} {
			t.Fatalf("%d rankings and %v of progress, want %d", len(all), told, n)
		}
		return all
	}
	many := rank(together+2, 1, "test")
	if a, b := many[0].Prompt, many[together].Prompt; slices.Equal(a, b) && slices.Equal(many[1].Prompt, many[together+1].Prompt) {
		t.Errorf("the tasks begin again after %d", together)
	}
	all := rank(12, 1, "test")
	if again := rank(12, 1, "test"); !reflect.DeepEqual(all, again) {
		t.Error("the same seed gives other rankings")
	}
	if fewer := rank(5, 1, "test"); !reflect.DeepEqual(fewer, all[:5]) {
		t.Error("the first rankings change with their number")
	}
	if reflect.DeepEqual(rank(5, 2, "test"), all[:5]) || reflect.DeepEqual(rank(5, 1, "exam"), all[:5]) {
		t.Error("another seed or purpose gives the same rankings")
	}
	rows := map[string]poems.Poem{}
	for _, p := range human {
		rows[v.text(v.Row(p)[prefix:])] = p
	}
	for _, r := range Rankings(all) {
		if err := r.Check(v.Size(), RowLen(7)); err != nil || len(r.Answers) != 4 {
			t.Errorf("%d answers: %v", len(r.Answers), err)
		}
		task, err := v.ReadTask(r.Prompt)
		if err != nil {
			t.Fatal(err)
		}
		poets := 0
		for _, a := range r.Answers {
			if p, ok := rows[v.text(a)]; ok {
				poets++
				for _, theme := range task.Themes {
					if !prosody.Hit(theme, p.Lines[:]) {
						t.Errorf("to %v the companion shows %v", task.Themes, p.Lines)
					}
				}
			}
		}
		if poets != 1 || len(task.Themes) == 2 && examined(task.Themes[0], task.Themes[1]) {
			t.Errorf("%d poems of poets to %v", poets, task.Themes)
		}
	}
}

// TestCompanionInterrupted: ranking ends with its context.
func TestCompanionInterrupted(t *testing.T) {
	v, learn, _ := corpus()
	m := untrained(t, v)
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	c := &Companion{Vocabulary: v, Corpus: prosody.NewCorpus(nil), Human: learn[:500], Seed: 1}
	ctx, cancel := context.WithCancel(t.Context())
	done := 0
	all, err := c.Rank(ctx, m, cpu, 1000, "test", func(n, _ int) {
		done = n
		cancel()
	})
	if !errors.Is(err, context.Canceled) || all != nil || done != together {
		t.Errorf("%d rankings after %d, error %v", len(all), done, err)
	}
}

// TestLibrary: the poem with both themes, else with the first, else any; none of five
// characters a line.
func TestLibrary(t *testing.T) {
	poem := func(form int, line string) poems.Poem { return poems.Poem{Form: form, Lines: [4]string{line}} }
	both, moon, rain := poem(7, "一月一山一一一"), poem(7, "一月一一一一一"), poem(7, "一雨一一一一一")
	l := newLibrary([]poems.Poem{poem(5, "月山月山月"), both, moon, rain})
	for _, c := range []struct {
		themes []prosody.Theme
		want   []poems.Poem
	}{
		{[]prosody.Theme{"月", "山"}, []poems.Poem{both}},
		{[]prosody.Theme{"山", "月"}, []poems.Poem{both}},
		{[]prosody.Theme{"月"}, []poems.Poem{both, moon}},
		{[]prosody.Theme{"雨", "月"}, []poems.Poem{rain}},
		{[]prosody.Theme{"雪", "月"}, []poems.Poem{both, moon, rain}},
	} {
		seen := map[poems.Poem]bool{}
		r := tensor.NewRNG(tensor.NewStream(1, "library", 0))
		for range 100 {
			seen[l.pick(r, Task{Themes: c.themes, Form: 7})] = true
		}
		for _, p := range c.want {
			if !seen[p] {
				t.Errorf("%v: %v is never shown", c.themes, p.Lines)
			}
		}
		if len(seen) != len(c.want) {
			t.Errorf("%v: %d poems are shown, want %d", c.themes, len(seen), len(c.want))
		}
	}
}

// TestScramble: two lines have their own characters in another order, two are left alone, and
// so is the punctuation.
func TestScramble(t *testing.T) {
	v, learn, _ := corpus()
	for _, line := range []string{"朝辭白帝彩雲間", "春眠不覺曉"} {
		p := find(t, learn, line)
		poem := v.Row(p)[prefix:]
		touched := map[int]bool{}
		for i := range 20 {
			got := scramble(tensor.NewRNG(tensor.NewStream(1, "scramble", i)), poem, p.Form)
			if !slices.Equal(poem, v.Row(p)[prefix:]) {
				t.Fatal("the poem itself was changed")
			}
			changed := 0
			for k := range 4 {
				a, b := poem[k*(p.Form+1):(k+1)*(p.Form+1)], got[k*(p.Form+1):(k+1)*(p.Form+1)]
				if !slices.Equal(a, b) {
					changed++
					touched[k] = true
				}
				if !slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))) || b[p.Form] != a[p.Form] {
					t.Errorf("line %s became %s", v.text(a), v.text(b))
				}
			}
			if changed > 2 || changed == 0 {
				t.Errorf("%d lines of %s changed, want 2", changed, v.text(got))
			}
		}
		if len(touched) != 4 {
			t.Errorf("in 20 times only the lines %v were scrambled", touched)
		}
	}
	if got := scramble(tensor.NewRNG(tensor.Stream{}), []int32{7, 8}, 7); !slices.Equal(got, []int32{7, 8}) {
		t.Errorf("what is no poem became %v", got)
	}
}

// TestClearAccuracy: hand-made rankings.
func TestClearAccuracy(t *testing.T) {
	some := []Ranked{
		{Truth: []float64{2, 1, 1.25}},   // apart: 1, 0.75, and −0.25, where the companion was moody
		{Truth: []float64{1, 1, 0.5}},    // a tie and twice 0.5
		{Truth: []float64{0.25, 1.25}},   // −1: it was wrong about a clear pair
		{Truth: []float64{-1, -1, -1.5}}, // as the second
	}
	scores := [][]float64{{3, 2, 1}, {1, 2, 0}, {5, 4}, {0, 1, 2}}
	for _, c := range []struct {
		margin, accuracy float64
		pairs            int
	}{
		{1, 2. / 2, 2}, // the judge follows the companion, also where that was wrong
		{0.75, 3. / 3, 3},
		{0.5, 5. / 7, 7}, // both of the second ranking, none of the fourth
		{0.2, 6. / 8, 8},
		{2, 0, 0},
	} {
		accuracy, pairs, agreement := ClearAccuracy(scores, some, c.margin)
		if math.Abs(accuracy-c.accuracy) > 1e-12 || pairs != c.pairs {
			t.Errorf("from %v on: %v of %d pairs, want %v of %d", c.margin, accuracy, pairs, c.accuracy, c.pairs)
		}
		if want := 6. / 8; math.Abs(agreement-want) > 1e-12 { // a tie is no disagreement
			t.Errorf("agreement %v, want %v", agreement, want)
		}
	}
}

// TestShareOut: every twelfth poem is for the examiner, and every poem is for one of them.
func TestShareOut(t *testing.T) {
	all := make([]poems.Poem, 30)
	for i := range all {
		all[i].Hits = i
	}
	learn, examine := ShareOut(all)
	var numbers []int
	for _, p := range examine {
		numbers = append(numbers, p.Hits)
	}
	if !slices.Equal(numbers, []int{0, 12, 24}) || len(learn) != 27 {
		t.Errorf("the examiner gets %v, the other %d", numbers, len(learn))
	}
	for _, p := range learn {
		if p.Hits%12 == 0 {
			t.Errorf("poem %d is for both", p.Hits)
		}
	}
}
