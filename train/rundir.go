package train

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// The files of a run, beside its checkpoints.
const (
	runName     = "run.json"
	metricsName = "metrics.jsonl"
)

// RunInfo is what run.json records about a run. Config, Seed and Data decide which numbers
// come out: a run can be resumed only with the same. Environment may change.
type RunInfo struct {
	Config      any               `json:"config"` // anything JSON can hold
	Seed        uint64            `json:"seed"`
	Data        map[string]string `json:"data"`        // hash of each data set, by name
	Environment map[string]string `json:"environment"` // versions, device, instruction set, threads
	Created     time.Time         `json:"created"`     // set by OpenRun
}

// A Run is the directory of a training run: run.json, metrics.jsonl and checkpoints.
type Run struct {
	Dir        string
	Info       RunInfo
	Checkpoint string  // directory to resume from; "" to start afresh
	Step       int     // of that checkpoint
	Warnings   []error // newer checkpoints that are damaged
	lock       *os.File
}

// OpenRun takes up a directory for a run, or makes it, and locks it against other
// processes until Close.
//
// Without resume the directory must be new or empty. With it, a run that is there is taken
// up from its newest valid checkpoint if info agrees with its run.json; else the error
// names the first setting that differs. A run that has not saved anything yet, or is not
// there, starts afresh.
func OpenRun(dir string, info RunInfo, resume bool) (*Run, error) {
	run := &Run{Dir: dir, Info: info}
	if err := run.open(resume); err != nil {
		run.Close()
		return nil, fmt.Errorf("train: %w", err)
	}
	return run, nil
}

func (r *Run) open(resume bool) (err error) {
	if err := os.MkdirAll(r.Dir, 0o755); err != nil {
		return err
	}
	if r.lock, err = lockDir(r.Dir); err != nil {
		return err
	}
	if err := errors.Join(removeLeftovers(r.Dir), removeLeftovers(filepath.Join(r.Dir, checkpointsDir))); err != nil {
		return err
	}
	before, err := readRun(r.Dir)
	switch {
	case os.IsNotExist(err):
		entries, err := os.ReadDir(r.Dir)
		if err != nil {
			return err
		}
		if len(entries) > 0 {
			return fmt.Errorf("%s holds %s but no %s: it is no run; choose another directory", r.Dir, entries[0].Name(), runName)
		}
	case err != nil:
		return err
	case !resume:
		return fmt.Errorf("%s already holds a run, of %s; resume it or choose another directory", r.Dir, before.Created.Format(time.DateTime))
	default:
		if r.Checkpoint, r.Step, r.Warnings, err = LatestCheckpoint(r.Dir); err != nil {
			return err
		}
	}
	if r.Checkpoint != "" {
		if err := sameRun(before, r.Info); err != nil {
			return fmt.Errorf("%s: %w; resume with the same settings or choose another directory", r.Dir, err)
		}
		r.Info.Created = before.Created
	} else {
		r.Info.Created = time.Now().UTC().Truncate(time.Second)
	}
	data, err := json.MarshalIndent(r.Info, "", "  ")
	if err != nil {
		return err
	}
	return WriteFileAtomic(filepath.Join(r.Dir, runName), append(data, '\n'))
}

// Metrics opens the run's metrics.jsonl behind the step it is resumed from.
func (r *Run) Metrics() (*Metrics, error) {
	return OpenMetrics(filepath.Join(r.Dir, metricsName), r.Step)
}

// Save saves the checkpoint of a step; see SaveCheckpoint.
func (r *Run) Save(step int, write func(dir string) error, keep int) error {
	return SaveCheckpoint(r.Dir, step, write, keep)
}

// Close gives the directory free.
func (r *Run) Close() error {
	if r.lock == nil {
		return nil
	}
	err := r.lock.Close()
	r.lock = nil
	return err
}

func readRun(dir string) (info RunInfo, err error) {
	path := filepath.Join(dir, runName)
	data, err := os.ReadFile(path)
	if err != nil {
		return info, err
	}
	if err := json.Unmarshal(data, &info); err != nil {
		return info, fmt.Errorf("%s: %w", path, err)
	}
	return info, nil
}

// sameRun reports the first thing in which a run as it was recorded differs from what is
// to be resumed.
func sameRun(before, now RunInfo) error {
	was, err := settings(before)
	if err != nil {
		return err
	}
	is, err := settings(now)
	if err != nil {
		return err
	}
	all := maps.Clone(was)
	maps.Copy(all, is)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		switch a, b := was[key], is[key]; {
		case a == b:
		case a == "":
			return fmt.Errorf("the run was started without %s, which is %s now", key, b)
		case b == "":
			return fmt.Errorf("the run was started with %s = %s, which is missing now", key, a)
		default:
			return fmt.Errorf("the run was started with %s = %s, not %s", key, a, b)
		}
	}
	return nil
}

// settings lists what decides the outcome of a run, each with its JSON: model.layers is
// "6", for example, if Config has a "model" with "layers".
func settings(info RunInfo) (map[string]string, error) {
	list := make(map[string]string)
	for _, part := range []struct {
		name  string
		value any
	}{{"", info.Config}, {"seed", info.Seed}, {"data", info.Data}} {
		data, err := json.Marshal(part.value)
		if err != nil {
			return nil, err
		}
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.UseNumber()
		var value any
		if err := dec.Decode(&value); err != nil {
			return nil, err
		}
		flatten(list, part.name, value)
	}
	return list, nil
}

func flatten(list map[string]string, name string, value any) {
	object, ok := value.(map[string]any)
	if !ok {
		data, err := json.Marshal(value)
		if err != nil { // value came from JSON
			panic(err)
		}
		list[name] = string(data)
		return
	}
	for key, v := range object {
		if name != "" {
			key = name + "." + key
		}
		flatten(list, key, v)
	}
}
