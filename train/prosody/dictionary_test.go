package prosody

import (
	"bytes"
	"compress/gzip"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"inkstone/train/poems"
)

func TestDictionary(t *testing.T) {
	for _, c := range []struct {
		char   rune
		tone   Tone
		rhymes []Rhyme
	}{
		{'間', Either, []Rhyme{"去諫", "平刪"}}, // among; apart
		{'霜', Level, []Rhyme{"平陽"}},
		{'月', Oblique, []Rhyme{"入月"}},
		{'重', Either, []Rhyme{"上腫", "去宋", "平冬"}},
		{'笑', Oblique, []Rhyme{"去嘯"}},
		{'A', Unknown, nil},
	} {
		if tone, rhymes := ToneOf(c.char), Rhymes(c.char); tone != c.tone || !slices.Equal(rhymes, c.rhymes) {
			t.Errorf("%c: %v %v, want %v %v", c.char, tone, rhymes, c.tone, c.rhymes)
		}
	}
	if r := Rhyme("平東"); r.Name() != "東" || !r.Level() || Rhyme("去送").Level() {
		t.Errorf("平東 has the name %q, level %v", r.Name(), r.Level())
	}
	Rhymes('霜')[0] = "spoiled"
	if Rhymes('霜')[0] != "平陽" {
		t.Error("a caller's change reached the next caller")
	}
}

func TestRhymeTable(t *testing.T) {
	seen := map[rune]bool{}
	for _, c := range []struct {
		tone string
		n    int
	}{{"平", 30}, {"上", 29}, {"去", 30}, {"入", 17}} {
		if n := utf8.RuneCountInString(pingshui[c.tone]); n != c.n {
			t.Errorf("%s has %d rhymes, want %d", c.tone, n, c.n)
		}
		for _, name := range pingshui[c.tone] {
			if seen[name] {
				t.Errorf("%c names two rhymes", name)
			}
			seen[name] = true
		}
	}
	for char, r := range dictionary() {
		if len(r.rhymes) == 0 || r.tone == Unknown {
			t.Errorf("%c: %+v", char, r)
		}
	}
}

// TestDictionaryCoversPoems: of the characters of poems a few in a thousand are unknown.
func TestDictionaryCoversPoems(t *testing.T) {
	unknown, n := 0, 0
	for _, p := range poems.Load() {
		for _, char := range strings.Join(p.Lines[:], "") {
			n++
			if ToneOf(char) == Unknown {
				unknown++
			}
		}
	}
	if share := float64(unknown) / float64(n); share == 0 || share > 0.003 {
		t.Errorf("%d of %d characters are unknown", unknown, n)
	}
}

func zipped(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(text))
	z.Close()
	return b.Bytes()
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{
		"一\n", "一\t\n", "\t入質\n", "一二\t入質\n", "一\t入\n", "一\t入質月\n", "一\t平質\n", "一\t入質 入質\n", "一\t入質 \n",
		"一\t入質\n\n", "一\t入質\n一\t入質\n", "\xff\t入質\n", strings.Repeat("#", mostBytes+1),
	} {
		if d, err := parse(zipped(text)); err == nil {
			t.Errorf("parse(%.40q) = %v, want an error", text, d)
		}
	}
	if d, err := parse(zipped("一\t入質\n中\t去送 平東")); err != nil || len(d) != 2 {
		t.Errorf("%v, %v", d, err)
	}
	if _, err := parse(rhymesTSV[:len(rhymesTSV)/2]); err == nil {
		t.Error("half of the table was accepted")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("一\t入質\n中\t去送 平東\n"))
	f.Add([]byte("一\t平質\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := parse(zipped(string(text)))
		if err != nil {
			return
		}
		for char, r := range d {
			if !utf8.ValidRune(char) || r.tone == Unknown || len(r.rhymes) == 0 {
				t.Errorf("%q gives %c: %+v", text, char, r)
			}
		}
	})
}
