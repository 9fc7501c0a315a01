package train

import (
	"context"
	"errors"
	"fmt"
	"math"

	"inkstone/autograd"
	"inkstone/nn"
	"inkstone/tensor"
)

// RewardConfig says what determines the outcome of training a reward model; it is what
// run.json records.
type RewardConfig struct {
	Loss string `json:"loss"` // "pairs" or "plackett-luce"
	FineTuneConfig
}

// Validate reports the first setting that makes no sense.
func (c RewardConfig) Validate() error {
	if _, err := c.loss(); err != nil {
		return fmt.Errorf("reward: %w", err)
	}
	if err := c.FineTuneConfig.Validate(); err != nil {
		return fmt.Errorf("reward: %w", err)
	}
	return nil
}

func (c RewardConfig) loss() (PreferenceLoss, error) {
	switch c.Loss {
	case "pairs":
		return PairLoss, nil
	case "plackett-luce":
		return PlackettLuceLoss, nil
	}
	return nil, fmt.Errorf("unknown loss %q, want pairs or plackett-luce", c.Loss)
}

// A Reward trains a reward model, which scores an answer to a prompt with one number, on
// rankings (Ouyang et al. 2022, section 3.5; Stiennon et al. 2020, section 3.4). All answers of
// a ranking go through the model in one batch: it would overfit if it met each of them again
// and again in pairs that are batches apart.
type Reward struct {
	Config RewardConfig
	Scorer *nn.Scorer // all of it learns; on an nn.LoRA the adapters and the head
	// Reference are prompts with answers whose mean score becomes 0, so that a reward above 0
	// means better than those; none means the best answers that were learned from.
	Reference [][]int32
	PreferenceRun
}

// A RewardResult is how training a reward model ended.
type RewardResult struct {
	PreferenceResult
	Mean, Deviation float64 // of the reference's scores before Mean was taken off them
}

// Run trains until the last step or until ctx ends.
func (r *Reward) Run(ctx context.Context, backend tensor.Backend) (result RewardResult, err error) {
	if err := r.Config.Validate(); err != nil {
		return result, err
	}
	loss, err := r.Config.loss()
	if err != nil {
		return result, err
	}
	learn, test, err := r.split(r.Scorer.Config(), r.Config.Heldout)
	if err != nil {
		return result, err
	}
	reference := r.Reference
	if len(reference) == 0 {
		for _, x := range learn {
			reference = append(reference, x.sequences()[0])
		}
	}
	rows := max(2, r.Config.Batch*len(r.Rankings[0].Answers))
	method := preferenceMethod{
		config: r.Config, model: r.Scorer,
		loss: func(t *autograd.Tape, ids []int, figures map[string]float64) (*autograd.Variable, int) {
			rankings, sizes := pick(learn, ids)
			scores, tokens := scoresOf(t, r.Scorer, sequencesOf(rankings))
			accuracy, _ := agreement(cut(scores.Value, sizes))
			figures["accuracy"] += accuracy
			return loss(t, scores, sizes), tokens
		},
		finish: func() ([][]float64, error) {
			if result.Mean, result.Deviation, err = centre(r.Scorer, backend, reference, rows); err != nil {
				return nil, err
			}
			return ScoreRankings(r.Scorer, backend, test, r.Config.Batch)
		},
	}
	result.PreferenceResult, err = r.run(ctx, backend, r.Config.FineTuneConfig, learn, test, method)
	return result, err
}

// scoresOf runs a scorer on sequences, shorter ones filled up at the end: no token sees what
// comes after it. It returns the score of each, [N], and the number of tokens read.
func scoresOf(t *autograd.Tape, s *nn.Scorer, sequences [][]int32) (scores *autograd.Variable, tokens int) {
	T := 0
	for _, x := range sequences {
		T = max(T, len(x))
	}
	ids, last := t.Arena().New(tensor.Int32, len(sequences), T), t.Arena().New(tensor.Int32, len(sequences))
	data := tensor.Data[int32](ids)
	clear(data)
	for i, x := range sequences {
		copy(data[i*T:], x)
		tensor.Data[int32](last)[i] = int32(i*T + len(x) - 1)
	}
	return s.Scores(t, ids, last), len(data)
}

// ScoreRankings returns the score of each answer of each ranking, batch rankings at a time.
func ScoreRankings(s *nn.Scorer, backend tensor.Backend, rankings []Ranking, batch int) (all [][]float64, err error) {
	t := autograd.NewTape(backend)
	t.SetGrad(false)
	inBatches(len(rankings), batch, func(ids []int) {
		t.Reset()
		some, sizes := pick(rankings, ids)
		scores, _ := scoresOf(t, s, sequencesOf(some))
		if !backend.AllFinite(scores.Value) {
			err = errors.New("train: the reward model's scores are not finite")
		}
		all = append(all, cut(scores.Value, sizes)...)
	})
	return all, err
}

// centre moves the bias of a scorer's head so that the mean score of sequences is 0, and
// returns what their mean was and their standard deviation.
func centre(s *nn.Scorer, backend tensor.Backend, sequences [][]int32, rows int) (mean, deviation float64, err error) {
	t := autograd.NewTape(backend)
	t.SetGrad(false)
	sum, squares, n := 0.0, 0.0, float64(len(sequences))
	inBatches(len(sequences), rows, func(ids []int) {
		t.Reset()
		scores, _ := scoresOf(t, s, sequences[ids[0]:ids[len(ids)-1]+1])
		for i := range ids {
			x := scores.Value.At(i)
			sum, squares = sum+x, squares+x*x
		}
	})
	mean = sum / n
	if !finite(mean) {
		return 0, 0, errors.New("train: the scores of the reference answers are not finite")
	}
	backend.AddScalar(s.Head.Bias.Value, s.Head.Bias.Value, -mean)
	return mean, math.Sqrt(max(0, squares/n-mean*mean)), nil
}

func sequencesOf(rankings []Ranking) (all [][]int32) {
	for _, r := range rankings {
		all = append(all, r.sequences()...)
	}
	return all
}
