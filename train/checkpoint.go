package train

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"inkstone/tensor/files"
)

// checkpointsDir is the folder of a run that holds its checkpoints.
const checkpointsDir = "checkpoints"

// CheckpointDir returns the folder of a step's checkpoint.
func CheckpointDir(runDir string, step int) string {
	return filepath.Join(runDir, checkpointsDir, fmt.Sprintf("step-%08d", step))
}

// SaveCheckpoint writes the checkpoint of a step: write puts the files (model, optimiser,
// state) into dir, a manifest with their checksums is added, and only then, with all of it
// on disk, the checkpoint gets its name. The program may be killed at any moment; the
// checkpoints before are not touched until this one stands.
//
// Afterwards only the newest keep checkpoints stay (all, if keep is 0). Those of later
// steps are removed: a run that saves step n has gone back behind them, because they were
// damaged. An error, such as a full disk, leaves no trace of the attempt.
func SaveCheckpoint(runDir string, step int, write func(dir string) error, keep int) error {
	all := filepath.Join(runDir, checkpointsDir)
	if err := os.MkdirAll(all, 0o755); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	err := files.SyncDir(runDir)
	if err == nil {
		err = removeLeftovers(all)
	}
	if err == nil {
		err = WriteDirAtomic(CheckpointDir(runDir, step), func(dir string) error {
			if err := write(dir); err != nil {
				return err
			}
			return WriteManifest(dir, step)
		})
	}
	if err != nil {
		return fmt.Errorf("train: checkpoint of step %d not saved, earlier ones are untouched: %w", step, err)
	}
	if err := prune(runDir, step, keep); err != nil {
		return fmt.Errorf("train: removing old checkpoints: %w", err)
	}
	return nil
}

// prune removes checkpoints of later steps than step and all but the newest keep.
func prune(runDir string, step, keep int) error {
	list, err := listCheckpoints(runDir)
	if err != nil {
		return err
	}
	kept := 0
	for _, c := range list {
		if c.step <= step && (keep <= 0 || kept < keep) {
			kept++
			continue
		}
		if err := os.RemoveAll(c.dir); err != nil {
			return err
		}
	}
	return nil
}

// LatestCheckpoint finds the newest checkpoint of a run whose files are all as they were
// written, by their checksums. For each newer one that is damaged there is a warning that
// names the bad file. It changes nothing, so a run that is training can be looked at.
//
// A run without checkpoints gives an empty dir and no error. If there are some, but none
// is whole, that is an error.
func LatestCheckpoint(runDir string) (dir string, step int, warnings []error, err error) {
	list, err := listCheckpoints(runDir)
	if err != nil {
		return "", 0, nil, fmt.Errorf("train: %w", err)
	}
	for _, c := range list {
		m, err := VerifyManifest(c.dir)
		if err == nil && m.Step != c.step {
			err = fmt.Errorf("%s is of step %d", filepath.Join(c.dir, manifestName), m.Step)
		}
		if err == nil {
			return c.dir, c.step, warnings, nil
		}
		if errors.Is(err, fs.ErrPermission) { // perhaps whole: going back behind it would lose it
			return "", 0, warnings, fmt.Errorf("train: %w", err)
		}
		warnings = append(warnings, fmt.Errorf("train: checkpoint of step %d is damaged: %w", c.step, err))
	}
	if len(list) > 0 {
		return "", 0, warnings, fmt.Errorf("train: none of the %d checkpoints in %s can be used; the newest: %w",
			len(list), filepath.Join(runDir, checkpointsDir), warnings[0])
	}
	return "", 0, nil, nil
}

// A savedStep is a checkpoint that may or may not be whole.
type savedStep struct {
	dir  string
	step int
}

// listCheckpoints returns the checkpoints, the newest first. One that was about to be
// replaced when the program was killed follows its successor.
func listCheckpoints(runDir string) ([]savedStep, error) {
	entries, err := os.ReadDir(filepath.Join(runDir, checkpointsDir))
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	var list []savedStep
	for _, e := range entries {
		digits, ok := strings.CutPrefix(strings.TrimSuffix(e.Name(), asideSuffix), "step-")
		step, err := strconv.ParseUint(digits, 10, strconv.IntSize-1)
		if ok && err == nil && e.IsDir() && len(digits) >= 8 {
			list = append(list, savedStep{filepath.Join(runDir, checkpointsDir, e.Name()), int(step)})
		}
	}
	slices.SortStableFunc(list, func(a, b savedStep) int {
		return cmp.Or(cmp.Compare(b.step, a.step), cmp.Compare(a.dir, b.dir))
	})
	return list, nil
}
