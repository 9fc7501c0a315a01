package train

import (
	"context"
	"fmt"
	"time"
)

// A Learner takes steps that can be saved and gone on from: a Trainer, or one of the methods
// of reinforcement learning, whose steps are larger.
type Learner interface {
	// Step takes step number step, counted from 0.
	Step(step int) (Stats, error)
	// Save writes what is needed to go on after the last step, bit for bit, to a directory.
	Save(dir string) error
	// Load takes up what Save wrote.
	Load(dir string) error
}

// A Loop lets a Learner take a number of steps inside a run's directory: it goes on from the
// run's checkpoint, writes metrics and checkpoints, and stops in good order.
type Loop struct {
	Run     *Run
	Learner Learner
	Steps   int
	// Every is how often a checkpoint is written. One is always written at the end and when
	// the run is interrupted.
	Every time.Duration
	Keep  int // checkpoints kept, the newest ones

	// OnStep is called after each step. What it returns, beside the error, becomes part of
	// the step's line in metrics.jsonl.
	OnStep func(s Stats) (extra map[string]any, err error)
}

// Start loads the run's checkpoint, if it has one. The run then stands at Run.Step.
func (l *Loop) Start() error {
	if l.Run.Checkpoint == "" {
		return nil
	}
	return l.Learner.Load(l.Run.Checkpoint)
}

// Train takes the steps that are left, until Steps are done or ctx ends, and returns the
// number of steps done: fewer than Steps mean that the run was interrupted and can be
// resumed. On an error the last checkpoint stays as it is.
func (l *Loop) Train(ctx context.Context) (done int, err error) {
	step := l.Run.Step
	metrics, err := l.Run.Metrics()
	if err != nil {
		return step, err
	}
	defer func() {
		if e := metrics.Close(); err == nil {
			err = e
		}
	}()
	saved, last := step, time.Now()
	for ; step < l.Steps && ctx.Err() == nil; step++ {
		s, err := l.Learner.Step(step)
		if err != nil {
			return step, fmt.Errorf("%w (the last checkpoint is of step %d)", err, saved)
		}
		if err := l.note(metrics, s); err != nil {
			return step, err
		}
		if time.Since(last) >= l.Every && step+1 < l.Steps {
			if err := l.save(metrics, step+1); err != nil {
				return step + 1, err
			}
			saved, last = step+1, time.Now()
		}
	}
	if step > saved {
		return step, l.save(metrics, step)
	}
	return step, nil
}

// save writes the checkpoint of a step. The metrics up to it come first, so that they are
// complete wherever a run is resumed.
func (l *Loop) save(metrics *Metrics, step int) error {
	if err := metrics.Sync(); err != nil {
		return err
	}
	return l.Run.Save(step, l.Learner.Save, l.Keep)
}

// note writes a step's line of metrics.
func (l *Loop) note(m *Metrics, s Stats) error {
	line := map[string]any{
		"step": s.Step, "loss": s.Loss, "lr": s.LR, "grad_norm": s.GradNorm, "tokens": s.Tokens, "seconds": s.Time.Seconds(),
	}
	for name, x := range s.Figures {
		line[name] = x
	}
	if l.OnStep != nil {
		extra, err := l.OnStep(s)
		if err != nil {
			return err
		}
		for k, v := range extra {
			line[k] = v
		}
	}
	return m.Write(line)
}
