package report

import (
	"context"
	"encoding/json"
	"html/template"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// chromiumEnv, when set, makes it a failure that there is no Chromium to open the page in.
const chromiumEnv = "INKSTONE_CHROMIUM"

// measure asks the browser how the page came out. Pages themselves have no scripts; this one
// is added to a copy.
const measure = `<pre id="measured"></pre><script>
const wide = [...document.querySelectorAll("body *")].filter(e => !e.closest(".scroll") && e.getBoundingClientRect().right > innerWidth + 1);
document.getElementById("measured").textContent = JSON.stringify({
  window: innerWidth, page: document.documentElement.scrollWidth,
  wide: wide.map(e => e.tagName + "." + e.className),
  clipped: [...document.querySelectorAll(".fact b, .verse div, figcaption, h1, h2, h3")].filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent),
  glyphs: document.querySelectorAll(".contest .g").length, rows: document.querySelectorAll(".figures tr").length,
  curves: document.querySelectorAll("svg polyline").length,
  requests: performance.getEntriesByType("resource").map(e => e.name),
});</script></body>`

// A measured page.
type measured struct {
	Window, Page         int
	Wide, Clipped        []string
	Glyphs, Rows, Curves int
	Requests             []string
}

// full is a report with every kind of content, some of it long.
func full() *Report {
	line := []Glyph{{Char: "朝", Mark: "○", Theme: true}, {Char: "辭", Mark: "○"}, {Char: "白", Mark: "●"}, {Char: "帝", Mark: "●"}, {Char: "彩", Mark: "●", Broken: true}, {Char: "雲", Mark: "○"}, {Char: "間", Mark: "◐", Rhyme: true}}
	verse := Verse{Caption: "2. answers", Lines: [][]Glyph{line, line, line, line}, Note: "rules 18 of 18, themes 2 of 2, rhyme 刪"}
	value := Cell{"0.998", "0.994–1.000"}
	row := []Cell{{"its own", "share of poems without a line copied from a poem it read"}, value, value, value}
	curve := Curve("Loss", "step", "nats", Line{"a", []float64{0, 50, 100}, []float64{8, 5, 4}}, Line{"b", []float64{0, 100}, []float64{7, 6}})
	return &Report{
		Title: "A child learns Tang poems", Subtitle: "It recites, then answers to a theme.",
		Facts: []Fact{{"recites", "20 of 20", "famous first lines"}, {"regulated verse", "0.85 → 0.92", "share of the rules kept"}},
		Sections: []Section{
			{Title: "What each step could do", Text: strings.Repeat("Some text. ", 20), Tables: []Table{{Head: []string{"", "1", "2", "4"}, Rows: [][]Cell{row, row}}}},
			{Title: "The same tasks", Contests: []Contest{{"月、春", []Verse{verse, verse, {Caption: "1. recites", Note: "no quatrain"}}}}},
			{Title: "Curves", Curves: []template.HTML{curve, curve}, Poems: []Poem{{"step 1", []string{"牀前看月光，"}}}},
			{Title: "Recited", Pairs: []Pair{{Prompt: "舉頭望山月", Want: "低頭思故鄉", Got: "低頭思故鄉", Source: "李白《靜夜思》", Good: true}}},
		},
		Settings: []Fact{{Name: "model", Value: "GPT-2 type, 4 layers, 4 heads, 192 channels, vocabulary 4352, context 35"}},
	}
}

// TestInBrowser opens a report in Chromium, as wide as a desk and as wide as a telephone: the
// page is as wide as the window, nothing is clipped, everything is there and nothing is asked
// of the network.
func TestInBrowser(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv(chromiumEnv) != "" {
			t.Fatal(err)
		}
		t.Skip("no chromium here to open the page in")
	}
	var page strings.Builder
	if err := full().Write(&page); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, []byte(strings.Replace(page.String(), "</body>", measure, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, size := range map[string]string{"desk": "1280,900", "telephone": "390,800"} {
		m := open(t, chromium, path, size)
		if m.Page > m.Window || len(m.Wide) > 0 {
			t.Errorf("%s: the page is %d wide in a window of %d: %v", name, m.Page, m.Window, m.Wide)
		}
		if len(m.Clipped) > 0 {
			t.Errorf("%s: clipped: %q", name, m.Clipped)
		}
		if m.Glyphs != 56 || m.Rows != 3 || m.Curves != 4 {
			t.Errorf("%s: %d glyphs, %d rows and %d curves, want 56, 3 and 4", name, m.Glyphs, m.Rows, m.Curves)
		}
		if len(m.Requests) > 0 {
			t.Errorf("%s: the page asked for %v", name, m.Requests)
		}
	}
}

var measuredText = regexp.MustCompile(`(?s)<pre id="measured">(\{.*?\})</pre>`)

// open has Chromium lay out a page and returns what it measured.
func open(t *testing.T, chromium, path, size string) (m measured) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--user-data-dir="+t.TempDir(), "--window-size="+size, "--dump-dom", "file://"+path).Output()
	if err != nil {
		t.Fatalf("chromium: %v", err)
	}
	found := measuredText.FindSubmatch(out)
	if found == nil {
		t.Fatalf("chromium did not run the measure:\n%.500s", out)
	}
	if err := json.Unmarshal(found[1], &m); err != nil {
		t.Fatal(err)
	}
	return m
}
