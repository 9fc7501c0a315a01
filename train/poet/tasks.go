package poet

import (
	"sync"

	"inkstone/tensor"
	"inkstone/train/prosody"
)

// ExamTasks returns n tasks that no stage of learning meets: the pairs of themes that are kept
// for it, in turn, for lines of seven characters.
func ExamTasks(n int) []Task {
	_, heldout := prosody.Pairs()
	tasks := make([]Task, n)
	for i := range tasks {
		p := heldout[i%len(heldout)]
		tasks[i] = Task{Themes: p[:], Form: 7}
	}
	return tasks
}

// examPairs has the pairs of themes that are kept for the exam, in the order of AllThemes.
var examPairs = sync.OnceValue(func() map[prosody.Pair]bool {
	kept := map[prosody.Pair]bool{}
	_, heldout := prosody.Pairs()
	for _, p := range heldout {
		kept[p] = true
	}
	return kept
})

// examined reports whether two themes together are kept for the exam.
func examined(a, b prosody.Theme) bool {
	return examPairs()[prosody.Pair{a, b}] || examPairs()[prosody.Pair{b, a}]
}

// PracticeTask returns a task to practise on: four times in five a pair of themes that is not
// kept for the exam, in either order, otherwise a single theme.
func PracticeTask(stream tensor.Stream) Task {
	r := tensor.NewRNG(stream)
	if r.Float64() < 0.2 {
		all := prosody.AllThemes()
		return Task{Themes: []prosody.Theme{all[r.IntN(len(all))]}, Form: 7}
	}
	pairs, _ := prosody.Pairs()
	p := pairs[r.IntN(len(pairs))]
	if r.IntN(2) == 1 {
		p[0], p[1] = p[1], p[0]
	}
	return Task{Themes: p[:], Form: 7}
}
