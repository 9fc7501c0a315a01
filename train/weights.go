package train

import (
	"fmt"
	"os"
	"path/filepath"

	"inkstone/nn"
	"inkstone/tensor"
	"inkstone/tensor/safetensors"
)

// Weights are what training changes, as checkpoints keep them.
type Weights interface {
	// Save writes them to a directory.
	Save(dir string) error
	// Load takes up what Save wrote.
	Load(dir string) error
}

// ModelWeights returns the weights of a model, kept as a model directory; of an nn.LoRA those
// of the adapters, as an adapter directory, and of an nn.Scorer on one also its head's, in a
// file beside them.
func ModelWeights(m nn.Model, backend tensor.Backend) Weights {
	if s, ok := m.(*nn.Scorer); ok && adapted(s) {
		return adaptedScorer{modelWeights{s.Model, backend}, headWeights{s, backend}}
	}
	return modelWeights{m, backend}
}

type modelWeights struct {
	model   nn.Model
	backend tensor.Backend
}

func (w modelWeights) Save(dir string) error { return nn.Save(w.model, dir) }
func (w modelWeights) Load(dir string) error { return nn.LoadWeights(w.model, dir, w.backend) }

// adaptedScorer are the weights of a scorer's adapters and of its head, in one folder.
type adaptedScorer struct {
	adapters modelWeights
	head     headWeights
}

func (w adaptedScorer) Save(dir string) error {
	if err := w.adapters.Save(dir); err != nil {
		return err
	}
	return w.head.Save(dir)
}

func (w adaptedScorer) Load(dir string) error {
	if err := w.adapters.Load(dir); err != nil {
		return err
	}
	return w.head.Load(dir)
}

// bothWeights are those of a policy and of its value function, in two folders of a checkpoint.
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

// headWeights are those of a scorer's head alone.
type headWeights struct {
	scorer  *nn.Scorer
	backend tensor.Backend
}

const headFile = "head.safetensors"

func (w headWeights) Save(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	var named []safetensors.Named
	for _, p := range w.scorer.HeadParameters() {
		named = append(named, safetensors.Named{Name: p.Name, Tensor: p.Value})
	}
	return safetensors.Write(filepath.Join(dir, headFile), named, nil)
}

func (w headWeights) Load(dir string) error {
	path := filepath.Join(dir, headFile)
	f, err := safetensors.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for _, p := range w.scorer.HeadParameters() {
		t, err := f.Tensor(p.Name)
		if err != nil {
			return err
		}
		if t.DType() != p.Value.DType() || !tensor.SameShape(t, p.Value) {
			return fmt.Errorf("%s: %s is %v %v, want %v %v", path, p.Name, t.DType(), t.Shape(), p.Value.DType(), p.Value.Shape())
		}
		w.backend.Copy(p.Value, t)
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
