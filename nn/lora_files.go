package nn

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"inkstone/autograd"
	"inkstone/tensor"
	"inkstone/tensor/safetensors"
)

// The files of an adapter directory, as PEFT names them.
const (
	AdapterConfigFile  = "adapter_config.json"
	AdapterWeightsFile = "adapter_model.safetensors"
)

// Save writes the adapters into a directory, which is made if it does not exist, in the
// format of PEFT.
func (l *LoRA) Save(dir string) error {
	if len(l.layers) == 0 {
		return errors.New("nn: LoRA: nothing to save, the adapters are merged")
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	data, err := l.marshal()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, AdapterConfigFile), data, 0o666); err != nil {
		return err
	}
	var named []safetensors.Named
	for _, p := range l.params {
		named = append(named, safetensors.Named{Name: p.Name, Tensor: p.Value})
	}
	return safetensors.Write(filepath.Join(dir, AdapterWeightsFile), named, map[string]string{"format": "pt"})
}

// LoadLoRA gives a model, whose weights it freezes, the adapters in a directory. Sizes are
// checked against the file before memory is taken for them; after an error the model is as
// it was.
func LoadLoRA(m Model, dir string, backend tensor.Backend) (*LoRA, error) {
	config := filepath.Join(dir, AdapterConfigFile)
	data, err := readShort(config)
	if err != nil {
		return nil, err
	}
	c, base, err := parseAdapterConfig(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", config, err)
	}
	layers, err := c.layers(m)
	if err != nil {
		return nil, fmt.Errorf("%s: adapter for another base: %w", config, err)
	}
	path := filepath.Join(dir, AdapterWeightsFile)
	f, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for _, l := range layers {
		name := adapterPrefix + l.name() + loraA
		if _, shape, ok := f.Info(name); ok && !slices.Equal(shape, []int{c.Rank, l.inputs()}) {
			return nil, otherBase(path, name, shape, []int{c.Rank, l.inputs()})
		} else if !ok {
			return nil, fmt.Errorf("%s: no tensor %s", path, name)
		}
	}
	adapters, params := newAdapters(m, c, layers)
	if err := fillAdapters(params, f, path, backend); err != nil {
		return nil, err
	}
	l := attach(m, c, layers, adapters, params)
	l.Base = base
	return l, nil
}

// load replaces the adapters' numbers by those in a directory.
func (l *LoRA) load(dir string, backend tensor.Backend) error {
	path := filepath.Join(dir, AdapterWeightsFile)
	f, err := safetensors.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return fillAdapters(l.params, f, path, backend)
}

// fillAdapters copies the tensors of a file to the adapters' parameters.
func fillAdapters(params []*autograd.Variable, f *safetensors.File, path string, backend tensor.Backend) error {
	known := map[string]bool{}
	for _, p := range params {
		known[p.Name] = true
		if _, shape, ok := f.Info(p.Name); !ok {
			return fmt.Errorf("%s: no tensor %s", path, p.Name)
		} else if !slices.Equal(shape, p.Shape()) {
			return otherBase(path, p.Name, shape, p.Shape())
		}
	}
	for _, name := range f.Names() {
		if !known[name] {
			return fmt.Errorf("%s: adapter for another base: tensor %s has no place in the model", path, name)
		}
	}
	for _, p := range params {
		t, err := f.Tensor(p.Name)
		if err != nil {
			return err
		}
		if t.DType() == tensor.Int32 {
			return fmt.Errorf("%s: %s holds integers, not weights", path, p.Name)
		}
		backend.Copy(p.Value, t)
	}
	return nil
}

func otherBase(path, name string, has, want []int) error {
	return fmt.Errorf("%s: adapter for another base: %s has shape %v, the model wants %v", path, name, has, want)
}

// readShort reads a file that has no reason to be long.
func readShort(path string) ([]byte, error) {
	const most = 1 << 20
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && len(data) > most {
		err = fmt.Errorf("%s: more than %d bytes", path, most)
	}
	return data, err
}
