package report

import (
	"encoding/xml"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func wellFormed(t *testing.T, text string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
	}
}

func TestCurve(t *testing.T) {
	svg := string(Curve("loss <of> it", "step", "nats", Line{"a", []float64{0, 50, 100}, []float64{8, 5, 4}}, Line{"b", []float64{0, 100}, []float64{math.NaN(), 6}}))
	wellFormed(t, svg)
	for _, want := range []string{"loss &lt;of&gt; it", `points="66.0,58.0 320.0,`, ">100<", ">8<", ">4<", "● b<"} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %s in\n%s", want, svg)
		}
	}
	if strings.Contains(svg, "NaN") && strings.Contains(svg, "polyline") && strings.Contains(svg, "NaN,") {
		t.Error("NaN among the points")
	}
	for _, l := range []Line{{}, {"", []float64{1}, []float64{1}}, {"", []float64{1, 2}, []float64{3, 3}}} {
		wellFormed(t, string(Curve("", "", "", l)))
	}
}

func TestAxis(t *testing.T) {
	for _, c := range []struct {
		lo, hi      float64
		first, last string
		least, most int
	}{
		{0, 2400, "0", "2500", 4, 8}, {3.9, 8.4, "3", "9", 4, 8}, {0.001, 0.0042, "0.001", "0.005", 4, 8}, {250, 4100, "0", "5000", 4, 8}, {0, 20, "0", "20", 4, 8},
	} {
		a := newAxis(5)
		a.include([]float64{c.lo, c.hi})
		a.round()
		ticks := a.ticks()
		if len(ticks) < c.least || len(ticks) > c.most || ticks[0] > c.lo || ticks[len(ticks)-1] < c.hi {
			t.Errorf("%v to %v: ticks %v", c.lo, c.hi, ticks)
		}
		if f, l := a.label(ticks[0]), a.label(ticks[len(ticks)-1]); f != c.first || l != c.last {
			t.Errorf("%v to %v: from %s to %s, want %s to %s", c.lo, c.hi, f, l, c.first, c.last)
		}
	}
}

func TestReport(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.html")
	r := &Report{Title: "A <title>", Facts: []Fact{{"recited", "19 of 20", ""}}, Sections: []Section{{
		Title: "poems", Poems: []Poem{{"step 1", []string{"牀前看月光，"}}}, Pairs: []Pair{{Prompt: "舉頭望山月", Want: "低頭思故鄉", Got: "低頭思故鄉", Good: true}},
	}}}
	if err := r.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"A &lt;title&gt;", "19 of 20", "牀前看月光，", "低頭思故鄉", "✓"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("no %s in the page", want)
		}
	}
	if strings.Contains(string(page), "http") || strings.Contains(string(page), "<script") {
		t.Error("the page is not self-contained")
	}
	if err := r.WriteFile(filepath.Join(path, "no")); err == nil {
		t.Error("a page was written into a file")
	}
}
