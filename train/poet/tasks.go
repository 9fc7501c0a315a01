package poet

import (
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
