package files_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"inkstone/tensor/files"
)

func TestMap(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	for _, want := range []string{"hello", ""} {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		m, err := files.Map(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(m.Bytes()) != want {
			t.Errorf("mapped %q, want %q", m.Bytes(), want)
		}
		for range 2 {
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	for _, bad := range []string{filepath.Dir(path), path + "-missing"} {
		if _, err := files.Map(bad); err == nil {
			t.Errorf("Map(%s) succeeded", bad)
		}
	}
}

// A writer that fails, as on a full disk, leaves the old file and nothing else.
func TestWriteAtomic(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	put := func(s string, fail error) error {
		return files.WriteAtomic(path, func(f *os.File) error {
			if _, err := f.WriteString(s); err != nil {
				return err
			}
			return fail
		})
	}
	if err := put("old", nil); err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space left on device")
	if err := put("half of the new", full); !errors.Is(err, full) {
		t.Errorf("error %v, want %v", err, full)
	}
	check := func(want string) {
		t.Helper()
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("file holds %q (%v), want %q", got, err, want)
		}
		if names, _ := os.ReadDir(dir); len(names) != 1 {
			t.Errorf("directory holds %v, want x alone", names)
		}
	}
	check("old")
	if err := put("new", nil); err != nil {
		t.Fatal(err)
	}
	check("new")
	if err := files.WriteAtomic(filepath.Join(dir, "no", "x"), func(*os.File) error { return nil }); err == nil {
		t.Error("wrote into a directory that does not exist")
	}
}
