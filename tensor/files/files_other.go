//go:build !unix

package files

import "os"

func mapFile(f *os.File, size int) (*Mapping, error) { return readInstead(f, size) }

// Close forgets the contents. Nothing that views the memory may be used afterwards.
func (m *Mapping) Close() error {
	m.data = nil
	return nil
}

// SyncDir does nothing: this system keeps the names in a directory on its own.
func SyncDir(dir string) error { return nil }
