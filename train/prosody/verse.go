package prosody

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// A Rule is one of regulated verse (近體詩). The even places of a line carry its rhythm; the
// odd ones are free, the last aside.
type Rule uint8

// The rules.
const (
	Alternation Rule = iota // places 2 and 4, and 4 and 6, of a line differ in tone
	Opposition              // 對: place 2 differs between the lines of a couplet
	Adhesion                // 粘: place 2 agrees between the couplets, in lines 2 and 3
	Ending                  // lines 2 and 4 end on level tones, line 3 on an oblique one
	Rhyming                 // lines 2 and 4 end on different characters of one level rhyme
)

// String returns the rule's name.
func (r Rule) String() string {
	return [...]string{"alternation", "opposition", "adhesion", "ending", "rhyme"}[r]
}

// A Place is a character's in a poem: its line and its column, counted from 0.
type Place struct{ Line, Column int }

// A Check is a rule applied to one or two places.
type Check struct {
	Rule   Rule
	A, B   Place // the same one where the rule speaks of one character
	Points int   // what the check is worth
	OK     bool
}

// A Verse says how well a quatrain keeps the rules of regulated verse.
type Verse struct {
	Form   int      // characters a line, 5 or 7; 0 if the lines are no quatrain
	Tones  [][]Tone // by line and column
	Checks []Check  // of the rules, in their order
	Rhyme  Rhyme    // of lines 2 and 4, the first of several; "" where they do not rhyme
	Points int      // of the checks that are OK
}

// Worth returns the points there are: 18 for lines of seven characters, 14 for lines of five.
func (v Verse) Worth() int {
	worth := 0
	for _, c := range v.Checks {
		worth += c.Points
	}
	return worth
}

// Score returns the share of points won, 0 for what is no quatrain.
func (v Verse) Score() float64 { return float64(v.Points) / float64(max(v.Worth(), 1)) }

// Perfect reports whether every rule is kept.
func (v Verse) Perfect() bool { return v.Form != 0 && v.Points == v.Worth() }

// rhymePoints is what a rhyme is worth; every other check is worth 1.
const rhymePoints = 4

// Regulated examines lines, which have no punctuation. The points are
//
//	alternation   1 for each pair of places 2–4, 4–6 in each line   8 (lines of five: 4)
//	opposition    1 for each couplet                                2
//	adhesion                                                        1
//	endings       1 for each of lines 2, 3, 4                       3
//	rhyme                                                           4
//
// A character that can be read in either tone has the one that fits; one of unknown tone fits
// nowhere. Lines that are not four, of five Han characters each or of seven, have no checks.
// The rules are those of Wang Li, 漢語詩律學 (1958).
func Regulated(lines []string) Verse {
	chars := quatrain(lines)
	if chars == nil {
		return Verse{}
	}
	d := dictionary()
	v := Verse{Form: len(chars[0]), Tones: make([][]Tone, len(chars)), Checks: make([]Check, 0, 15)}
	for i, line := range chars {
		v.Tones[i] = make([]Tone, len(line))
		for j, char := range line {
			v.Tones[i][j] = d[char].tone
		}
	}
	for i := range chars {
		for j := 1; j+2 < v.Form; j += 2 {
			a, b := Place{i, j}, Place{i, j + 2}
			v.check(Alternation, a, b, 1, differ(v.at(a), v.at(b)))
		}
	}
	for _, i := range []int{0, 2} {
		a, b := Place{i, 1}, Place{i + 1, 1}
		v.check(Opposition, a, b, 1, differ(v.at(a), v.at(b)))
	}
	a, b := Place{1, 1}, Place{2, 1}
	v.check(Adhesion, a, b, 1, agree(v.at(a), v.at(b)))
	last := v.Form - 1
	for i, want := range []Tone{1: Level, 2: Oblique, 3: Level} {
		if p := (Place{i, last}); i > 0 {
			v.check(Ending, p, p, 1, agree(v.at(p), want))
		}
	}
	if x, y := chars[1][last], chars[3][last]; x != y {
		v.Rhyme = sharedRhyme(d[x], d[y])
	}
	v.check(Rhyming, Place{1, last}, Place{3, last}, rhymePoints, v.Rhyme != "")
	return v
}

func (v *Verse) at(p Place) Tone { return v.Tones[p.Line][p.Column] }

func (v *Verse) check(rule Rule, a, b Place, points int, ok bool) {
	v.Checks = append(v.Checks, Check{Rule: rule, A: a, B: b, Points: points, OK: ok})
	if ok {
		v.Points += points
	}
}

// differ reports whether two tones can be of different classes.
func differ(a, b Tone) bool { return a != Unknown && b != Unknown && (a|b == Either) }

// agree reports whether two tones can be of one class.
func agree(a, b Tone) bool { return a&b != 0 }

// sharedRhyme returns the first level rhyme of a that b has too, or "".
func sharedRhyme(a, b reading) Rhyme {
	for _, r := range a.rhymes {
		if r.Level() && slices.Contains(b.rhymes, r) {
			return r
		}
	}
	return ""
}

// quatrain returns the characters of four lines of five Han characters or of seven, or nil.
func quatrain(lines []string) [][]rune {
	if len(lines) != 4 {
		return nil
	}
	form := utf8.RuneCountInString(lines[0])
	if form != 5 && form != 7 {
		return nil
	}
	chars := make([][]rune, len(lines))
	for i, line := range lines {
		chars[i] = []rune(line)
		if len(chars[i]) != form || slices.ContainsFunc(chars[i], func(r rune) bool { return !unicode.Is(unicode.Han, r) }) {
			return nil
		}
	}
	return chars
}
