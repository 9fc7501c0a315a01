// Package npy reads and writes NumPy's array files: .npy holds one array, .npz is a zip
// archive of them (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
// They carry reference results between PyTorch or NumPy and the tests here.
package npy

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strings"

	"inkstone/tensor"
	"inkstone/tensor/files"
)

// ReadFile reads a .npy file.
func ReadFile(path string) (*tensor.Tensor, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("npy: %w", err)
	}
	t, err := decode(data)
	if err != nil {
		return nil, fmt.Errorf("npy: %s: %w", path, err)
	}
	return t, nil
}

// Read reads a .npy file that is in memory. The tensor may view data, which must not
// change while it is used. An array in Fortran's order becomes a strided view.
//
// Elements must be little-endian float64, float32, float16 or int32.
func Read(data []byte) (*tensor.Tensor, error) {
	t, err := decode(data)
	if err != nil {
		return nil, fmt.Errorf("npy: %w", err)
	}
	return t, nil
}

func decode(file []byte) (*tensor.Tensor, error) {
	text, data, err := splitHeader(file)
	if err != nil {
		return nil, err
	}
	h, err := parseHeader(text)
	if err != nil {
		return nil, err
	}
	dtype, ok := dtypes[h.descr]
	if !ok {
		return nil, fmt.Errorf("elements of type %q are not supported (have <f8, <f4, <f2, <i4)", h.descr)
	}
	n, err := count(h.shape)
	if err != nil {
		return nil, err
	}
	if n*uint64(dtype.Size()) != uint64(len(data)) {
		return nil, fmt.Errorf("shape %v of %s needs %d bytes, the file has %d (truncated?)", h.shape, h.descr, n*uint64(dtype.Size()), len(data))
	}
	if !h.fortran {
		return tensor.FromBytes(data, nil, dtype, h.shape...), nil
	}
	return fortran(data, dtype, h.shape), nil
}

// fortran returns a view of elements whose first index runs fastest: the transpose of an
// array of the reversed shape.
func fortran(data []byte, dtype tensor.DType, shape []int) *tensor.Tensor {
	reversed := make([]int, len(shape))
	for i, s := range shape {
		reversed[len(shape)-1-i] = s
	}
	t := tensor.FromBytes(data, nil, dtype, reversed...)
	for i, j := 0, len(shape)-1; i < j; i, j = i+1, j-1 {
		t = t.Transpose(i, j)
	}
	return t
}

// WriteFile writes a .npy file, atomically.
func WriteFile(path string, t *tensor.Tensor) error {
	if err := files.WriteAtomic(path, func(f *os.File) error { return encode(f, t) }); err != nil {
		return fmt.Errorf("npy: %w", err)
	}
	return nil
}

// Write writes the bytes of a .npy file. NumPy has no bfloat16, so that is an error.
func Write(w io.Writer, t *tensor.Tensor) error {
	if err := encode(w, t); err != nil {
		return fmt.Errorf("npy: %w", err)
	}
	return nil
}

func encode(w io.Writer, t *tensor.Tensor) error {
	descr, ok := descrOf(t.DType())
	if !ok {
		return fmt.Errorf("elements of type %v are not supported", t.DType())
	}
	sizes := make([]string, t.NDim())
	for i, s := range t.Shape() {
		sizes[i] = fmt.Sprint(s)
	}
	shape := strings.Join(sizes, ", ")
	if len(sizes) == 1 {
		shape += ","
	}
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, shape)
	for (10+len(text)+1)%64 != 0 {
		text += " "
	}
	var b bytes.Buffer
	b.WriteString(magic + "\x01\x00")
	binary.Write(&b, binary.LittleEndian, uint16(len(text)+1))
	b.WriteString(text + "\n")
	if _, err := w.Write(b.Bytes()); err != nil {
		return err
	}
	_, err := t.WriteTo(w)
	return err
}
