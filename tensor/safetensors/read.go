// Package safetensors reads and writes .safetensors files, the format models are
// exchanged in (https://github.com/huggingface/safetensors#format):
//
//	8 bytes  length N of the header, little-endian
//	N bytes  JSON: {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, …}
//	rest     the elements of all tensors, row-major, little-endian, without gaps
//
// Files come from strangers. A header is believed only after every size in it was checked
// against the bytes that are there.
package safetensors

import (
	"fmt"
	"maps"
	"slices"

	"inkstone/tensor"
	"inkstone/tensor/files"
)

// dtypes maps the format's names to the element types of package tensor.
var dtypes = map[string]tensor.DType{
	"F32": tensor.Float32, "F64": tensor.Float64, "BF16": tensor.BFloat16, "F16": tensor.Float16, "I32": tensor.Int32,
}

// A File is an open .safetensors file.
type File struct {
	path     string // for messages; "" when read from memory
	mapping  *files.Mapping
	data     []byte
	entries  map[string]*entry
	metadata map[string]string
}

// Open maps a file into memory and reads its header. Tensors are read from disk when they
// are used.
func Open(path string) (*File, error) {
	m, err := files.Map(path)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	f, err := read(path, m.Bytes())
	if err != nil {
		m.Close()
		return nil, err
	}
	f.mapping = m
	return f, nil
}

// Read reads a file that is in memory, which must not change while it is used.
func Read(data []byte) (*File, error) { return read("", data) }

func read(path string, file []byte) (*File, error) {
	f := &File{path: path, entries: make(map[string]*entry)}
	entries, metadata, data, err := parseHeader(file)
	if err != nil {
		return nil, f.wrap(err)
	}
	f.data, f.metadata = data, metadata
	for i := range entries {
		f.entries[entries[i].name] = &entries[i]
	}
	return f, nil
}

// wrap names the file in an error.
func (f *File) wrap(err error) error {
	if f.path == "" {
		return fmt.Errorf("safetensors: %w", err)
	}
	return fmt.Errorf("safetensors: %s: %w", f.path, err)
}

// Names returns the names of the tensors, sorted.
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.entries)) }

// Has reports whether the file has a tensor of that name.
func (f *File) Has(name string) bool { return f.entries[name] != nil }

// Info returns a tensor's element type, as the format calls it (F32, I64, …), and its shape.
func (f *File) Info(name string) (dtype string, shape []int, ok bool) {
	e := f.entries[name]
	if e == nil {
		return "", nil, false
	}
	return e.dtype, slices.Clone(e.shape), true
}

// Metadata returns the file's own notes, such as {"format": "pt"}. It may be empty.
func (f *File) Metadata() map[string]string { return maps.Clone(f.metadata) }

// Tensor returns a tensor as a read-only view of the file: writing to its elements ends the
// program, and it must not be used after Close. Elements that cannot be read in place
// because the file does not align them are copied.
//
// It is an error if there is no such tensor, or if package tensor has no such element type
// or not so many dimensions.
func (f *File) Tensor(name string) (*tensor.Tensor, error) {
	e := f.entries[name]
	if e == nil {
		return nil, f.wrap(fmt.Errorf("no tensor %q among its %d", name, len(f.entries)))
	}
	dtype, ok := dtypes[e.dtype]
	if !ok {
		return nil, f.wrap(fmt.Errorf("tensor %q: elements of type %s are not supported (have F64, F32, BF16, F16, I32)", name, e.dtype))
	}
	if len(e.shape) > tensor.MaxDims {
		return nil, f.wrap(fmt.Errorf("tensor %q: %d dimensions, more than the %d supported", name, len(e.shape), tensor.MaxDims))
	}
	if _, ok := extent(e.shape); !ok {
		return nil, f.wrap(fmt.Errorf("tensor %q: shape %v is absurd", name, e.shape))
	}
	return tensor.FromBytes(f.data[e.begin:e.end:e.end], f.mapping, dtype, e.shape...), nil
}

// extent multiplies the sizes of a shape, empty dimensions counted as 1: strides grow with
// them even where there are no elements.
func extent(shape []int) (n uint64, ok bool) {
	n = 1
	for _, s := range shape {
		if uint64(s) > 1<<40/n {
			return n, false
		}
		n *= uint64(max(s, 1))
	}
	return n, true
}

// Close ends the file's mapping, and with it every view that Tensor returned.
func (f *File) Close() error {
	f.entries, f.data = nil, nil
	if f.mapping == nil {
		return nil
	}
	return f.mapping.Close()
}
