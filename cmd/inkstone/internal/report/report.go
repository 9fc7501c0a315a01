// Package report writes what a run did as one HTML file that needs nothing else: no
// scripts, no fonts, no network. Curves are SVG inside it.
package report

import (
	_ "embed"
	"html/template"
	"io"
	"os"

	"inkstone/tensor/files"
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
	Title    string
	Part     bool // it belongs to the section before, under a smaller heading
	Text     string
	Curves   []template.HTML // made by Curve
	Tables   []Table
	Poems    []Poem
	Contests []Contest
	Pairs    []Pair
}

// A Poem is a text of several lines with a caption.
type Poem struct {
	Caption string
	Lines   []string
}

// A Pair is a prompt with what was expected and what came. Good marks it as right.
type Pair struct {
	Prompt, Want, Got, Source string
	Good                      bool
}

//go:embed page.html
var page string

var pageTemplate = template.Must(template.New("page").Parse(page))

// Write writes the page.
func (r *Report) Write(w io.Writer) error { return pageTemplate.Execute(w, r) }

// WriteFile writes the page to a file, whole or not at all.
func (r *Report) WriteFile(path string) error {
	return files.WriteAtomic(path, func(f *os.File) error { return r.Write(f) })
}
