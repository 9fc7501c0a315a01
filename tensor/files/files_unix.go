//go:build unix

package files

import (
	"os"

	"golang.org/x/sys/unix"
)

func mapFile(f *os.File, size int) (*Mapping, error) {
	data, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		if err == unix.ENODEV || err == unix.ENOSYS { // some network and test file systems
			return readInstead(f, size)
		}
		return nil, err
	}
	return &Mapping{data: data, mapped: true}, nil
}

// Close ends the mapping. Nothing that views the memory may be used afterwards.
func (m *Mapping) Close() error {
	data, mapped := m.data, m.mapped
	m.data, m.mapped = nil, false
	if !mapped {
		return nil
	}
	return unix.Munmap(data)
}

// SyncDir forces the names in a directory to disk.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !unsyncable(err) {
		return err
	}
	return nil
}

// unsyncable reports that a file system has no way to sync a directory.
func unsyncable(err error) bool {
	pe, ok := err.(*os.PathError)
	return ok && (pe.Err == unix.EINVAL || pe.Err == unix.ENOTSUP)
}
