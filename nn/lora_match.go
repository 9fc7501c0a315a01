package nn

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
)

// layers returns the Linears of a model that the targets name, in the model's order.
func (c LoRAConfig) layers(m Model) ([]*Linear, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	walker, ok := m.(interface{ Linears() []*Linear })
	if !ok {
		return nil, fmt.Errorf("nn: LoRA: a %T has no Linears to adapt", m)
	}
	all := walker.Linears()
	var names []string
	for _, l := range all {
		if l.adapter != nil {
			return nil, fmt.Errorf("nn: LoRA: %s has an adapter already; merge it first", l.name())
		}
		names = append(names, l.name())
	}
	chosen, err := matchNames(c.Targets, names)
	if err != nil {
		return nil, err
	}
	var layers []*Linear
	for _, i := range chosen {
		layers = append(layers, all[i])
	}
	return layers, nil
}

// matchNames returns the indices of the names that targets match, in order. A target that
// matches none is an error that shows what there is.
func matchNames(targets, names []string) ([]int, error) {
	hit := make([]bool, len(names))
	for _, target := range targets {
		found := false
		for i, name := range names {
			if matchName(target, name) {
				hit[i], found = true, true
			}
		}
		if !found {
			return nil, fmt.Errorf("nn: LoRA target %q matches no Linear; there are, nearest first, %s; in full %s",
				target, strings.Join(nearestFirst(target, shortNames(names)), ", "), names[0])
		}
	}
	var chosen []int
	for i, h := range hit {
		if h {
			chosen = append(chosen, i)
		}
	}
	return chosen, nil
}

// matchName reports whether a target (see LoRAConfig) names a Linear.
func matchName(target, name string) bool {
	if target == AllLinear || target == name || strings.HasSuffix(name, "."+target) {
		return true
	}
	ok, err := path.Match(target, name)
	return ok && err == nil
}

// shortName returns what is behind the last dot: "c_attn".
func shortName(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// shortNames returns the different last parts of names.
func shortNames(names []string) []string {
	var short []string
	for _, name := range names {
		if s := shortName(name); !slices.Contains(short, s) {
			short = append(short, s)
		}
	}
	return short
}

// nearestFirst sorts words by how few letters have to be inserted, deleted or replaced
// (Levenshtein) to make them of word.
func nearestFirst(word string, words []string) []string {
	distance := func(w string) int {
		row := make([]int, len(w)+1)
		for j := range row {
			row[j] = j
		}
		for i := range len(word) {
			diagonal := row[0]
			row[0] = i + 1
			for j := range len(w) {
				replace := diagonal
				if word[i] != w[j] {
					replace++
				}
				diagonal = row[j+1]
				row[j+1] = min(replace, row[j]+1, row[j+1]+1)
			}
		}
		return row[len(w)]
	}
	slices.SortStableFunc(words, func(a, b string) int { return cmp.Compare(distance(a), distance(b)) })
	return words
}
