package poet

import (
	"context"
	"fmt"

	"inkstone/nn"
	"inkstone/tensor"
	"inkstone/train"
	"inkstone/train/prosody"
)

// together is how many poems are written at once.
const together = 128

// PoemLen returns the number of tokens of a poem of a form without what asks for it.
func PoemLen(form int) int { return RowLen(form) - prefix }

// Compose lets a model write a poem for each task, drawing every character as it is likely.
// Poem i draws from random numbers of its own, named by the purpose.
func Compose(ctx context.Context, m nn.Model, backend tensor.Backend, v *Vocabulary, tasks []Task, seed uint64, purpose string) ([]*train.Episode, error) {
	g := nn.NewBatchGenerator(m, backend)
	var all []*train.Episode
	for first := 0; first < len(tasks); first += together {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		some := tasks[first:min(first+together, len(tasks))]
		prompts, samplers := make([][]int32, len(some)), make([]*nn.Sampler, len(some))
		for i, task := range some {
			prompts[i] = v.Prompt(task.Form, task.Themes...)
			samplers[i] = nn.NewSampler(nn.Sampling{Temperature: 1}, tensor.NewStream(seed, purpose, first+i))
		}
		whole := func(row int, poem []int32) bool { return len(poem) == PoemLen(some[row].Form) }
		answers, err := g.Generate(prompts, PoemLen(7), samplers, whole)
		if err != nil {
			return nil, err
		}
		for i, a := range answers {
			all = append(all, &train.Episode{Prompt: prompts[i], Answer: a})
		}
	}
	return all, nil
}

// ReadTask reads the tokens that ask for a poem.
func (v *Vocabulary) ReadTask(prompt []int32) (Task, error) {
	if len(prompt) != prefix {
		return Task{}, fmt.Errorf("poet: a task of %d tokens, want %d", len(prompt), prefix)
	}
	task := Task{Form: 7}
	if prompt[prefix-1] == v.ID(Five) {
		task.Form = 5
	}
	for _, id := range prompt[:prefix-1] {
		if id != v.ID(None) {
			task.Themes = append(task.Themes, prosody.Theme(v.Tokens[id]))
		}
	}
	return task, nil
}

// Judge has a referee judge episodes. What is no poem of the form that was asked for has a
// bad format.
func (v *Vocabulary) Judge(referee prosody.Referee, episodes []*train.Episode) ([]prosody.Judgement, error) {
	all := make([]prosody.Judgement, len(episodes))
	for i, e := range episodes {
		task, err := v.ReadTask(e.Prompt)
		if err != nil {
			return nil, err
		}
		all[i] = referee.Judge(v.Poem(e.Answer, task.Form), task.Themes)
	}
	return all, nil
}

// RefereeReward rewards poems with the referee's score itself.
func (v *Vocabulary) RefereeReward(referee prosody.Referee) train.RewardFunc {
	return func(episodes []*train.Episode) error {
		judgements, err := v.Judge(referee, episodes)
		for i, j := range judgements {
			episodes[i].Reward = j.Score
		}
		return err
	}
}
