package poems

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestLoad(t *testing.T) {
	all := Load()
	byForm := map[int]int{}
	seen := map[[4]string]string{}
	for i, p := range all {
		byForm[p.Form]++
		if i > 0 && all[i-1].ID >= p.ID {
			t.Errorf("poem %d: id %s after %s", i, p.ID, all[i-1].ID)
		}
		if p.Title == "" || p.Author == "" {
			t.Errorf("%s: title %q, author %q", p.ID, p.Title, p.Author)
		}
		for _, l := range p.Lines {
			if utf8.RuneCountInString(l) != p.Form || !utf8.ValidString(l) || strings.ContainsAny(l, "，。 \t\r\n") {
				t.Errorf("%s: line %q in a poem of form %d", p.ID, l, p.Form)
			}
		}
		if other := seen[p.Lines]; other != "" {
			t.Errorf("%s and %s have the same text", p.ID, other)
		}
		seen[p.Lines] = p.ID
	}
	if len(all) != 14127 || byForm[5] != 3785 || byForm[7] != 10342 {
		t.Errorf("%d poems, by form %v; want 14127, 3785 of 5 and 10342 of 7", len(all), byForm)
	}
}

func TestLoadReturnsTheCallersOwn(t *testing.T) {
	Load()[0].Title = "spoiled"
	if Load()[0].Title == "spoiled" {
		t.Error("a caller's change reached the next caller")
	}
}

func TestQuietNightThoughts(t *testing.T) {
	all := Load()
	i := slices.IndexFunc(all, func(p Poem) bool { return p.Title == "靜夜思" && p.Author == "李白" })
	if i < 0 {
		t.Fatal("靜夜思 is missing")
	}
	p := all[i]
	if want := [4]string{"牀前看月光", "疑是地上霜", "舉頭望山月", "低頭思故鄉"}; p.Lines != want || !p.Famous || p.Form != 5 || p.Hits != 1250000 {
		t.Errorf("got %+v", p)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, row := range []string{
		"",
		"id\ttitle\tauthor\t牀前看月光疑是地上霜舉頭望山月低頭思故鄉\t1",
		"id\ttitle\tauthor\t牀前看月光疑是地上霜舉頭望山月低頭思故鄉\t1\tmany",
		"id\ttitle\tauthor\t牀前看月光疑是地上霜舉頭望山月低頭思故\t1\t7",
		"id\ttitle\tauthor\t牀前看月疑是地上舉頭望山低頭思故\t1\t7",
	} {
		if p, err := parseRow(row); err == nil {
			t.Errorf("parseRow(%q) = %+v, want an error", row, p)
		}
	}
	if _, err := parse(quatrainsTSV[:len(quatrainsTSV)/2]); err == nil {
		t.Error("half of the table was accepted")
	}
}
