package train

import (
	"path/filepath"

	"inkstone/nn"
	"inkstone/tensor"
)

// Weights are what training changes, as checkpoints keep them.
type Weights interface {
	// Save writes them to a directory.
	Save(dir string) error
	// Load takes up what Save wrote.
	Load(dir string) error
}

// ModelWeights returns the weights of a model, kept as a model directory.
func ModelWeights(m nn.Model, backend tensor.Backend) Weights { return modelWeights{m, backend} }

type modelWeights struct {
	model   nn.Model
	backend tensor.Backend
}

func (w modelWeights) Save(dir string) error { return nn.Save(w.model, dir) }
func (w modelWeights) Load(dir string) error { return nn.LoadWeights(w.model, dir, w.backend) }

// ScorerWeights returns the weights of a scorer and of the model it reads with, kept as a
// model directory.
func ScorerWeights(s *nn.Scorer, backend tensor.Backend) Weights { return modelWeights{s, backend} }

// Both returns weights that are kept in two folders of a checkpoint.
func Both(a, b Weights) Weights { return bothWeights{a, b} }

type bothWeights [2]Weights

var bothFolders = [2]string{"policy", "value"}

func (w bothWeights) Save(dir string) error {
	for i, name := range bothFolders {
		if err := w[i].Save(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

func (w bothWeights) Load(dir string) error {
	for i, name := range bothFolders {
		if err := w[i].Load(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// NewValueHead returns a value function that reads with a model's own trunk, through a head
// that starts at 0: it expects nothing of any answer.
func NewValueHead(m nn.Model) *nn.Scorer {
	s := nn.NewScorer(m, 0)
	clear(tensor.Data[float32](s.Head.Weight.Value))
	return s
}
