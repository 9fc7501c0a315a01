package train

import (
	"fmt"

	"inkstone/nn"
	"inkstone/tensor"
)

// An Episode is a prompt and the answer that a policy gave to it.
type Episode struct {
	Prompt, Answer []int32
	Reward         float64 // of the answer as a whole
}

// A RewardFunc judges answers: it sets the Reward of each episode.
type RewardFunc func(episodes []*Episode) error

// A rollout holds episodes as rows of one length and what is known of each token, in [N, T]
// arrays that lie flat: place i·T + j belongs to the prediction of token j+1 of row i.
type rollout struct {
	episodes []*Episode
	T        int
	ids      []int32   // tokens, 0 behind the end of a row
	targets  []int32   // the next token where it is part of the answer, else −1
	mask     []float32 // 1 where it is, else 0

	logp, reference, values []float32 // by the policy, the reference, the value function
	advantages, returns     []float32
}

// layOut puts episodes into rows.
func layOut(episodes []*Episode) *rollout {
	r := &rollout{episodes: episodes}
	for _, e := range episodes {
		r.T = max(r.T, len(e.Prompt)+len(e.Answer)-1)
	}
	n := len(episodes) * r.T
	r.ids, r.targets = make([]int32, n), make([]int32, n)
	for _, x := range []*[]float32{&r.mask, &r.logp, &r.reference, &r.values, &r.advantages, &r.returns} {
		*x = make([]float32, n)
	}
	for i := range r.targets {
		r.targets[i] = -1
	}
	for i, e := range episodes {
		row := append(append([]int32(nil), e.Prompt...), e.Answer...)
		copy(r.ids[i*r.T:], row[:len(row)-1])
		from, to := r.span(i)
		copy(r.targets[from:to], e.Answer)
		for k := from; k < to; k++ {
			r.mask[k] = 1
		}
	}
	return r
}

// span returns the places of the answer of row i.
func (r *rollout) span(i int) (from, to int) {
	from = i*r.T + len(r.episodes[i].Prompt) - 1
	return from, from + len(r.episodes[i].Answer)
}

// sum adds up the values of x that belong to the answer of row i.
func (r *rollout) sum(x []float32, i int) float64 {
	s := 0.0
	from, to := r.span(i)
	for _, v := range x[from:to] {
		s += float64(v)
	}
	return s
}

// answerTokens returns the number of tokens in all answers.
func (r *rollout) answerTokens() int {
	n := 0
	for _, e := range r.episodes {
		n += len(e.Answer)
	}
	return n
}

// generate lets a policy answer prompts, at temperature 1: the gradient of what follows is
// that of the distribution that was drawn from. Row i draws from its own random numbers.
func generate(g *nn.BatchGenerator, prompts [][]int32, most int, seed uint64, purpose string, iteration int) ([]*Episode, error) {
	samplers := make([]*nn.Sampler, len(prompts))
	for i := range samplers {
		samplers[i] = nn.NewSampler(nn.Sampling{Temperature: 1}, tensor.NewStream(seed, fmt.Sprintf("%s %d", purpose, i), iteration))
	}
	answers, err := g.Generate(prompts, most, samplers, nil)
	if err != nil {
		return nil, err
	}
	episodes := make([]*Episode, len(prompts))
	for i := range episodes {
		episodes[i] = &Episode{Prompt: prompts[i], Answer: answers[i]}
	}
	return episodes, nil
}

// ScoreWith returns a reward function that asks a reward model, rows at a time. The score
// is that of the answer's last token, minus mean and divided by deviation.
func ScoreWith(s *nn.Scorer, backend tensor.Backend, rows int, mean, deviation float64) RewardFunc {
	j := newJudge(s, backend)
	return func(episodes []*Episode) error {
		for len(episodes) > 0 {
			n := min(rows, len(episodes))
			for i, score := range j.scores(episodes[:n]) {
				episodes[i].Reward = (float64(score) - mean) / deviation
			}
			episodes = episodes[n:]
		}
		return nil
	}
}
