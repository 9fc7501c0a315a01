package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"inkstone/nn"
	"inkstone/train"
	"inkstone/train/poems"
	"inkstone/train/poet"
	"inkstone/train/prosody"
)

// A demoStep is one of the steps of the demo and what came of it. It is kept in result.json
// of the step's directory, so that a demo that was interrupted does not take a finished step
// again.
type demoStep struct {
	Name  string `json:"-"`
	Title string `json:"-"`

	Seconds float64 `json:"seconds"` // of the step, with its examination and with what came before an interruption
	Tokens  int     `json:"tokens"`  // read while learning

	Poems      [][]string      `json:"poems,omitempty"` // written to the tasks of the exam
	Perplexity poet.Perplexity `json:"perplexity"`
	Recited    float64         `json:"recited"` // share of the famous first lines

	Couplets []poet.Recital `json:"couplets,omitempty"`
	Recitals []poet.Recital `json:"recitals,omitempty"`
	Looks    []look         `json:"looks,omitempty"`
	Judge    *judgeResult   `json:"judge,omitempty"`

	judgements []prosody.Judgement
	metrics    history
}

const resultFile = "result.json"

// step takes a step of the demo, or takes up its result if it is done.
func (d *demo) step(ctx context.Context, name, title string, run func(context.Context, *demoStep) error) (*demoStep, error) {
	s := &demoStep{Name: name, Title: title}
	dir := filepath.Join(d.out, name)
	path := filepath.Join(dir, resultFile)
	data, err := os.ReadFile(path)
	if err == nil {
		if err := json.Unmarshal(data, s); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		d.ui.say("\n%s: done before.", title)
	} else if !os.IsNotExist(err) {
		return nil, err
	} else {
		d.ui.say("\n%s.", title)
		before, err := readHistory(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		start := time.Now()
		if err := run(ctx, s); err != nil {
			return nil, err
		}
		s.Seconds = before.total("seconds") + time.Since(start).Seconds()
		after, err := readHistory(dir)
		if err != nil {
			return nil, err
		}
		s.Tokens = int(after.total("tokens"))
		if data, err = json.Marshal(s); err != nil {
			return nil, err
		}
		if err := train.WriteFileAtomic(path, append(data, '\n')); err != nil {
			return nil, err
		}
	}
	s.judgements = d.judgePoems(s.Poems)
	s.metrics, err = readHistory(dir)
	return s, err
}

// learnIn lets a learner take its steps in the run directory of a step of the demo.
func (d *demo) learnIn(ctx context.Context, s *demoStep, config any, l train.Learner, steps int, onStep func(train.Stats) (map[string]any, error)) error {
	run, err := train.OpenRun(filepath.Join(d.out, s.Name), train.RunInfo{
		Config: config, Seed: d.plan.Seed, Data: map[string]string{"poems": poems.Hash()}, Environment: environment(d.dev),
	}, true)
	if err != nil {
		return err
	}
	defer run.Close()
	for _, w := range run.Warnings {
		d.ui.say("warning: %v", w)
	}
	loop := &train.Loop{Run: run, Learner: l, Steps: steps, Every: 30 * time.Second, Keep: 2}
	if err := loop.Start(); err != nil {
		return err
	}
	if run.Step > 0 {
		d.ui.say("Going on after step %d of %d.", run.Step, steps)
	}
	loop.OnStep = onStep
	done, err := loop.Train(ctx)
	if err == nil && done < steps {
		err = errInterrupted
	}
	return err
}

// examine has a poet write to the tasks of the exam, recite, and read unseen poems.
func (d *demo) examine(ctx context.Context, s *demoStep, m nn.Model) error {
	tasks := poet.ExamTasks(d.plan.Improve.Exam)
	episodes, err := poet.Compose(ctx, m, d.dev, d.vocab, tasks, d.plan.Seed, "exam "+s.Name)
	if err != nil {
		return orInterrupted(ctx, err)
	}
	for i, e := range episodes {
		s.Poems = append(s.Poems, d.vocab.Poem(e.Answer, tasks[i].Form))
	}
	s.Perplexity = poet.MeasurePerplexity(m, d.dev, d.vocab, d.heldout)
	if s.Recitals, err = poet.Recite(m, d.dev, d.vocab, d.famous); err != nil {
		return err
	}
	s.Recited = poet.Share(s.Recitals)
	sum := prosody.Summarize(d.judgePoems(s.Poems), d.bootstrap())
	d.ui.say("Examined on %d poems: regulated verse %v, themes %v, perplexity %.0f, recites %.0f of %d", sum.Poems, sum.Regulated, sum.Theme, s.Perplexity.Character, s.Recited*float64(len(d.famous)), len(d.famous))
	d.ui.event("exam", struct {
		Step string `json:"step"`
		stageScores
	}{s.Name, d.scores(s, sum)})
	return nil
}

// judgePoems judges the poems of an exam.
func (d *demo) judgePoems(written [][]string) []prosody.Judgement {
	referee := prosody.Referee{Corpus: d.corpus}
	tasks := poet.ExamTasks(len(written))
	all := make([]prosody.Judgement, len(written))
	for i, lines := range written {
		all[i] = referee.Judge(lines, tasks[i].Themes)
	}
	return all
}

// stageScores are the figures of a step, as the result has them.
type stageScores struct {
	Regulated  float64 `json:"regulated"`
	Perfect    float64 `json:"perfect"`
	Theme      float64 `json:"theme"`
	Novelty    float64 `json:"novelty"`
	Distinct2  float64 `json:"distinct2"`
	Duplicates float64 `json:"duplicates"`
	Wild       float64 `json:"two_tone"`
	Format     float64 `json:"format"`
	Perplexity float64 `json:"perplexity"`
	Recited    float64 `json:"recited"`
}

func (d *demo) scores(s *demoStep, sum prosody.Summary) stageScores {
	return stageScores{
		Regulated: sum.Regulated.Mean, Perfect: sum.Perfect.Mean, Theme: sum.Theme.Mean, Novelty: sum.Novelty.Mean, Distinct2: sum.Distinct2,
		Duplicates: sum.Duplicates.Mean, Wild: sum.Wild.Mean, Format: sum.Format.Mean, Perplexity: s.Perplexity.Character, Recited: s.Recited,
	}
}

// saveModel writes the model that a step ends with.
func (d *demo) saveModel(m nn.Model, dir string) error {
	return train.WriteDirAtomic(dir, func(dir string) error {
		if err := nn.Save(m, dir); err != nil {
			return err
		}
		return d.tok.Save(dir)
	})
}
