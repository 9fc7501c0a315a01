package main

import (
	"context"
	"fmt"
	"path/filepath"

	"inkstone/nn"
	"inkstone/tensor"
	"inkstone/train"
	"inkstone/train/poems"
	"inkstone/train/poet"
)

// judgePlan says how the judge learns from the companion's rankings.
type judgePlan struct {
	Rankings int     `json:"rankings"` // to learn from
	Examined int     `json:"examined"` // more, by which the judge is examined
	Own      int     `json:"own"`      // poems of the child's, whose scores have mean 0
	Theme    float64 `json:"theme"`    // the companion's own weight of the themes, beyond the referee's
	Noise    float64 `json:"noise"`    // of the companion, in points of the referee's score
	train.FineTuneConfig
}

func defaultJudge() judgePlan {
	p := judgePlan{Rankings: 5000, Examined: 384, Own: 256, Theme: 0.35, Noise: 0.1, FineTuneConfig: train.FineTuneConfig{
		Batch: 32, Accumulate: 1, AdamW: train.DefaultAdamW(), Heldout: 0.03,
		Schedule: train.Schedule{Kind: "linear", Peak: 5e-4, Warmup: 30, Steps: 430, Final: 0.02},
	}}
	p.AdamW.WeightDecay = 0.05
	return p
}

// judgeResult is how well the judge agrees with rankings that it has not learned from.
type judgeResult struct {
	Accuracy  float64         `json:"accuracy"` // of all pairs, as the companion ranked them
	Clear     float64         `json:"accuracy_clear"`
	Pairs     int             `json:"pairs"`
	ClearOnes int             `json:"pairs_clear"`
	Agreement float64         `json:"agreement"` // of the companion with the referee: the noise
	Judgement train.Judgement `json:"judgement"`
	Deviation float64         `json:"deviation"` // standard deviation of its scores of the child's poems
}

// clearMargin is the difference of the referee's scores from which a pair counts as clear.
const clearMargin = 0.6

// judge teaches a judge, which begins as the child, what the companion prefers.
func (d *demo) judge(ctx context.Context, s *demoStep) error {
	m, err := d.load(answerDir)
	if err != nil {
		return err
	}
	p := d.plan.Judge
	learned, examined := poet.ShareOut(d.learn)
	companion := func(human []poems.Poem) *poet.Companion {
		return &poet.Companion{Vocabulary: d.vocab, Corpus: d.corpus, Human: human, Theme: p.Theme, Noise: p.Noise, Seed: d.plan.Seed}
	}
	rank := func(n int, human []poems.Poem, purpose string) ([]poet.Ranked, error) {
		return companion(human).Rank(ctx, m, d.dev, n, purpose, func(done, total int) { d.ui.progress(done, total, "poems ranked by the companion") })
	}
	rankings, err := rank(p.Rankings, learned, "rankings")
	if err != nil {
		return orInterrupted(ctx, err)
	}
	test, err := rank(p.Examined, examined, "examination")
	if err != nil {
		return orInterrupted(ctx, err)
	}
	scorer := nn.NewScorer(m, d.plan.Seed)
	own, err := d.ownPoems(ctx)
	if err != nil {
		return orInterrupted(ctx, err)
	}
	r := &train.Reward{
		Config: train.RewardConfig{Loss: "pairs", FineTuneConfig: p.FineTuneConfig}, Scorer: scorer, Reference: own,
		PreferenceRun: train.PreferenceRun{
			Rankings: poet.Rankings(rankings), Tokenizer: d.tok,
			Dir: filepath.Join(d.out, s.Name), Seed: d.plan.Seed, Resume: true, Environment: environment(d.dev),
			Data: map[string]string{"poems": poems.Hash(), "rankings": fmt.Sprint(p.Rankings), "noise": fmt.Sprint(p.Noise), "theme": fmt.Sprint(p.Theme), "size": d.plan.Size, "precision": d.plan.Precision},
			Say:  d.ui.say,
		},
	}
	var meter *meter
	r.Begin = func(b train.PreferenceBegin) {
		meter = newMeter(d.ui, b.Steps, train.Plan(m.Config(), 4*p.Batch, m.Config().Context).TrainingFLOPs, d.dev)
	}
	r.OnStep = func(stats train.Stats) { meter.step(stats) }
	result, err := r.Run(ctx, d.dev)
	if err != nil {
		return err
	}
	if result.Steps < result.Planned {
		return errInterrupted
	}
	if s.Judge, err = d.examineJudge(scorer, test); err != nil {
		return err
	}
	s.Judge.Deviation = result.Deviation
	d.ui.say("The judge agrees with the companion on %.1f %% of %d new pairs, on %.1f %% of the %d clear ones", 100*s.Judge.Accuracy, s.Judge.Pairs, 100*s.Judge.Clear, s.Judge.ClearOnes)
	d.ui.event("judge", s.Judge)
	return nil
}

// examineJudge compares the judge with rankings it has not learned from.
func (d *demo) examineJudge(scorer *nn.Scorer, test []poet.Ranked) (*judgeResult, error) {
	scores, err := train.ScoreRankings(scorer, d.dev, poet.Rankings(test), d.plan.Judge.Batch)
	if err != nil {
		return nil, err
	}
	r := &judgeResult{Judgement: train.Judge(scores)}
	r.Accuracy, r.Pairs = r.Judgement.Accuracy, r.Judgement.Pairs
	r.Clear, r.ClearOnes, r.Agreement = poet.ClearAccuracy(scores, test, clearMargin)
	return r, nil
}

// ownPoems returns poems that the child writes to practice tasks after fine-tuning: what the
// judge calls 0 is the child as it was before it improved.
func (d *demo) ownPoems(ctx context.Context) ([][]int32, error) {
	m, err := d.load(answerDir)
	if err != nil {
		return nil, err
	}
	tasks := make([]poet.Task, d.plan.Judge.Own)
	for i := range tasks {
		tasks[i] = poet.PracticeTask(tensor.NewStream(d.plan.Seed, "own poems", i))
	}
	episodes, err := poet.Compose(ctx, m, d.dev, d.vocab, tasks, d.plan.Seed, "own poems")
	var sequences [][]int32
	for _, e := range episodes {
		sequences = append(sequences, append(append([]int32(nil), e.Prompt...), e.Answer...))
	}
	return sequences, err
}

// orInterrupted tells work that was stopped by Ctrl-C from work that failed.
func orInterrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errInterrupted
	}
	return err
}
