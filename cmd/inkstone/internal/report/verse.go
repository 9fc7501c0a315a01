package report

// A Table has a heading for each column; the first cell of a row names it.
type Table struct {
	Head []string
	Rows [][]Cell
}

// A Cell is a value with a smaller note: what it means, or within which limits it holds.
type Cell struct{ Value, Note string }

// A Contest shows poems by several writers to the same task, side by side.
type Contest struct {
	Task  string
	Poems []Verse
}

// A Verse is a poem with what its characters do in it.
type Verse struct {
	Caption string
	Lines   [][]Glyph
	Note    string
}

// A Glyph is a character with a mark above it: ○ for a level tone, ● for an oblique one, ◐
// for one that can be either.
type Glyph struct {
	Char, Mark string
	Broken     bool // it takes part in a breach of the rules
	Rhyme      bool // it rhymes
	Theme      bool // it shows the theme
}
