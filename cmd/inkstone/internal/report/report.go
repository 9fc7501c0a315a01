// Package report writes what a run did as one HTML file that needs nothing else: no
// scripts, no fonts, no network. Curves are SVG inside it.
package report

import (
	_ "embed"
	"html/template"
	"io"
	"os"
	"path/filepath"
)

// A Report is the contents of a report page.
type Report struct {
	Title    string
	Subtitle string
	Facts    []Fact    // the figures at the top
	Sections []Section // one after another
	Settings []Fact    // the table at the end
}

// A Fact is a figure with its name.
type Fact struct{ Name, Value, Note string }

// A Section is a heading with text and any of the kinds of content, in this order.
type Section struct {
	Title  string
	Text   string
	Curves []template.HTML // made by Curve
	Poems  []Poem
	Pairs  []Pair
}

// A Poem is a text of several lines with a caption. Good says whether to mark it as right.
type Poem struct {
	Caption string
	Lines   []string
}

// A Pair is a prompt with what was expected and what came.
type Pair struct {
	Prompt, Want, Got, Source string
	Good                      bool
}

//go:embed page.html
var page string

var pageTemplate = template.Must(template.New("page").Parse(page))

// Write writes the page.
func (r *Report) Write(w io.Writer) error { return pageTemplate.Execute(w, r) }

// WriteFile writes the page to a file: first to a temporary one beside it, so that a
// reader never sees half a page.
func (r *Report) WriteFile(path string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".report-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	if err := r.Write(f); err != nil {
		f.Close()
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
