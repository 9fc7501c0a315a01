package train

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"inkstone/tensor/files"
)

// asideSuffix marks a directory that is about to be replaced, until its successor stands.
const asideSuffix = ".inkstone-old"

// WriteFileAtomic writes a file so that a crash leaves the old contents or the new.
func WriteFileAtomic(path string, data []byte) error {
	return files.WriteAtomic(path, func(f *os.File) error {
		_, err := f.Write(data)
		return err
	})
}

// WriteDirAtomic makes a directory: write fills a temporary one beside it, whose files are
// forced to disk before it gets its name. On any error the temporary one is removed and
// path is as it was. A directory that path named before steps aside under the name
// path.inkstone-old and is removed when its successor stands.
func WriteDirAtomic(path string, write func(dir string) error) (err error) {
	parent, base := filepath.Split(filepath.Clean(path))
	if parent == "" {
		parent = "."
	}
	temp, err := os.MkdirTemp(parent, base+files.TempPattern+"*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(temp)
			err = fmt.Errorf("writing %s: %w", path, err)
		}
	}()
	if err := os.Chmod(temp, 0o755); err != nil {
		return err
	}
	if err := write(temp); err != nil {
		return err
	}
	if err := syncTree(temp); err != nil {
		return err
	}
	aside := path + asideSuffix
	if err := os.RemoveAll(aside); err != nil {
		return err
	}
	if err := os.Rename(path, aside); err != nil && !os.IsNotExist(err) {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		os.Rename(aside, path)
		return err
	}
	if err := files.SyncDir(parent); err != nil {
		return err
	}
	return os.RemoveAll(aside)
}

// syncTree forces all files of a directory, and their names, to disk.
func syncTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return files.SyncDir(path)
		}
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		return f.Sync()
	})
}

// removeLeftovers deletes what writers that were killed left in a directory: temporary
// files and directories, and directories whose successor stands. One without a successor
// gets its name back. Nobody may be writing to the directory.
func removeLeftovers(dir string) error {
	entries, err := os.ReadDir(dir)
	if os.IsNotExist(err) {
		return nil
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		standing, isAside := strings.CutSuffix(path, asideSuffix)
		switch {
		case strings.Contains(e.Name(), files.TempPattern):
			err = os.RemoveAll(path)
		case isAside && e.IsDir():
			if _, missing := os.Stat(standing); os.IsNotExist(missing) {
				err = os.Rename(path, standing)
			} else {
				err = os.RemoveAll(path)
			}
		}
		if err != nil {
			return err
		}
	}
	return err
}
