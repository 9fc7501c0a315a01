package train

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inkstone/tensor/files"
)

type testConfig struct {
	Model struct {
		Layers int `json:"layers"`
	} `json:"model"`
	LR    float64 `json:"lr"`
	Extra string  `json:"extra,omitempty"`
}

func info() RunInfo {
	c := testConfig{LR: 1e-3}
	c.Model.Layers = 6
	return RunInfo{Config: c, Seed: 1<<64 - 1, Data: map[string]string{"poems": "ab<c>"}, Environment: map[string]string{"threads": "1"}}
}

func openRun(t *testing.T, dir string, i RunInfo, resume bool) *Run {
	t.Helper()
	run, err := OpenRun(dir, i, resume)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { run.Close() })
	return run
}

func TestRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "run")
	run := openRun(t, dir, info(), true) // nothing there: afresh
	if run.Checkpoint != "" || run.Step != 0 {
		t.Errorf("a new run resumes from %s", run.Checkpoint)
	}
	m, err := run.Metrics()
	if err != nil {
		t.Fatal(err)
	}
	for step := 1; step <= 5; step++ {
		m.Write(metric{step, 1})
		if step%2 == 0 {
			if err := run.Save(step, writeStep(step), 2); err != nil {
				t.Fatal(err)
			}
		}
	}
	m.Close()
	created := run.Info.Created
	run.Close()

	other := info()
	other.Environment = map[string]string{"threads": "2"}
	run = openRun(t, dir, other, true)
	if run.Step != 4 || run.Checkpoint != CheckpointDir(dir, 4) || len(run.Warnings) > 0 || !run.Info.Created.Equal(created) {
		t.Errorf("resumed %+v", run)
	}
	if m, err = run.Metrics(); err != nil {
		t.Fatal(err)
	}
	m.Close()
	if text, _ := os.ReadFile(filepath.Join(dir, "metrics.jsonl")); strings.Count(string(text), "\n") != 4 {
		t.Errorf("metrics after resuming from step 4:\n%s", text)
	}
	if text, _ := os.ReadFile(filepath.Join(dir, "run.json")); !strings.Contains(string(text), `"threads": "2"`) || !strings.Contains(string(text), "18446744073709551615") {
		t.Errorf("run.json holds %s", text)
	}
	run.Close()

	os.Remove(filepath.Join(CheckpointDir(dir, 4), "model.safetensors"))
	run = openRun(t, dir, info(), true)
	if run.Step != 2 || len(run.Warnings) != 1 {
		t.Errorf("with a damaged newest checkpoint, resumed from step %d with warnings %v", run.Step, run.Warnings)
	}
}

func TestResumeNamesWhatDiffers(t *testing.T) {
	dir := t.TempDir()
	run := openRun(t, dir, info(), false)
	other := info()
	other.Seed = 7
	run.Close()
	run = openRun(t, dir, other, true) // nothing was saved: afresh, whatever the settings
	run.Close()
	run = openRun(t, dir, info(), true)
	if err := run.Save(1, writeStep(1), 1); err != nil {
		t.Fatal(err)
	}
	run.Close()
	for want, change := range map[string]func(*RunInfo, *testConfig){
		"was started with lr = 0.001, not 0.002":              func(i *RunInfo, c *testConfig) { c.LR = 0.002 },
		"was started with model.layers = 6, not 7":            func(i *RunInfo, c *testConfig) { c.Model.Layers = 7 },
		`was started without extra, which is "x" now`:         func(i *RunInfo, c *testConfig) { c.Extra = "x" },
		"was started with seed = 18446744073709551615, not 7": func(i *RunInfo, c *testConfig) { i.Seed = 7 },
		"was started with data.poems = ":                      func(i *RunInfo, c *testConfig) { i.Data = map[string]string{"poems": "x"} },
	} {
		i := info()
		c := i.Config.(testConfig)
		change(&i, &c)
		i.Config = c
		if _, err := OpenRun(dir, i, true); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), dir) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	openRun(t, dir, info(), true)
}

func TestOpenRunRefuses(t *testing.T) {
	dir := t.TempDir()
	run := openRun(t, dir, info(), false)
	if lock, err := lockDir(dir); err == nil && lock != nil {
		t.Error("the run is not locked")
	}
	if _, err := OpenRun(dir, info(), true); run.lock != nil && (err == nil || !strings.Contains(err.Error(), "another process is training there")) {
		t.Errorf("a run that is in use gave %v", err)
	}
	run.Close()
	if _, err := OpenRun(dir, info(), false); err == nil || !strings.Contains(err.Error(), "already holds a run") {
		t.Errorf("another run's directory gave %v", err)
	}
	os.WriteFile(filepath.Join(dir, "run.json"), []byte("{"), 0o644)
	if _, err := OpenRun(dir, info(), true); err == nil || !strings.Contains(err.Error(), "run.json: unexpected end") {
		t.Errorf("a broken run.json gave %v", err)
	}

	foreign := t.TempDir()
	os.WriteFile(filepath.Join(foreign, "thesis.tex"), nil, 0o644)
	for _, resume := range []bool{false, true} {
		if _, err := OpenRun(foreign, info(), resume); err == nil || !strings.Contains(err.Error(), "holds thesis.tex but no run.json") {
			t.Errorf("somebody's directory gave %v", err)
		}
	}
	if _, err := OpenRun(filepath.Join(foreign, "thesis.tex"), info(), false); err == nil {
		t.Error("a file served as directory")
	}
	i := info()
	i.Config = func() {}
	if _, err := OpenRun(t.TempDir(), i, false); err == nil {
		t.Error("a configuration that JSON cannot hold was recorded")
	}
}

// A run killed before its run.json stood is no obstacle.
func TestOpenRunAfterKill(t *testing.T) {
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "run.json"+files.TempPattern+"1"), []byte("{"), 0o644)
	run := openRun(t, dir, info(), false)
	if run.Checkpoint != "" {
		t.Errorf("resumes from %s", run.Checkpoint)
	}
	if got := names(t, dir); len(got) != 1 || got[0] != "run.json" {
		t.Errorf("left %v", got)
	}
	run.Close()

	// Damaged beyond use: refused, rather than quietly started afresh.
	run = openRun(t, dir, info(), true)
	if err := run.Save(1, writeStep(1), 1); err != nil {
		t.Fatal(err)
	}
	run.Close()
	os.Remove(filepath.Join(CheckpointDir(dir, 1), "state.json"))
	if _, err := OpenRun(dir, info(), true); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "none of the 1 checkpoints") {
		t.Errorf("error %v", err)
	}
}

// Nothing that is not ours is touched in a directory that is refused.
func TestOpenRunLeavesForeignFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"work", "work.old", "checkpoints/step-00000001.old", "checkpoints/x.tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := OpenRun(dir, info(), true); err == nil {
		t.Error("somebody's directory was taken")
	}
	if got := append(names(t, dir), names(t, filepath.Join(dir, "checkpoints"))...); len(got) != 5 {
		t.Errorf("left %v", got)
	}
}
