package train

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"inkstone/tensor/files"
)

// save writes a checkpoint whose files tell its step.
func save(t *testing.T, run string, step, keep int) {
	t.Helper()
	if err := SaveCheckpoint(run, step, writeStep(step), keep); err != nil {
		t.Fatal(err)
	}
}

func writeStep(step int) func(dir string) error {
	return func(dir string) error {
		for _, name := range []string{"model.safetensors", "optimizer.safetensors", "state.json"} {
			data := strings.Repeat(name+" of step "+strconv.Itoa(step)+"\n", 1000)
			if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
				return err
			}
		}
		return nil
	}
}

// latest returns the step of the newest valid checkpoint and what was wrong with newer ones.
func latest(t *testing.T, run string) (step int, warnings string) {
	t.Helper()
	dir, step, warned, err := LatestCheckpoint(run)
	if err != nil {
		t.Fatal(err)
	}
	if dir != "" {
		data, err := os.ReadFile(filepath.Join(dir, "state.json"))
		if err != nil || !strings.Contains(string(data), " of step "+strconv.Itoa(step)+"\n") {
			t.Fatalf("%s holds %.40q (%v), want step %d", dir, data, err, step)
		}
	}
	return step, errText(errors.Join(warned...))
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestCheckpointsKeepTheLast(t *testing.T) {
	run := t.TempDir()
	if dir, step, warnings, err := LatestCheckpoint(run); dir != "" || step != 0 || warnings != nil || err != nil {
		t.Fatalf("a fresh run has checkpoint %s %d %v %v", dir, step, warnings, err)
	}
	for step := 10; step <= 50; step += 10 {
		save(t, run, step, 2)
	}
	if got, want := names(t, filepath.Join(run, "checkpoints")), []string{"step-00000040", "step-00000050"}; !slices.Equal(got, want) {
		t.Errorf("kept %v, want %v", got, want)
	}
	if got, want := names(t, CheckpointDir(run, 50)), []string{"manifest.json", "model.safetensors", "optimizer.safetensors", "state.json"}; !slices.Equal(got, want) {
		t.Errorf("checkpoint holds %v, want %v", got, want)
	}
	if step, warnings := latest(t, run); step != 50 || warnings != "" {
		t.Errorf("latest is %d (%s), want 50", step, warnings)
	}
	save(t, run, 50, 2) // again, as at the end of a resumed run
	save(t, run, 123456789, 0)
	if step, warnings := latest(t, run); step != 123456789 || warnings != "" {
		t.Errorf("latest is %d (%s), want 123456789", step, warnings)
	}
}

// Each way to damage the newest checkpoint gives a warning that names the file and falls
// back to the one before; the next save clears the damage away.
func TestDamagedCheckpoint(t *testing.T) {
	edit := func(change func([]byte) []byte) func(path string) error {
		return func(path string) error {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(path, change(data), 0o644)
		}
	}
	flip := func(at int) func(path string) error {
		return edit(func(b []byte) []byte { b[at] ^= 1; return b })
	}
	for _, c := range []struct {
		name, file, want string
		damage           func(path string) error
	}{
		{"flipped bit", "model.safetensors", "SHA-256 differs", flip(777)},
		{"truncated", "optimizer.safetensors", "were written", edit(func(b []byte) []byte { return b[:100] })},
		{"longer", "state.json", "were written", edit(func(b []byte) []byte { return append(b, 0) })},
		{"missing", "model.safetensors", "no such file", os.Remove},
		{"empty manifest", "manifest.json", "EOF", edit(func(b []byte) []byte { return nil })},
		{"no manifest", "manifest.json", "no such file", os.Remove},
		{"flipped bit in the manifest", "manifest.json", "manifest.json", flip(0)},
		{"manifest without files", "manifest.json", "lists no files", edit(func([]byte) []byte { return []byte(`{"step":30}`) })},
		{"manifest of another step", "manifest.json", "is of step 31", edit(func(b []byte) []byte {
			return []byte(strings.Replace(string(b), `"step": 30`, `"step": 31`, 1))
		})},
		{"manifest that points elsewhere", "manifest.json", "is no file name", edit(func(b []byte) []byte {
			return []byte(strings.Replace(string(b), `"model.safetensors"`, `"../../x"`, 1))
		})},
	} {
		run := t.TempDir()
		for step := 10; step <= 30; step += 10 {
			save(t, run, step, 3)
		}
		if err := c.damage(filepath.Join(CheckpointDir(run, 30), c.file)); err != nil {
			t.Fatal(err)
		}
		step, warnings := latest(t, run)
		if step != 20 || !strings.Contains(warnings, c.want) || !strings.Contains(warnings, c.file) || strings.Contains(warnings, "\n") {
			t.Errorf("%s: step %d, warned %q, want 20 and %s", c.name, step, warnings, c.want)
		}
		save(t, run, 25, 3)
		if step, warnings := latest(t, run); step != 25 || warnings != "" {
			t.Errorf("%s: after another save, step %d, warned %q, want 25", c.name, step, warnings)
		}
	}
}

func TestAllCheckpointsDamaged(t *testing.T) {
	run := t.TempDir()
	save(t, run, 10, 3)
	save(t, run, 20, 3)
	for _, step := range []int{10, 20} {
		os.Remove(filepath.Join(CheckpointDir(run, step), "state.json"))
	}
	if _, _, warnings, err := LatestCheckpoint(run); err == nil || len(warnings) != 2 || !strings.Contains(err.Error(), "none of the 2") {
		t.Errorf("error %v, warnings %v", err, warnings)
	}
}

// A save that fails half-way, as on a full disk, leaves everything as it was.
func TestFailedSave(t *testing.T) {
	run, full := t.TempDir(), errors.New("no space left on device")
	save(t, run, 10, 1)
	for _, step := range []int{10, 20} {
		err := SaveCheckpoint(run, step, func(dir string) error {
			if err := os.WriteFile(filepath.Join(dir, "model.safetensors"), []byte("half"), 0o644); err != nil {
				return err
			}
			return &os.PathError{Op: "write", Path: "model.safetensors", Err: full}
		}, 1)
		if !errors.Is(err, full) || !strings.Contains(err.Error(), "earlier ones are untouched") {
			t.Errorf("error %v", err)
		}
		if got := names(t, filepath.Join(run, "checkpoints")); !slices.Equal(got, []string{"step-00000010"}) {
			t.Errorf("left %v", got)
		}
	}
	if step, warnings := latest(t, run); step != 10 || warnings != "" {
		t.Errorf("latest is %d (%s), want 10", step, warnings)
	}
}

// What a killed writer leaves is never taken for a checkpoint, and the next save removes it.
func TestLeftovers(t *testing.T) {
	run := t.TempDir()
	save(t, run, 10, 3)
	all := filepath.Join(run, "checkpoints")
	half := filepath.Join(all, "step-00000020"+files.TempPattern+"123")
	if err := os.Mkdir(half, 0o755); err != nil {
		t.Fatal(err)
	}
	writeStep(20)(half)
	WriteManifest(half, 20)
	if step, warnings := latest(t, run); step != 10 || warnings != "" {
		t.Errorf("latest is %d (%s), want 10", step, warnings)
	}
	// Killed between setting the old one aside and giving the new one its name.
	if err := os.Rename(CheckpointDir(run, 10), CheckpointDir(run, 10)+asideSuffix); err != nil {
		t.Fatal(err)
	}
	if step, warnings := latest(t, run); step != 10 || warnings != "" {
		t.Errorf("with 10 set aside, latest is %d (%s), want 10", step, warnings)
	}
	save(t, run, 30, 3)
	if got, want := names(t, all), []string{"step-00000010", "step-00000030"}; !slices.Equal(got, want) {
		t.Errorf("left %v, want %v", got, want)
	}
	save(t, run, 30, 1)
	if step, _ := latest(t, run); step != 30 {
		t.Errorf("latest is %d, want 30", step)
	}
}
