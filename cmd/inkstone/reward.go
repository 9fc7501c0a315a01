package main

import (
	"context"
	"fmt"
	"path/filepath"

	"inkstone/cmd/inkstone/internal/report"
	"inkstone/nn"
	"inkstone/train"
)

type rewardCmd struct {
	preferenceFlags
	Loss string `help:"What is learned of a ranking: pairs (each of its pairs) or plackett-luce (the whole order)." default:"pairs" enum:"pairs,plackett-luce"`
}

// Help teaches the verb.
func (rewardCmd) Help() string {
	return `Trains a reward model, which scores an answer with one number, on answers that people ranked. A line
of the data is {"prompt": "…", "chosen": "…", "rejected": "…"} or {"prompt": "…", "ranked": ["best",
…, "worst"]}. The best answers score 0 in the mean. Ctrl-C saves; --resume goes on.

  inkstone reward --model sft/model --data rankings.jsonl --out reward
  inkstone reward --model sft/model --data a.jsonl --data b.jsonl --out reward --epochs 2 --lr 1e-5
  inkstone reward --model sft/model --data rankings.jsonl --out reward --lora 8
  inkstone reward --model sft/model --data rankings.jsonl --out reward --resume`
}

// Run trains the reward model.
func (c *rewardCmd) Run(ctx context.Context, u *ui, g *globals) error {
	dev, err := g.backend(u)
	if err != nil {
		return err
	}
	defer dev.Close()
	in, err := c.load("reward", u, g, dev)
	if err != nil {
		return err
	}
	config := train.RewardConfig{Loss: c.Loss, FineTuneConfig: c.settings(g, in, 0.06, 1e-5, 3e-4)}
	if err := config.Validate(); err != nil {
		return usageError{err}
	}
	s := nn.NewScorer(in.model, g.Seed)
	if err := c.checkMemory("reward", in, s.Config()); err != nil {
		return err
	}
	r := &train.Reward{Config: config, Scorer: s, PreferenceRun: c.run(u, g, dev, in, s.Config())}
	result, err := r.Run(ctx, dev)
	if err != nil {
		return err
	}
	if result.Heldout == nil {
		c.interrupted(u, result.PreferenceResult)
		return nil
	}
	h, err := readHistory(c.Out)
	if err != nil {
		return err
	}
	if err := c.report(result, config, h).WriteFile(filepath.Join(c.Out, reportFile)); err != nil {
		return err
	}
	if result.Adapter != "" {
		u.say("Adapter: %s", result.Adapter)
	}
	u.say("Loss %.4f; of %d held-out pairs %.1f %% are judged as people did.\nModel: %s\nReport: %s", h.last("loss", 20), result.Heldout.Pairs, 100*result.Heldout.Accuracy, result.Model, filepath.Join(c.Out, reportFile))
	u.event("result", c.event(result.PreferenceResult, h))
	return nil
}

// report describes the run on one page.
func (c *rewardCmd) report(r train.RewardResult, config train.RewardConfig, h history) *report.Report {
	page := preferencePage(r.PreferenceResult, config.FineTuneConfig, h)
	page.Title = "A judge learns from rankings"
	page.Subtitle = "A reward model scores each answer with one number: the higher, the more people would like it."
	page.Facts = append(page.Facts, report.Fact{Name: "spread", Value: fmt.Sprintf("%.2f", r.Deviation), Note: "standard deviation of the best answers' scores, whose mean is 0"})
	page.Sections[0].Text = "The loss is how surprised the judge is by what people preferred; one that knows nothing has " +
		"0.69 on pairs. The accuracy is over the pairs of each batch, before the judge learned from it."
	page.Sections[0].Curves = h.curves(
		historyCurve{"loss", "Loss", "nats"},
		historyCurve{"accuracy", "Pairs judged as people did", "share"},
	)
	page.Settings = append([]report.Fact{{Name: "loss", Value: config.Loss}, {Name: "model", Value: c.Model}}, page.Settings...)
	return page
}
