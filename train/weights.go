package train

import (
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
