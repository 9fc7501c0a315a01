// Package files reads large files by mapping them into memory and writes files so that a
// crash at any moment leaves either the old contents or the new, never a mixture.
package files

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// A Mapping is a file's contents as memory. Pages are read when they are first touched and
// can be dropped again by the system, so a model larger than memory can be opened.
//
// The memory is read-only: writing to it ends the program. It is valid until Close. A file
// that another program shortens meanwhile ends the program too; files replaced as
// WriteAtomic does it are safe.
type Mapping struct {
	data   []byte
	mapped bool // data is a mapping, not a copy on the heap
}

// Map maps a regular file. Where the system has no mappings it reads the file.
func Map(path string) (*Mapping, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", path)
	}
	if info.Size() != int64(int(info.Size())) {
		return nil, fmt.Errorf("%s: %d bytes are more than this machine can address", path, info.Size())
	}
	if info.Size() == 0 {
		return &Mapping{}, nil
	}
	m, err := mapFile(f, int(info.Size()))
	if err != nil {
		return nil, fmt.Errorf("%s: mapping %d bytes: %w", path, info.Size(), err)
	}
	return m, nil
}

// Bytes returns the contents.
func (m *Mapping) Bytes() []byte { return m.data }

// readInstead reads a file where it cannot be mapped.
func readInstead(f *os.File, size int) (*Mapping, error) {
	data := make([]byte, size)
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, err
	}
	return &Mapping{data: data}, nil
}

// TempPattern is part of the name of every file that WriteAtomic is still writing. After a
// crash such files may be deleted.
const TempPattern = ".inkstone-tmp-"

// WriteAtomic writes a file: write fills one with a temporary name in the same directory,
// which is forced to disk and then renamed over path. On any error, such as a full disk,
// path keeps its old contents and the temporary file is removed.
func WriteAtomic(path string, write func(f *os.File) error) (err error) {
	dir, base := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	f, err := os.CreateTemp(dir, base+TempPattern+"*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("writing %s: %w", path, err)
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return SyncDir(dir)
}
