package nn

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"inkstone/tensor"
	"inkstone/tensor/safetensors"
)

// The files of a model directory.
const (
	ConfigFile  = "config.json"
	WeightsFile = "model.safetensors"
)

// Save writes a model's config.json and model.safetensors into a directory, which is made
// if it does not exist. The same model always gives the same bytes. Of a LoRA only the
// adapters are written, as LoRA.Save does. A Scorer on a LoRA is refused: a model directory
// has no place for both adapters and head.
func Save(m Model, dir string) error {
	switch m := m.(type) {
	case *Frozen:
		return errors.New("nn: Save: a frozen model has no weights to write: save the one that it was made of")
	case *LoRA:
		return m.Save(dir)
	case *Scorer:
		if _, ok := m.Model.(*LoRA); ok {
			return errors.New("nn: Save: the reward model has adapters: merge them first, or save its LoRA and its head each by itself")
		}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	if err := m.Config().WriteFile(filepath.Join(dir, ConfigFile)); err != nil {
		return err
	}
	var named []safetensors.Named
	for _, p := range m.Parameters() {
		named = append(named, safetensors.Named{Name: p.Name, Tensor: p.Value})
	}
	return safetensors.Write(filepath.Join(dir, WeightsFile), named, map[string]string{"format": "pt"})
}

// Load reads a model directory: config.json says what to build, model.safetensors holds the
// weights, which are converted to dtype.
func Load(dir string, dtype tensor.DType, backend tensor.Backend) (Model, error) {
	c, f, err := openModel(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if c.Scorer {
		return nil, fmt.Errorf("%s is a reward model, which scores text and cannot write it", dir)
	}
	m := build(c, &builder{dtype: dtype, blank: true})
	return m, fill(m, f, filepath.Join(dir, WeightsFile), backend)
}

// openModel reads the configuration of a model directory and opens its weights. Sizes are
// checked against the file before memory is taken for them.
func openModel(dir string) (*Config, *safetensors.File, error) {
	c, err := LoadConfig(filepath.Join(dir, ConfigFile))
	if err != nil {
		return nil, nil, err
	}
	path := filepath.Join(dir, WeightsFile)
	f, err := safetensors.Open(path)
	if err != nil {
		return nil, nil, err
	}
	stored := int64(0)
	for _, name := range f.Names() {
		t, err := f.Tensor(name)
		if err != nil {
			f.Close()
			return nil, nil, err
		}
		stored += int64(t.Len())
	}
	if n := c.NumParameters(); n > stored {
		f.Close()
		return nil, nil, fmt.Errorf("%s holds %d numbers, the model that %s describes has %d", path, stored, ConfigFile, n)
	}
	return c, f, nil
}

// LoadWeights replaces the weights of a model by those in a directory; of a LoRA, those of
// the adapters.
func LoadWeights(m Model, dir string, backend tensor.Backend) error {
	if l, ok := m.(*LoRA); ok {
		return l.load(dir, backend)
	}
	path := filepath.Join(dir, WeightsFile)
	f, err := safetensors.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return fill(m, f, path, backend)
}

// fill copies the tensors of a file to a model's parameters.
func fill(m Model, f *safetensors.File, path string, backend tensor.Backend) error {
	names := map[string]string{} // as we name them, to as the file does
	for _, name := range f.Names() {
		names[canonical(m.Config(), name)] = name
	}
	for _, p := range m.Parameters() {
		name, ok := names[p.Name]
		if !ok {
			return fmt.Errorf("%s: no tensor %s", path, p.Name)
		}
		delete(names, p.Name)
		t, err := f.Tensor(name)
		if err != nil {
			return err
		}
		if !tensor.SameShape(t, p.Value) {
			return fmt.Errorf("%s: %s has shape %v, the model wants %v", path, name, t.Shape(), p.Value.Shape())
		}
		if t.DType() == tensor.Int32 {
			return fmt.Errorf("%s: %s holds integers, not weights", path, name)
		}
		backend.Copy(p.Value, t)
	}
	for ours, name := range names {
		if !derived(m.Config(), ours) {
			return fmt.Errorf("%s: tensor %s has no place in a %s model", path, name, m.Config().ModelType)
		}
	}
	return nil
}

// canonical returns our name for a tensor. Hugging Face's base models leave out the prefix
// that its models with a head have.
func canonical(c *Config, name string) string {
	prefix := "model."
	if c.ModelType == GPT2Type {
		prefix = "transformer."
	}
	if strings.HasPrefix(name, prefix) || strings.HasPrefix(name, "score.") || name == "lm_head.weight" {
		return name
	}
	return prefix + name
}

// derived reports whether a tensor can be worked out from others: a copy of tied weights,
// the causal mask, rotary frequencies.
func derived(c *Config, name string) bool {
	return name == "lm_head.weight" && (c.TiedHead || c.Scorer) ||
		strings.HasSuffix(name, ".attn.bias") || strings.HasSuffix(name, ".attn.masked_bias") ||
		strings.HasSuffix(name, ".rotary_emb.inv_freq")
}
