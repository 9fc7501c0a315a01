package train

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkstone/nn/tokenizer"
)

// letters is a tokenizer of a token a letter.
func letters() *Dialogue {
	return NewDialogue(tokenizer.NewCharacters(slices.Values([]string{"abcdefgh ?"}), 1))
}

func TestReadRankings(t *testing.T) {
	d := letters()
	all, err := ReadRankings([]string{write(t, `{"prompt":"a?","chosen":"bc","rejected":"d"}

{"prompt":"a?","ranked":["c","b","hh"],"answers":["hh","b","c","e"],"who":7}
`)}, d, d.Tokenizer.VocabSize(), 6)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range all {
		got = append(got, d.Tokenizer.Decode(r.Prompt))
		for _, a := range r.Answers {
			got = append(got, d.Tokenizer.Decode(a))
			if a[len(a)-1] != int32(d.End()) || len(a) < 2 {
				t.Errorf("answer %v does not end", a)
			}
		}
	}
	end := tokenizer.EndOfText
	if want := []string{"a?", "bc" + end, "d" + end, "a?", "c" + end, "b" + end, "hh" + end}; !slices.Equal(got, want) {
		t.Errorf("read %q, want %q", got, want)
	}
}

// TestReadRankingsRefuses: what cannot be learned from is named with its file and line.
func TestReadRankingsRefuses(t *testing.T) {
	good := `{"prompt":"a","chosen":"b","rejected":"c"}` + "\n"
	d := letters()
	for want, text := range map[string]string{
		"data: empty file":                                                           "",
		`data:2: no "prompt" in the object`:                                          good + `{"chosen":"b","rejected":"c"}`,
		"data:1: train: the prompt has no tokens":                                    `{"prompt":"","chosen":"b","rejected":"c"}`,
		`data:2: want both "chosen" and "rejected"`:                                  good + `{"prompt":"a","chosen":"b"}`,
		`data:2: want "chosen" and "rejected", or "ran`:                              good + `{"prompt":"a"}`,
		`data:1: both "ranked" and a pair`:                                           `{"prompt":"a","chosen":"b","ranked":["b","c"]}`,
		"data:1: json: cannot unmarshal number":                                      `{"prompt":"a","ranked":[1,2]}`,
		"data:3: answer 2 is empty":                                                  good + good + `{"prompt":"a","ranked":["b",""]}`,
		"data:1: answer 1 is empty":                                                  `{"prompt":"a","chosen":"","rejected":"c"}`,
		`data:1: answers 1 and 3 are the same: "b"`:                                  `{"prompt":"a","ranked":["b","c","b"]}`,
		"data:1: answers 1 and 2 are the same tokens":                                `{"prompt":"a","ranked":["x","y"]}`, // both unknown to the tokenizer
		`data:1: unknown answer "d"`:                                                 `{"prompt":"a","ranked":["b","d"],"answers":["b","c"]}`,
		"data:1: 1 answers, want at least 2":                                         `{"prompt":"a","ranked":["b"]}`,
		"data:1: 0 answers, want at least 2":                                         `{"prompt":"a","ranked":[]}`,
		"data:2: a prompt of 4 tokens with an answer of 5, the model's context is 8": good + `{"prompt":"abcd","ranked":["b","cdef"]}`,
	} {
		_, err := ReadRankings([]string{write(t, text)}, d, d.Tokenizer.VocabSize(), 8)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want %s", text, err, want)
		}
	}
	if _, err := ReadRankings([]string{filepath.Join(t.TempDir(), "missing")}, d, 20, 8); !os.IsNotExist(err) && !strings.Contains(err.Error(), "missing") {
		t.Errorf("a missing file gave %v", err)
	}
	if _, err := ReadRankings([]string{write(t, good)}, d, 3, 8); err == nil || !strings.Contains(err.Error(), "outside the model's vocabulary of 3") {
		t.Errorf("a larger tokenizer gave %v", err)
	}
}

// FuzzRankings: a line gives at least something to prefer, or an error; nothing in between.
func FuzzRankings(f *testing.F) {
	for _, seed := range []string{
		`{"prompt":"a","chosen":"b","rejected":"c"}`, `{"prompt":"a","ranked":["b","c","d"],"answers":["b","c","d"]}`,
		`{"prompt":"a","ranked":null}`, `{"prompt":"a","ranked":["b","b"]}`, `{"prompt":null,"chosen":"b"}`, `{`, `{"ranked":[[]]}`,
	} {
		f.Add([]byte(seed))
	}
	d := letters()
	f.Fuzz(func(t *testing.T, line []byte) {
		_, answers, err := parseRanking(line)
		if err != nil {
			return
		}
		for i, a := range answers {
			if a == "" || slices.Contains(answers[:i], a) {
				t.Errorf("answers %q", answers)
			}
		}
		for _, a := range answers {
			if _, err := d.Answer(a); err != nil {
				t.Errorf("answer %q: %v", a, err)
			}
		}
	})
}

// TestSplitRankings: the share is held, prompts stay together, and on their side when there is
// more data.
func TestSplitRankings(t *testing.T) {
	all := likings(200, 2)
	for i := range 100 { // some prompts twice
		all[i+100].Prompt = all[i].Prompt
	}
	learn, test, err := splitRankings(all, 0.2)
	if err != nil {
		t.Fatal(err)
	}
	held := map[string]bool{}
	for _, r := range test {
		held[promptKey(r.Prompt)] = true
	}
	for _, r := range learn {
		if held[promptKey(r.Prompt)] {
			t.Fatalf("prompt %v is on both sides", r.Prompt)
		}
	}
	if len(held) != 20 || len(test) != 40 || len(learn) != 160 {
		t.Errorf("%d prompts, %d rankings held out, %d learned", len(held), len(test), len(learn))
	}
	_, more, err := splitRankings(append(all, likings(220, 2)[200:]...), 0.2)
	if err != nil {
		t.Fatal(err)
	}
	stayed := 0
	for _, r := range more {
		if held[promptKey(r.Prompt)] {
			stayed++
		}
	}
	if stayed < 30 {
		t.Errorf("%d of 40 rankings stayed held out when a tenth was added", stayed)
	}
	learn, test, err = splitRankings(all[:2], 0.001)
	if err != nil || len(learn) != 1 || len(test) != 1 {
		t.Errorf("of two rankings %d are learned and %d held out, %v", len(learn), len(test), err)
	}
}

// TestEpochs: each epoch has every example once, epochs differ, and so do seeds.
func TestEpochs(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(2) {
		e := &epochs{n: 50, seed: seed}
		for epoch := range 3 {
			var order []int32
			for i := range 50 {
				order = append(order, int32(e.at(epoch*50+i)))
			}
			seen[promptKey(order)] = true
			slices.Sort(order)
			if len(slices.Compact(order)) != 50 || order[0] != 0 || order[49] != 49 {
				t.Errorf("seed %d, epoch %d misses examples", seed, epoch)
			}
		}
	}
	if len(seen) != 6 {
		t.Errorf("%d different orders of 6", len(seen))
	}
	e := &epochs{n: 7, seed: 1}
	late := e.at(75)
	e.at(3)
	if e.at(75) != late {
		t.Error("an example depends on those asked for before")
	}
}
