package train

import (
	"path/filepath"

	"inkstone/nn"
	"inkstone/nn/tokenizer"
	"inkstone/tensor"
)

// AdapterDir is where a finished run leaves its adapter, inside its directory.
const AdapterDir = "adapter"

// saveFinished writes the model that a run ends with, and a tokenizer if there is one, into
// the run's directory and returns where. Adapters, of a language model or below a scorer's
// head, are written by themselves, the head beside them, and then folded into the model.
func saveFinished(m nn.Model, runDir string, t tokenizer.Tokenizer, backend tensor.Backend) (model, adapter string, err error) {
	model = filepath.Join(runDir, ModelDir)
	if adapted(m) {
		adapter = filepath.Join(runDir, AdapterDir)
		if err := WriteDirAtomic(adapter, ModelWeights(m, backend).Save); err != nil {
			return "", "", err
		}
		m = merge(m, backend)
	}
	return model, adapter, WriteDirAtomic(model, func(dir string) error {
		if err := nn.Save(m, dir); err != nil || t == nil {
			return err
		}
		return t.Save(dir)
	})
}

// adapted reports whether a model, or the one below a scorer's head, learns by adapters.
func adapted(m nn.Model) bool {
	if s, ok := m.(*nn.Scorer); ok {
		m = s.Model
	}
	_, ok := m.(*nn.LoRA)
	return ok
}

// merge folds the adapters of an adapted model into it and returns the model without them.
func merge(m nn.Model, backend tensor.Backend) nn.Model {
	if s, ok := m.(*nn.Scorer); ok {
		s.Merge(backend)
		return s
	}
	l := m.(*nn.LoRA)
	l.Merge(backend)
	return l.Model
}
