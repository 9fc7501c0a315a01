package prosody

import (
	"iter"
	"slices"
	"unicode/utf8"
)

// Duplicates returns how many of the characters of lines came before: 28 less the different
// ones for lines of seven characters.
func Duplicates(lines []string) int {
	var all []rune
	n := 0
	for _, line := range lines {
		for _, char := range line {
			if slices.Contains(all, char) {
				n++
			}
			all = append(all, char)
		}
	}
	return n
}

// Wild returns the share of characters that can be read in either tone. A model that learned
// to please the rules by choosing those would have more of them than poets.
func (v Verse) Wild() float64 {
	wild := 0
	for _, line := range v.Tones {
		for _, tone := range line {
			if tone == Either {
				wild++
			}
		}
	}
	return float64(wild) / float64(max(len(v.Tones)*v.Form, 1))
}

// Distinct2 returns the share of different ones among the pairs of neighbours in the lines of
// poems, a measure of variety: 1 if no pair comes twice, near 0 if the poems are all alike.
// It falls with the number of poems, so compare equal numbers.
//
// After Jiwei Li et al., A Diversity-Promoting Objective Function for Neural Conversation
// Models, NAACL 2016, who divide by the number of words.
func Distinct2(all [][]string) float64 {
	seen := map[string]bool{}
	n := 0
	for _, lines := range all {
		for pair := range neighbours(lines) {
			seen[pair] = true
			n++
		}
	}
	return float64(len(seen)) / float64(max(n, 1))
}

// neighbours yields each two characters that stand side by side in a line.
func neighbours(lines []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, line := range lines {
			before := 0 // bytes of the character before
			for at := range line {
				_, n := utf8.DecodeRuneInString(line[at:])
				if before > 0 && !yield(line[at-before:at+n]) {
					return
				}
				before = n
			}
		}
	}
}
