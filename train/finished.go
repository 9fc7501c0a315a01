package train

import (
	"path/filepath"

	"inkstone/nn"
	"inkstone/nn/tokenizer"
	"inkstone/tensor"
)

// AdapterDir is where a finished run leaves its adapter, inside its directory.
const AdapterDir = "adapter"

// saveFinished writes the model that a run ends with into the run's directory and returns
// where. Of an nn.LoRA the adapter is written by itself, and then folded into the model.
func saveFinished(m nn.Model, runDir string, t tokenizer.Tokenizer, backend tensor.Backend) (model, adapter string, err error) {
	model = filepath.Join(runDir, ModelDir)
	if l, ok := m.(*nn.LoRA); ok {
		adapter = filepath.Join(runDir, AdapterDir)
		if err := WriteDirAtomic(adapter, l.Save); err != nil {
			return "", "", err
		}
		l.Merge(backend)
		m = l.Model
	}
	return model, adapter, WriteDirAtomic(model, func(dir string) error {
		if err := nn.Save(m, dir); err != nil {
			return err
		}
		return t.Save(dir)
	})
}
