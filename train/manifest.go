package train

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// manifestName is the file of a checkpoint that vouches for the others.
const manifestName = "manifest.json"

// A Manifest lists the files of a checkpoint, so that one that was truncated or whose bits
// have changed is noticed before it is used.
type Manifest struct {
	Step  int            `json:"step"`
	Files []ManifestFile `json:"files"`
}

// ManifestFile is a file as it was when the checkpoint was written.
type ManifestFile struct {
	Name   string `json:"name"` // with slashes between folders
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"` // hexadecimal
}

// WriteManifest lists all files of a directory, and of those in it, in its manifest.json.
func WriteManifest(dir string, step int) error {
	m := Manifest{Step: step, Files: []ManifestFile{}}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error { // sorted by name
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil || name == manifestName {
			return err
		}
		if !d.Type().IsRegular() {
			return fmt.Errorf("%s is not a regular file", path)
		}
		sum, size, err := hashFile(path)
		m.Files = append(m.Files, ManifestFile{filepath.ToSlash(name), size, sum})
		return err
	})
	if err != nil {
		return err
	}
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return WriteFileAtomic(filepath.Join(dir, manifestName), append(data, '\n'))
}

// VerifyManifest checks every file of a directory against its manifest.json and returns
// that. An error names the first file that is missing or has changed.
func VerifyManifest(dir string) (*Manifest, error) {
	path := filepath.Join(dir, manifestName)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m := new(Manifest)
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(m); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(m.Files) == 0 {
		return nil, fmt.Errorf("%s: lists no files", path)
	}
	for _, f := range m.Files {
		if !fs.ValidPath(f.Name) || !filepath.IsLocal(filepath.FromSlash(f.Name)) {
			return nil, fmt.Errorf("%s: %q is no file name", path, f.Name)
		}
		file := filepath.Join(dir, filepath.FromSlash(f.Name))
		info, err := os.Stat(file)
		if err != nil {
			return nil, err
		}
		if info.Size() != f.Size {
			return nil, fmt.Errorf("%s has %d bytes, %d were written", file, info.Size(), f.Size)
		}
		sum, _, err := hashFile(file)
		if err != nil {
			return nil, err
		}
		if sum != f.SHA256 {
			return nil, fmt.Errorf("%s has changed since it was written (its SHA-256 differs)", file)
		}
	}
	return m, nil
}

// hashFile returns a file's SHA-256, in hexadecimal, and its size.
func hashFile(path string) (sum string, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", 0, err
	}
	if !info.Mode().IsRegular() {
		return "", 0, errors.New(path + " is not a regular file")
	}
	h := sha256.New()
	size, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), size, err
}
