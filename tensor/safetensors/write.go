package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"inkstone/tensor"
	"inkstone/tensor/files"
)

// Named is a tensor with the name it has in a file.
type Named struct {
	Name   string
	Tensor *tensor.Tensor
}

// alignment is where the data begins: a multiple of a cache line, so that mapped tensors
// suit vector instructions.
const alignment = 64

// Write writes a file. The same tensors and metadata give the same bytes, whatever their
// order: wide elements come first, so that all are aligned, then names in order. The file
// appears under its name when it is complete and on disk (see files.WriteAtomic).
func Write(path string, tensors []Named, metadata map[string]string) error {
	err := files.WriteAtomic(path, func(f *os.File) error { return WriteTo(f, tensors, metadata) })
	if err != nil {
		return fmt.Errorf("safetensors: %w", err)
	}
	return nil
}

// WriteTo writes the bytes of a file to w.
func WriteTo(w io.Writer, tensors []Named, metadata map[string]string) error {
	sorted := slices.Clone(tensors)
	slices.SortFunc(sorted, func(a, b Named) int {
		if d := b.Tensor.DType().Size() - a.Tensor.DType().Size(); d != 0 {
			return d
		}
		return strings.Compare(a.Name, b.Name)
	})
	header, err := makeHeader(sorted, metadata)
	if err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	for _, n := range sorted {
		if _, err := n.Tensor.WriteTo(w); err != nil {
			return fmt.Errorf("tensor %q: %w", n.Name, err)
		}
	}
	return nil
}

// makeHeader returns the length and the header, padded with spaces to the alignment.
func makeHeader(tensors []Named, metadata map[string]string) ([]byte, error) {
	names := make(map[string]bool)
	var b bytes.Buffer
	b.WriteString("\x00\x00\x00\x00\x00\x00\x00\x00{")
	if len(metadata) > 0 {
		text, err := json.Marshal(metadata) // sorts the keys
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, `"__metadata__":%s`, text)
	}
	at := 0
	for _, n := range tensors {
		if n.Name == "__metadata__" || names[n.Name] {
			return nil, fmt.Errorf("tensor name %q is taken", n.Name)
		}
		if !utf8.ValidString(n.Name) {
			return nil, fmt.Errorf("tensor name %q is not valid UTF-8", n.Name)
		}
		names[n.Name] = true
		if b.Len() > 9 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(n.Name)
		if err != nil {
			return nil, err
		}
		shape, err := json.Marshal(append([]int{}, n.Tensor.Shape()...))
		if err != nil {
			return nil, err
		}
		size := n.Tensor.Bytes()
		fmt.Fprintf(&b, `%s:{"dtype":%q,"shape":%s,"data_offsets":[%d,%d]}`, name, dtypeName(n.Tensor.DType()), shape, at, at+size)
		at += size
	}
	b.WriteByte('}')
	for b.Len()%alignment != 0 {
		b.WriteByte(' ')
	}
	if b.Len() > maxHeader {
		return nil, fmt.Errorf("header of %d bytes, more than the format's limit of %d", b.Len(), maxHeader)
	}
	binary.LittleEndian.PutUint64(b.Bytes(), uint64(b.Len()-8))
	return b.Bytes(), nil
}

func dtypeName(d tensor.DType) string {
	for name, have := range dtypes {
		if have == d {
			return name
		}
	}
	panic("safetensors: no name for " + d.String())
}
