package main

import (
	"context"
	"fmt"
	"path/filepath"

	"inkstone/cmd/inkstone/internal/report"
	"inkstone/train"
)

type dpoCmd struct {
	preferenceFlags
	Loss string  `help:"dpo, or ipo, which stops pushing two answers apart at a margin of 1/(2 beta)." default:"dpo" enum:"dpo,ipo"`
	Beta float64 `help:"How much straying from the model it begins as costs." default:"0.1"`
}

// Help teaches the verb.
func (dpoCmd) Help() string {
	return `Makes a language model prefer the answers that people preferred, straight from pairs or rankings,
without a reward model: direct preference optimisation. A line of the data is {"prompt": "…",
"chosen": "…", "rejected": "…"} or {"prompt": "…", "ranked": ["best", …, "worst"]}. Ctrl-C saves;
--resume goes on.

  inkstone dpo --model sft/model --data pairs.jsonl --out dpo
  inkstone dpo --model sft/model --data pairs.jsonl --out dpo --beta 0.3 --lr 1e-5
  inkstone dpo --model sft/model --data pairs.jsonl --out dpo --lora 8
  inkstone dpo --model sft/model --data pairs.jsonl --out ipo --loss ipo
  inkstone generate --model dpo/model "Write a poem about the moon."`
}

// Run trains the policy.
func (c *dpoCmd) Run(ctx context.Context, u *ui, g *globals) error {
	dev, err := g.backend(u)
	if err != nil {
		return err
	}
	defer dev.Close()
	in, err := c.load("dpo", u, g, dev)
	if err != nil {
		return err
	}
	config := train.DPOConfig{Loss: c.Loss, Beta: c.Beta, FineTuneConfig: c.settings(g, in, 0.02, 1e-6, 2e-4)}
	if err := config.Validate(); err != nil {
		return usageError{err}
	}
	if err := c.checkMemory("dpo", in, in.model.Config()); err != nil {
		return err
	}
	d := &train.DPO{Config: config, Policy: in.model, PreferenceRun: c.run(u, g, dev, in, in.model.Config())}
	result, err := d.Run(ctx, dev)
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
	u.say("Loss %.4f; of %d held-out pairs the policy raised the better answer over the worse in %.1f %%, moving %.4f nats a token.\nModel: %s\nReport: %s",
		h.last("loss", 20), result.Heldout.Pairs, 100*result.Heldout.Accuracy, result.KL, result.Model, filepath.Join(c.Out, reportFile))
	u.event("result", struct {
		preferenceEvent
		KL float64 `json:"kl"`
	}{c.event(result.PreferenceResult, h), result.KL})
	return nil
}

// report describes the run on one page.
func (c *dpoCmd) report(r train.DPOResult, config train.DPOConfig, h history) *report.Report {
	page := preferencePage(r.PreferenceResult, config.FineTuneConfig, h)
	page.Title = "A model learns what people prefer"
	page.Subtitle = "Direct preference optimisation: the better answer of each pair becomes more likely than it was, the worse one less."
	page.Facts = append(page.Facts, report.Fact{Name: "moved", Value: fmt.Sprintf("%.3g", r.KL), Note: "nats a token on held-out answers, from the model it began as"})
	page.Sections[0].Text = fmt.Sprintf("The implicit reward of an answer is how much more likely it has become, in nats, times %g. "+
		"The margin is how much higher it is for the better answer of a pair; accuracy, how often it is.", config.Beta)
	page.Sections[0].Curves = h.curves(
		historyCurve{"loss", "Loss", ""},
		historyCurve{"accuracy", "Better answer raised over the worse", "share of pairs"},
		historyCurve{"margin", "Margin of the implicit reward", ""},
		historyCurve{"kl", "Distance from the model it began as", "nats a token"},
	)
	page.Settings = append([]report.Fact{{Name: "loss", Value: fmt.Sprintf("%s, β %g", config.Loss, config.Beta)}, {Name: "model", Value: c.Model}}, page.Settings...)
	return page
}
