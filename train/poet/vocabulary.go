package poet

import (
	"cmp"
	"fmt"
	"slices"

	"inkstone/nn/tokenizer"
	"inkstone/train/poems"
	"inkstone/train/prosody"
)

// The special tokens, which have the first ids.
const (
	Unknown = "<unk>"
	None    = "<none>" // an empty place for a theme
	Five    = "<5>"    // the forms
	Seven   = "<7>"
	Comma   = "，"
	Stop    = "。"
)

var specials = []string{Unknown, None, Five, Seven}

// A Vocabulary numbers the tokens of poems.
type Vocabulary struct {
	Tokens []string // by id
	ids    map[string]int32
}

// NewVocabulary collects the characters that occur at least twice in the poems, the most
// frequent first. Rarer ones are read as <unk>: a character seen once cannot be learned.
func NewVocabulary(all []poems.Poem) *Vocabulary {
	counts := map[rune]int{}
	for _, p := range all {
		for _, line := range p.Lines {
			for _, r := range line {
				counts[r]++
			}
		}
	}
	var chars []rune
	for r, n := range counts {
		if n >= 2 {
			chars = append(chars, r)
		}
	}
	slices.SortFunc(chars, func(a, b rune) int { return cmp.Or(counts[b]-counts[a], int(a-b)) })
	v := &Vocabulary{ids: map[string]int32{}}
	for _, s := range append(slices.Clone(specials), Comma, Stop) {
		v.add(s)
	}
	for _, r := range chars {
		v.add(string(r))
	}
	return v
}

func (v *Vocabulary) add(token string) {
	v.ids[token] = int32(len(v.Tokens))
	v.Tokens = append(v.Tokens, token)
}

// Tokenizer returns the vocabulary as a tokenizer, padded with special tokens that mean
// nothing to the size that models have.
func (v *Vocabulary) Tokenizer() (tokenizer.Tokenizer, error) {
	tokens, special := slices.Clone(v.Tokens), slices.Clone(specials)
	for i := 0; len(tokens) < v.Size(); i++ {
		name := fmt.Sprintf("<unused%d>", i)
		tokens, special = append(tokens, name), append(special, name)
	}
	return tokenizer.NewCharactersOf(tokens, special...)
}

// Size returns the vocabulary size of models: the number of tokens, rounded up to a
// multiple of 64, which matrix products like.
func (v *Vocabulary) Size() int { return (len(v.Tokens) + 63) / 64 * 64 }

// ID returns the id of a token, or that of <unk>.
func (v *Vocabulary) ID(token string) int32 { return v.ids[token] }

// places is the number of places for themes, and prefix that of all tokens before the poem's
// first character.
const (
	places = 2
	prefix = places + 1
)

// Row returns the tokens of a poem, with at most two themes.
func (v *Vocabulary) Row(p poems.Poem, themes ...prosody.Theme) []int32 {
	row := v.Prompt(p.Form, themes...)
	for i, line := range p.Lines {
		for _, r := range line {
			row = append(row, v.ids[string(r)])
		}
		row = append(row, v.ID(ending(i)))
	}
	return row
}

// Couplet returns the tokens of a poem's last two lines alone.
func (v *Vocabulary) Couplet(p poems.Poem) []int32 {
	row := v.Row(p)
	return slices.Clone(row[len(row)-2*(p.Form+1):])
}

// Prompt returns the tokens that ask for a poem of a form, on at most two themes, whose names
// are ordinary characters. The places of themes that are not given have <none>.
func (v *Vocabulary) Prompt(form int, themes ...prosody.Theme) []int32 {
	if len(themes) > places {
		panic(fmt.Sprintf("poet: Prompt: %d themes, there are places for %d", len(themes), places))
	}
	f := Seven
	if form == 5 {
		f = Five
	}
	prompt := []int32{v.ID(None), v.ID(None), v.ID(f)}
	for i, theme := range themes {
		prompt[i] = v.ID(string(theme))
	}
	return prompt
}

// ending is the punctuation after line i.
func ending(i int) string {
	if i%2 == 0 {
		return Comma
	}
	return Stop
}

// RowLen returns the number of tokens of a poem of the given form.
func RowLen(form int) int { return prefix + 4*(form+1) }

// Lines cuts the tokens after a prompt into lines, at the punctuation.
func (v *Vocabulary) Lines(ids []int32) []string {
	var lines []string
	line := ""
	for _, id := range ids {
		token := v.Tokens[min(int(id), len(v.Tokens)-1)]
		line += token
		if token == Comma || token == Stop {
			lines = append(lines, line)
			line = ""
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// Poem returns the lines, without punctuation, of the poem of a form that the tokens after a
// prompt are, for a referee to judge. It returns nil where they are none: a line too short or
// too long, punctuation missing or of the wrong kind, a special token among the characters.
func (v *Vocabulary) Poem(ids []int32, form int) []string {
	if len(ids) != RowLen(form)-prefix {
		return nil
	}
	lines := make([]string, 4)
	for i := range lines {
		line := ids[i*(form+1) : (i+1)*(form+1)]
		if line[form] != v.ID(ending(i)) {
			return nil
		}
		for _, id := range line[:form] {
			if int(id) < v.characters() || int(id) >= len(v.Tokens) {
				return nil
			}
		}
		lines[i] = v.text(line[:form])
	}
	return lines
}

// characters is the first id of a character: those before are special or punctuation.
func (v *Vocabulary) characters() int { return int(v.ID(Stop)) + 1 }
