package npy

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"inkstone/tensor"
	"inkstone/tensor/files"
)

// MaxArchive is the number of bytes that the arrays of one archive may unpack to. A zip
// file of some kilobytes can claim to hold petabytes.
const MaxArchive = 1 << 30

// maxArrays is the number of arrays an archive may hold.
const maxArrays = 1 << 16

// ReadArchive reads all arrays of a .npz file, by name.
func ReadArchive(path string) (map[string]*tensor.Tensor, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("npz: %w", err)
	}
	arrays, err := unpack(data, MaxArchive)
	if err != nil {
		return nil, fmt.Errorf("npz: %s: %w", path, err)
	}
	return arrays, nil
}

// ParseArchive reads all arrays of a .npz file that is in memory.
func ParseArchive(data []byte) (map[string]*tensor.Tensor, error) {
	arrays, err := unpack(data, MaxArchive)
	if err != nil {
		return nil, fmt.Errorf("npz: %w", err)
	}
	return arrays, nil
}

func unpack(data []byte, limit int64) (map[string]*tensor.Tensor, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	if len(z.File) > maxArrays {
		return nil, fmt.Errorf("%d arrays, more than the limit of %d", len(z.File), maxArrays)
	}
	arrays := make(map[string]*tensor.Tensor)
	for _, entry := range z.File {
		name := strings.TrimSuffix(entry.Name, ".npy")
		if arrays[name] != nil {
			return nil, fmt.Errorf("array %q appears twice", name)
		}
		raw, err := inflate(entry, limit)
		if err != nil {
			return nil, fmt.Errorf("array %q: %w", name, err)
		}
		limit -= int64(len(raw))
		if arrays[name], err = decode(raw); err != nil {
			return nil, fmt.Errorf("array %q: %w", name, err)
		}
	}
	return arrays, nil
}

// inflate unpacks an entry. Memory grows with the bytes that come, not with those claimed.
func inflate(entry *zip.File, limit int64) ([]byte, error) {
	r, err := entry.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(io.LimitReader(r, limit+1)); err != nil {
		return nil, err
	}
	if int64(b.Len()) > limit {
		return nil, fmt.Errorf("unpacks to more than the limit for an archive, %d bytes", MaxArchive)
	}
	return b.Bytes(), nil
}

// WriteArchive writes arrays to a compressed .npz file, atomically. The same arrays give
// the same bytes.
func WriteArchive(path string, arrays map[string]*tensor.Tensor) error {
	err := files.WriteAtomic(path, func(f *os.File) error {
		z := zip.NewWriter(f)
		for _, name := range slices.Sorted(maps.Keys(arrays)) {
			entry, err := z.Create(name + ".npy")
			if err != nil {
				return err
			}
			if err := encode(entry, arrays[name]); err != nil {
				return fmt.Errorf("array %q: %w", name, err)
			}
		}
		return z.Close()
	})
	if err != nil {
		return fmt.Errorf("npz: %w", err)
	}
	return nil
}
