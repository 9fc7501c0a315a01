package poems

import (
	"strings"
	"testing"
)

func TestLoad(t *testing.T) {
	all := Load()
	if len(all) != 14127 {
		t.Errorf("%d poems, want 14127", len(all))
	}
	forms, famous, ids := map[int]int{}, 0, map[string]bool{}
	for _, p := range all {
		forms[p.Form]++
		if p.Famous {
			famous++
		}
		if ids[p.ID] {
			t.Errorf("two poems have the ID %s", p.ID)
		}
		ids[p.ID] = true
		for _, line := range p.Lines {
			if n := len([]rune(line)); n != p.Form || strings.ContainsAny(line, "，。 \t") {
				t.Errorf("%s: line %q of form %d", p.Title, line, p.Form)
			}
		}
	}
	if forms[5] != 3785 || forms[7] != 10342 || famous != 108 {
		t.Errorf("%d poems of five, %d of seven characters, %d famous; want 3785, 10342, 108", forms[5], forms[7], famous)
	}
}

func TestSplit(t *testing.T) {
	train, heldout := Split(Load())
	if len(train) < 13600 || len(heldout) < 300 {
		t.Fatalf("%d poems to learn from, %d to test on", len(train), len(heldout))
	}
	lines := map[string]string{}
	for _, p := range train {
		for _, line := range p.Lines {
			lines[line] = p.Title
		}
	}
	for _, p := range heldout {
		if p.Famous {
			t.Errorf("%s is famous but held out", p.Title)
		}
		for _, line := range p.Lines {
			if lines[line] != "" {
				t.Errorf("held-out %s shares the line %s with %s", p.Title, line, lines[line])
			}
		}
	}
	again, _ := Split(Load()[:7000]) // a poem's side does not depend on the others
	side := map[string]bool{}
	for _, p := range train {
		side[p.ID] = true
	}
	for _, p := range again {
		if !side[p.ID] {
			t.Errorf("%s changed sides", p.Title)
		}
	}
}

func TestFamous(t *testing.T) {
	train, _ := Split(Load())
	famous := Famous(train, 20)
	if len(famous) != 20 {
		t.Fatalf("%d famous poems", len(famous))
	}
	first := map[string]bool{}
	found := false
	for i, p := range famous {
		if !p.Famous || first[p.Lines[0]] || i > 0 && p.Hits > famous[i-1].Hits {
			t.Errorf("number %d: %+v", i, p)
		}
		first[p.Lines[0]] = true
	}
	for _, p := range Famous(train, 108) {
		found = found || p.Lines[2] == "舉頭望山月" && p.Lines[3] == "低頭思故鄉"
	}
	if !found {
		t.Error("靜夜思 is not among the famous poems")
	}
}

func TestDamaged(t *testing.T) {
	for name, data := range map[string][]byte{
		"empty": nil, "not gzip": []byte("poems"), "cut off": quatrains[:len(quatrains)/2],
	} {
		if _, err := parse(data); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, line := range []string{"", "a\tb\tc\t1\t0", "床前看月光疑是地上霜舉頭望山月低頭思故鄉\tx\ty\tmany\t1"} {
		if _, err := parseLine(line); err == nil {
			t.Errorf("%q: no error", line)
		}
	}
}
