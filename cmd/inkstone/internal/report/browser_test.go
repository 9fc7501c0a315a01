package report

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
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

// frame holds the page, for a window of the browser's own is never as narrow as a telephone.
const frame = `<!DOCTYPE html><meta charset="utf-8"><pre id="measured"></pre><iframe width="%d" height="800" frameborder="0" srcdoc="%s"></iframe>`

// measure asks the browser how the page came out. Pages themselves have no scripts; this one
// is added to a copy, in a frame.
const measure = `<script>
// Text past the edge of its picture, or over another text.
const crowded = [...document.querySelectorAll("svg")].flatMap(svg => {
  const outer = svg.getBoundingClientRect(), texts = [...svg.querySelectorAll("text")], boxes = texts.map(e => e.getBoundingClientRect());
  return texts.filter((_, i) => {
    const r = boxes[i];
    return r.left < outer.left - 1 || r.right > outer.right + 1 || r.top < outer.top - 1 || r.bottom > outer.bottom + 1 ||
      boxes.slice(i + 1).some(o => Math.min(r.right, o.right) - Math.max(r.left, o.left) > 1 && Math.min(r.bottom, o.bottom) - Math.max(r.top, o.top) > 4);
  }).map(e => e.textContent);
});
// A mark's middle is its character's, and it ends about where the character begins.
const astray = [...document.querySelectorAll(".contest .g")].filter(g => {
  const range = document.createRange();
  range.selectNode(g.lastChild);
  const char = range.getBoundingClientRect(), mark = g.firstChild.getBoundingClientRect();
  return Math.abs(char.left + char.right - mark.left - mark.right) > 2 || mark.bottom > char.top + 6;
}).map(g => g.textContent);
const colour = (selector, name) => getComputedStyle(document.querySelector(selector))[name];
const colours = [colour("body", "backgroundColor"), colour("body", "color"), colour(".contest .g i", "color"), colour(".contest .broken i", "color"),
  colour(".contest .rhyme", "borderBottomColor"), colour(".contest .theme", "color")];
const wide = [...document.querySelectorAll("body *")].filter(e => !e.closest(".scroll") && e.getBoundingClientRect().right > innerWidth + 1);
addEventListener("load", () => parent.document.getElementById("measured").textContent = JSON.stringify({
  window: innerWidth, page: document.documentElement.scrollWidth,
  wide: wide.map(e => e.tagName + "." + e.className),
  clipped: [...document.querySelectorAll(".fact, .fact b, .poem, .verse div, figcaption, p, small, h1, h2, h3")].filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent),
  glyphs: document.querySelectorAll(".contest .g").length, rows: document.querySelectorAll(".figures tr").length,
  curves: document.querySelectorAll("svg polyline").length, headings: document.querySelectorAll("h1, h2, h3").length,
  crowded: crowded, astray: astray, colours: new Set(colours).size, paper: colours[0],
  requests: [...performance.getEntriesByType("resource").map(e => e.name), ...[...document.querySelectorAll("[src], [href], link, object")].map(e => e.outerHTML)],
}));</script></body>`

// A measured page.
type measured struct {
	Window, Page         int
	Wide, Clipped        []string
	Glyphs, Rows, Curves int
	Headings, Colours    int
	Crowded, Astray      []string
	Paper                string
	Requests             []string
}

// full is a report with every kind of content, some of it long.
func full() *Report {
	line := []Glyph{{Char: "朝", Mark: "○", Theme: true}, {Char: "辭", Mark: "○"}, {Char: "白", Mark: "●"}, {Char: "帝", Mark: "●"}, {Char: "彩", Mark: "●", Broken: true}, {Char: "雲", Mark: "○"}, {Char: "間", Mark: "◐", Rhyme: true}}
	verse := Verse{Caption: "2. answers", Lines: [][]Glyph{line, line, line, line}, Note: "rules 18 of 18, themes 2 of 2, rhyme 刪"}
	value := Cell{"0.998", "0.994–1.000"}
	row := []Cell{{"its own", "share of poems without a line copied from a poem it read"}, value, value, value}
	curve := Curve("When it is so sure, how often is it right?", "its probability", "share right", Line{"a", []float64{0, 50, 100}, []float64{0.008, 0.005, 0.0042}}, Line{"b", []float64{0, 2500}, []float64{0.007, 0.006}})
	return &Report{
		Title: "A child learns Tang poems", Subtitle: "It recites, then answers to a theme.",
		Facts: []Fact{{"recites", "20 of 20", "famous first lines"}, {"regulated verse", "0.85 → 0.92", "share of the rules kept"}},
		Sections: []Section{
			{Title: "What each step could do", Text: strings.Repeat("Some text. ", 20), Tables: []Table{{Head: []string{"", "1", "2", "4"}, Rows: [][]Cell{row, row}}}},
			{Title: "The same tasks", Contests: []Contest{{"月、春", []Verse{verse, verse, {Caption: "1. recites", Note: "no quatrain"}}}}},
			{Title: "Curves", Curves: []template.HTML{curve, curve}, Poems: []Poem{{"step 1", []string{"牀前看月光，"}}}},
			{Title: "Recited", Part: true, Pairs: []Pair{{Prompt: "舉頭望山月", Want: "低頭思故鄉", Got: "低頭思故鄉", Source: "李白《靜夜思》", Good: true}}},
		},
		Settings: []Fact{{Name: "model", Value: "GPT-2 type, 4 layers, 4 heads, 192 channels, vocabulary 4352, context 35"}},
	}
}

// TestInBrowser opens a report in Chromium, as wide as a desk by night and as wide as a
// telephone by day: the page is as wide as the window, nothing is clipped or covered, marks
// stand above their characters and look different, everything is there, nothing is asked of
// the network and the browser has nothing to say.
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
	framed := html.EscapeString(strings.Replace(page.String(), "</body>", measure, 1))
	for name, c := range map[string]struct {
		width         int
		scheme, paper string
	}{"desk": {1280, "0", "rgb(27, 26, 24)"}, "telephone": {390, "1", "rgb(251, 248, 241)"}} {
		m := open(t, chromium, framed, c.width, c.scheme)
		if m.Window != c.width || m.Paper != c.paper {
			t.Errorf("%s: a window of %d with paper %s, want %d and %s", name, m.Window, m.Paper, c.width, c.paper)
		}
		if m.Page > m.Window || len(m.Wide) > 0 {
			t.Errorf("%s: the page is %d wide in a window of %d: %v", name, m.Page, m.Window, m.Wide)
		}
		if len(m.Clipped) > 0 {
			t.Errorf("%s: clipped: %q", name, m.Clipped)
		}
		if len(m.Crowded) > 0 {
			t.Errorf("%s: outside of its picture or over other text: %q", name, m.Crowded)
		}
		if len(m.Astray) > 0 || m.Colours != 6 {
			t.Errorf("%s: %d colours, want 6; marks not above their characters: %q", name, m.Colours, m.Astray)
		}
		if m.Glyphs != 56 || m.Rows != 3 || m.Curves != 4 || m.Headings != 7 {
			t.Errorf("%s: %d glyphs, %d rows, %d curves and %d headings, want 56, 3, 4 and 7", name, m.Glyphs, m.Rows, m.Curves, m.Headings)
		}
		if len(m.Requests) > 0 {
			t.Errorf("%s: the page asked for %v", name, m.Requests)
		}
	}
}

var measuredText = regexp.MustCompile(`(?s)<pre id="measured">(\{.*?\})</pre>`)

// open has Chromium lay out a page in a colour scheme, 0 for dark, and returns what it measured.
func open(t *testing.T, chromium, framed string, width int, scheme string) (m measured) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "frame.html")
	if err := os.WriteFile(path, fmt.Appendf(nil, frame, width, framed), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var complaints strings.Builder
	c := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--user-data-dir="+t.TempDir(), "--window-size=1400,900",
		"--blink-settings=preferredColorScheme="+scheme, "--enable-logging=stderr", "--dump-dom", "file://"+path)
	c.Stderr = &complaints
	out, err := c.Output()
	if err != nil {
		t.Fatalf("chromium: %v", err)
	}
	for line := range strings.Lines(complaints.String()) {
		if strings.Contains(line, "CONSOLE") {
			t.Errorf("the browser complains: %s", line)
		}
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
