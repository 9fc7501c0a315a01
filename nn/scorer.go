package nn

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"inkstone/autograd"
	"inkstone/tensor"
)

// A Scorer is a transformer whose output head is replaced by one that gives a single number
// for a sequence: a reward model, which judges answers (Ziegler et al. 2019, "Fine-tuning
// language models from human preferences", section 2.1), or a value function, which judges
// every beginning of one. On disk it is Hugging Face's …ForSequenceClassification with one
// label.
type Scorer struct {
	Model
	Head *Linear // C → 1

	config *Config
}

// NewScorer puts a fresh head on a model, whose weights it shares: normal with standard
// deviation 1/√(C+1) (Stiennon et al. 2020, "Learning to summarize from human feedback",
// appendix B.1). The bias serves to centre the scores.
func NewScorer(m Model, seed uint64) *Scorer {
	return scorerOf(m, &builder{dtype: dtypeOf(m), seed: seed})
}

func scorerOf(m Model, b *builder) *Scorer {
	c := *m.Config()
	c.Scorer = true
	head := b.linear("score", c.Channels, 1, 1/math.Sqrt(float64(c.Channels+1)), true)
	return &Scorer{Model: m, Head: head, config: &c}
}

// LoadScorer reads a model directory that holds a Scorer.
func LoadScorer(dir string, dtype tensor.DType, backend tensor.Backend) (*Scorer, error) {
	c, f, err := openModel(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if !c.Scorer {
		return nil, fmt.Errorf("%s is a language model, not a reward model", dir)
	}
	s := scorerOf(build(c, &builder{dtype: dtype, blank: true}), &builder{dtype: dtype, blank: true})
	return s, fill(s, f, filepath.Join(dir, WeightsFile), backend)
}

// Config returns the architecture.
func (s *Scorer) Config() *Config { return s.config }

// Parameters returns those of the model, which of a LoRA are the adapters', and the head's.
func (s *Scorer) Parameters() []*autograd.Variable {
	return append(slices.Clone(s.Model.Parameters()), s.HeadParameters()...)
}

// HeadParameters returns the head's alone, where the model below it is learned elsewhere or
// not at all.
func (s *Scorer) HeadParameters() []*autograd.Variable {
	return []*autograd.Variable{s.Head.Weight, s.Head.Bias}
}

// Merge folds the adapters of the model, which must be a LoRA, into its weights; see LoRA.Merge.
// The Scorer is then one without adapters, and can be saved.
func (s *Scorer) Merge(backend tensor.Backend) {
	l := s.Model.(*LoRA)
	l.Merge(backend)
	s.Model = l.Model
}

// Values returns a number for every position of ids [B, T]: what the sequence is worth as
// far as there, [B, T].
func (s *Scorer) Values(t *autograd.Tape, ids *tensor.Tensor) *autograd.Variable {
	return t.Reshape(s.Head.Forward(t, s.Hidden(t, ids, nil)), ids.Dim(0), ids.Dim(1)) // [B, T, 1] → [B, T]
}

// Scores returns a number for each sequence of ids [B, T], [B]: the value at its last
// token, whose position last [B] (Int32) gives as row·T + column.
func (s *Scorer) Scores(t *autograd.Tape, ids, last *tensor.Tensor) *autograd.Variable {
	hidden := s.Hidden(t, ids, nil)                      // [B, T, C]
	flat := t.Reshape(hidden, -1, hidden.Dim(2))         // [B·T, C]
	scores := s.Head.Forward(t, t.Embedding(flat, last)) // [B, 1]
	return t.Reshape(scores, ids.Dim(0))
}
