package poet

import (
	"math"
	"slices"
	"strings"
	"testing"

	"inkstone/autograd"
	"inkstone/nn"
	"inkstone/tensor"
	"inkstone/train/poems"
	"inkstone/train/prosody"
)

func corpus() (*Vocabulary, []poems.Poem, []poems.Poem) {
	learn, heldout := poems.Split(poems.Load())
	return NewVocabulary(learn), learn, heldout
}

func find(t *testing.T, all []poems.Poem, line string) poems.Poem {
	t.Helper()
	i := slices.IndexFunc(all, func(p poems.Poem) bool { return slices.Contains(p.Lines[:], line) })
	if i < 0 {
		t.Fatalf("no poem with the line %s", line)
	}
	return all[i]
}

func TestRows(t *testing.T) {
	v, learn, _ := corpus()
	p := find(t, learn, "舉頭望山月")
	if got := strings.Join(v.Lines(v.Row(p)[prefix:]), "|"); got != "牀前看月光，|疑是地上霜。|舉頭望山月，|低頭思故鄉。" {
		t.Errorf("the poem is %s", got)
	}
	if got := strings.Join(v.Lines(v.Couplet(p)), "|"); got != "舉頭望山月，|低頭思故鄉。" {
		t.Errorf("its couplet is %s", got)
	}
	for _, p := range learn[:100] {
		row := v.Row(p)
		if len(row) != RowLen(p.Form) || row[2] != v.ID(map[int]string{5: Five, 7: Seven}[p.Form]) {
			t.Errorf("%s: %d tokens, want %d; form %d is written %s", p.Title, len(row), RowLen(p.Form), p.Form, v.Tokens[row[2]])
		}
	}
	if v.ID("never seen") != v.ID(Unknown) {
		t.Error("a token that is not there is not <unk>")
	}
	tok, err := v.Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	if tok.VocabSize() != v.Size() || v.Size()%64 != 0 {
		t.Errorf("%d tokens in a tokenizer for models of %d", tok.VocabSize(), v.Size())
	}
	if got := tok.Encode("舉頭望山月，低頭思故鄉。"); !slices.Equal(got, v.Couplet(p)) {
		t.Errorf("the tokenizer writes the couplet %v, the rows have %v", got, v.Couplet(p))
	}
}

func TestThemes(t *testing.T) {
	v, learn, _ := corpus()
	p := find(t, learn, "舉頭望山月")
	for themes, want := range map[string]string{"": "<none><none><5>", "月": "月<none><5>", "月鄉": "月鄉<5>"} {
		var asked []prosody.Theme
		for _, name := range themes {
			asked = append(asked, prosody.Theme(name))
		}
		row := v.Row(p, asked...)
		if got := v.text(row[:prefix]); got != want || !slices.Equal(row[prefix:], v.Row(p)[prefix:]) {
			t.Errorf("themes %q: the row is %s", themes, v.text(row))
		}
	}
	for _, theme := range prosody.AllThemes() {
		if v.ID(string(theme)) == v.ID(Unknown) {
			t.Errorf("%s has no token", theme)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("three themes were accepted")
		}
	}()
	v.Prompt(7, "月", "雪", "春")
}

func TestPoem(t *testing.T) {
	v, learn, _ := corpus()
	p := find(t, learn, "舉頭望山月")
	good := v.Row(p)[prefix:]
	if got := v.Poem(good, 5); !slices.Equal(got, p.Lines[:]) {
		t.Errorf("the poem is %q", got)
	}
	if v.Poem(good, 7) != nil || v.Poem(good[:len(good)-1], 5) != nil || v.Poem(append(slices.Clone(good), good[0]), 5) != nil {
		t.Error("a poem of the wrong length was accepted")
	}
	for _, c := range []struct {
		place int
		token int32
	}{
		{0, v.ID(Unknown)}, {3, v.ID(None)}, {4, v.ID(Comma)}, {6, v.ID(Seven)}, {8, int32(len(v.Tokens))}, // characters
		{5, v.ID(Stop)}, {11, v.ID(Comma)}, {23, v.ID("月")}, // punctuation
	} {
		bad := slices.Clone(good)
		bad[c.place] = c.token
		if got := v.Poem(bad, 5); got != nil {
			t.Errorf("token %d at place %d: accepted as %q", c.token, c.place, got)
		}
	}
}

func TestBatches(t *testing.T) {
	v, learn, _ := corpus()
	a, b := NewBatches(v, learn, 16, 4, 7), NewBatches(v, learn, 16, 4, 7)
	steps := []int{3, a.PerEpoch() - 1, a.PerEpoch(), 0, 2*a.PerEpoch() + 5, 3}
	for _, step := range steps { // b is asked in another order
		b.Rows(steps[len(steps)-1])
		x, y := a.Rows(step), NewBatches(v, learn, 16, 4, 7).Rows(step)
		if !slices.EqualFunc(x, y, slices.Equal) {
			t.Errorf("step %d depends on the steps before", step)
		}
	}
	if slices.EqualFunc(a.Rows(0), NewBatches(v, learn, 16, 4, 8).Rows(0), slices.Equal) {
		t.Error("the seed does not matter")
	}
	famous := v.Row(find(t, learn, "舉頭望山月"))
	seen, rows := 0, 0
	for step := range a.PerEpoch() {
		batch := a.Rows(step)
		for _, row := range batch {
			rows++
			if len(row) != len(batch[0]) {
				t.Fatal("rows of two lengths in a batch")
			}
			if slices.Equal(row, famous) {
				seen++
			}
		}
	}
	if seen < 3 || seen > 4 { // a remainder of less than a batch waits for another epoch
		t.Errorf("a famous poem came %d times, want 4", seen)
	}
	if want := len(learn) + 108*3 + 108; rows < want-2*16 || rows > want {
		t.Errorf("an epoch has %d rows, want about %d", rows, want)
	}
}

func TestFill(t *testing.T) {
	v, learn, _ := corpus()
	row := v.Row(find(t, learn, "舉頭望山月"))
	row[5] = v.ID(Unknown)
	T := len(row) - 1
	ids, targets := make([]int32, 2*T), make([]int32, 2*T)
	Fill(ids, targets, [][]int32{row, row})
	for j := range T {
		want := row[j+1]
		if j < 2 || j == 4 { // the form's own tokens and <unk> are not learned
			want = -1
		}
		if ids[T+j] != row[j] || targets[T+j] != want {
			t.Errorf("place %d: %d → %d, want %d → %d", j, ids[T+j], targets[T+j], row[j], want)
		}
	}
}

// TestLearning: a tiny model overfits three poems, recites them, and is sure of them.
func TestLearning(t *testing.T) {
	v, learn, _ := corpus()
	three := []poems.Poem{find(t, learn, "舉頭望山月"), find(t, learn, "春眠不覺曉"), find(t, learn, "朝辭白帝彩雲間")}
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	c := &nn.Config{ModelType: nn.GPT2Type, Vocab: v.Size(), Context: RowLen(7), Channels: 32, Layers: 1, Heads: 2, KVHeads: 2, HeadSize: 16,
		Hidden: 64, Activation: "gelu_new", NormEps: 1e-5, TiedHead: true, InitStd: 0.02, BOS: -1, EOS: -1}
	m, err := nn.New(c, tensor.Float32, 1)
	if err != nil {
		t.Fatal(err)
	}
	if p := MeasurePerplexity(m, cpu, v, three); math.Abs(p.All/float64(v.Size())-1) > 0.05 {
		t.Errorf("an untrained model has a perplexity of %.0f, want about %d", p.All, v.Size())
	}
	tape := autograd.NewTape(cpu)
	for step := range 400 {
		row := v.Row(three[step%3])
		ids, targets := tensor.New(tensor.Int32, 1, len(row)-1), tensor.New(tensor.Int32, 1, len(row)-1)
		Fill(tensor.Data[int32](ids), tensor.Data[int32](targets), [][]int32{row})
		tape.Reset()
		tape.Backward(nn.Loss(tape, m, ids, targets))
		for _, p := range m.Parameters() { // normalised gradient descent, enough for three poems
			g := p.Grad()
			cpu.Accumulate(p.Value, g, -0.15/(1e-6+math.Sqrt(cpu.SquaredNorm(g))))
			p.ZeroGrad()
		}
	}
	p := MeasurePerplexity(m, cpu, v, three)
	if p.Character > 3 {
		t.Errorf("perplexity of the poems it learned is %.1f", p.Character)
	}
	recitals, err := Recite(m, cpu, v, three)
	if err != nil {
		t.Fatal(err)
	}
	if s := Share(recitals); s != 1 {
		t.Errorf("recited %.2f: %+v", s, recitals)
	}
	poem, err := Write(m, cpu, v, 5, nn.Sampling{}, tensor.Stream{})
	if err != nil || len(poem) != 4 {
		t.Errorf("it wrote %q (%v)", poem, err)
	}
}
