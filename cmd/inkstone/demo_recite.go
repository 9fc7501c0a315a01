package main

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"

	"inkstone/nn"
	"inkstone/tensor"
	"inkstone/train"
	"inkstone/train/poems"
	"inkstone/train/poet"
)

// recitePlan says how the child learns poems by heart.
type recitePlan struct {
	Batch    int               `json:"batch"`
	Famous   int               `json:"famous_repeats"` // times that a famous poem comes an epoch
	Dropout  float64           `json:"dropout"`
	AdamW    train.AdamWConfig `json:"adamw"`
	Schedule train.Schedule    `json:"schedule"`
}

func defaultRecite() recitePlan {
	return recitePlan{Batch: 48, Famous: 20, Dropout: 0.1, AdamW: train.DefaultAdamW(),
		Schedule: train.Schedule{Kind: "cosine", Peak: 2e-3, Warmup: 100, Steps: 2150, Final: 0.05}}
}

// recite pretrains a model on the poems.
func (d *demo) recite(ctx context.Context, s *demoStep) error {
	m, err := d.newPoet()
	if err != nil {
		return err
	}
	c, steps := m.Config(), d.plan.Recite.Schedule.Steps
	d.ui.say("The poet: %s parameters, %d layers of %d channels; %d steps of %d poems", count(float64(c.NumParameters())), c.Layers, c.Channels, steps, d.plan.Recite.Batch)
	meter := newMeter(d.ui, steps, train.Plan(c, d.plan.Recite.Batch, c.Context).TrainingFLOPs, d.dev)
	config := struct {
		Verb, Size, Precision string
		recitePlan
	}{"demo recite", d.plan.Size, d.plan.Precision, d.plan.Recite}
	err = d.learnIn(ctx, s, config, d.reader(m), steps, func(stats train.Stats) (map[string]any, error) {
		meter.step(stats)
		if !pauseAt(stats.Step, steps) {
			return nil, nil
		}
		l, err := d.look(m, stats)
		return map[string]any{"look": l}, err
	})
	if err != nil {
		return err
	}
	if s.Looks, err = readLooks(filepath.Join(d.out, s.Name, metricsFile)); err != nil {
		return err
	}
	if err := d.examine(ctx, s, m); err != nil {
		return err
	}
	if s.Couplets, err = poet.ReciteCouplets(m, d.dev, d.vocab, poems.Famous(d.learn, 108)); err != nil {
		return err
	}
	d.ui.say("Given the first line of a famous poem, the child goes on:")
	for _, x := range s.Recitals {
		d.sayRecital(x)
	}
	for _, x := range s.Couplets {
		if x.Given == "舉頭望山月" {
			d.ui.say("And alone, as people quote it:")
			d.sayRecital(x)
		}
	}
	return d.saveModel(m, filepath.Join(d.out, s.Name, train.ModelDir))
}

func (d *demo) sayRecital(x poet.Recital) {
	tick := "✗"
	if x.Right() {
		tick = "✓"
	}
	d.ui.say("  %s %s，%s。  %s《%s》", tick, x.Given, x.Got, x.Poem.Author, x.Poem.Title)
}

// reader returns the trainer of a model on poems without themes.
func (d *demo) reader(m nn.Model) *train.Trainer {
	p := d.plan.Recite
	t := train.NewTrainer(train.NewOptimizer(m.Parameters(), p.AdamW), d.dev)
	t.Schedule, t.Seed, t.Weights = p.Schedule, d.plan.Seed, train.ModelWeights(m, d.dev)
	batches := poet.NewBatches(d.vocab, d.learn, p.Batch, p.Famous, d.plan.Seed)
	buffers := map[int]train.Batch{} // by length of the rows
	t.Loss = train.NextToken(m, func(step, _ int) train.Batch {
		rows := batches.Rows(step)
		T := len(rows[0]) - 1
		b, ok := buffers[T]
		if !ok {
			b = train.Batch{IDs: tensor.New(tensor.Int32, len(rows), T), Targets: tensor.New(tensor.Int32, len(rows), T)}
			buffers[T] = b
		}
		poet.Fill(tensor.Data[int32](b.IDs), tensor.Data[int32](b.Targets), rows)
		return b
	})
	return t
}

// pauseAt reports whether the child is looked at after a step: at a few points, closer
// together at the beginning, and at the end.
func pauseAt(step, steps int) bool {
	for _, share := range []float64{0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1} {
		if step == max(1, int(share*float64(steps))) {
			return true
		}
	}
	return false
}

// A look is what the child could do at a step.
type look struct {
	Step       int      `json:"step"`
	Perplexity float64  `json:"heldout_perplexity"`
	Recited    float64  `json:"recited"`
	Poem       []string `json:"poem"`
}

// look measures the child in the middle of its learning and lets it write a poem.
func (d *demo) look(m nn.Model, stats train.Stats) (look, error) {
	p := poet.MeasurePerplexity(m, d.dev, d.vocab, d.heldout)
	recitals, err := poet.Recite(m, d.dev, d.vocab, d.famous)
	if err != nil {
		return look{}, err
	}
	poem, err := poet.Write(m, d.dev, d.vocab, 7, nn.Sampling{Temperature: 0.8, TopP: 0.95}, tensor.NewStream(d.plan.Seed, "sample", stats.Step))
	if err != nil {
		return look{}, err
	}
	l := look{Step: stats.Step, Perplexity: p.Character, Recited: poet.Share(recitals), Poem: poem}
	d.ui.say("step %-5d loss %.2f   perplexity of unseen poems %4.0f   recites %2.0f of %d   %s", stats.Step, stats.Loss, l.Perplexity, l.Recited*float64(len(recitals)), len(recitals), strings.Join(poem, ""))
	d.ui.event("sample", l)
	return l, nil
}

// readLooks returns what a run's metrics say of the child along the way.
func readLooks(path string) (looks []look, err error) {
	err = train.ReadJSONL(path, func(_ int, object []byte) error {
		var line struct {
			Look *look `json:"look"`
		}
		err := json.Unmarshal(object, &line)
		if line.Look != nil {
			looks = append(looks, *line.Look)
		}
		return err
	})
	return looks, err
}
