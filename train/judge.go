package train

import (
	"inkstone/autograd"
	"inkstone/nn"
	"inkstone/tensor"
)

// A judge asks a scorer for the scores of whole answers, without gradients.
type judge struct {
	scorer *nn.Scorer
	tape   *autograd.Tape
}

func newJudge(s *nn.Scorer, backend tensor.Backend) *judge {
	j := &judge{scorer: s, tape: autograd.NewTape(backend)}
	j.tape.SetGrad(false)
	return j
}

// scores returns the score of each episode. They are valid until the next call.
func (j *judge) scores(episodes []*Episode) []float32 {
	ids, last := layOutSequences(episodes)
	j.tape.Reset()
	return tensor.Data[float32](j.scorer.Scores(j.tape, ids, last).Value)
}

// layOutSequences puts prompts with their answers into rows [B, T] and returns with them the
// place row·T + column of each one's last token.
func layOutSequences(episodes []*Episode) (ids, last *tensor.Tensor) {
	T := 0
	for _, e := range episodes {
		T = max(T, len(e.Prompt)+len(e.Answer))
	}
	ids, last = tensor.New(tensor.Int32, len(episodes), T), tensor.New(tensor.Int32, len(episodes))
	for i, e := range episodes {
		row := tensor.Data[int32](ids)[i*T:]
		copy(row, e.Prompt)
		copy(row[len(e.Prompt):], e.Answer)
		tensor.Data[int32](last)[i] = int32(i*T + len(e.Prompt) + len(e.Answer) - 1)
	}
	return ids, last
}
