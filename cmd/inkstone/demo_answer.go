package main

import (
	"context"
	"path/filepath"

	"inkstone/nn"
	"inkstone/train"
	"inkstone/train/poet"
)

// answerPlan says how the child learns to answer to a theme.
type answerPlan struct {
	Batch    int               `json:"batch"`
	Famous   int               `json:"famous_repeats"`
	Weight   float32           `json:"theme_weight"` // of words that show the theme, in the loss
	AdamW    train.AdamWConfig `json:"adamw"`
	Schedule train.Schedule    `json:"schedule"`
}

func defaultAnswer() answerPlan {
	p := answerPlan{Batch: 32, Famous: 8, Weight: 4, AdamW: train.DefaultAdamW(),
		Schedule: train.Schedule{Kind: "linear", Peak: 1e-3, Warmup: 30, Steps: 1000, Final: 0.02}}
	p.AdamW.WeightDecay = 0.05
	return p
}

// answer fine-tunes the child on poems with their themes in front.
func (d *demo) answer(ctx context.Context, s *demoStep) error {
	m, err := d.load(reciteDir)
	if err != nil {
		return err
	}
	if err := d.fineTune(ctx, s, m, d.plan.Answer); err != nil {
		return err
	}
	if err := d.examine(ctx, s, m); err != nil {
		return err
	}
	return d.saveModel(m, filepath.Join(d.out, s.Name, train.ModelDir))
}

// fineTune teaches a model, or adapters to it, to answer to themes.
func (d *demo) fineTune(ctx context.Context, s *demoStep, m nn.Model, p answerPlan) error {
	lessons := poet.NewLessons(d.vocab, d.learn, p.Batch, p.Famous, p.Weight, d.plan.Seed)
	t := train.NewTrainer(train.NewOptimizer(m.Parameters(), p.AdamW), d.dev)
	t.Schedule, t.Seed, t.Weights = p.Schedule, d.plan.Seed+1, train.ModelWeights(m, d.dev)
	var batcher train.Batcher
	t.Loss = train.NextToken(m, func(step, _ int) train.Batch { return batcher.Batch(lessons.Examples(step)) })
	meter := newMeter(d.ui, p.Schedule.Steps, train.Plan(m.Config(), p.Batch, m.Config().Context).TrainingFLOPs, d.dev)
	config := struct {
		Verb, Size, Precision string
		answerPlan
	}{"demo " + s.Name, d.plan.Size, d.plan.Precision, p}
	return d.learnIn(ctx, s, config, t, p.Schedule.Steps, func(stats train.Stats) (map[string]any, error) {
		meter.step(stats)
		return nil, nil
	})
}
