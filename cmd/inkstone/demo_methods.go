package main

import (
	"context"
	"fmt"
	"path/filepath"

	"inkstone/cmd/inkstone/internal/report"
	"inkstone/nn"
	"inkstone/train"
	"inkstone/train/poems"
	"inkstone/train/poet"
	"inkstone/train/prosody"
)

// methodsPlan says how the other methods learn that --methods compares.
type methodsPlan struct {
	GRPO train.RLConfig  `json:"grpo"` // rewarded by the referee itself
	RLOO train.RLConfig  `json:"rloo"` // rewarded by the judge
	DPO  train.DPOConfig `json:"dpo"`
	Own  int             `json:"dpo_pairs"` // of the child's own poems
	LoRA nn.LoRAConfig   `json:"lora"`
	Rate float64         `json:"lora_rate"` // learning rate of the adapters
}

func defaultMethods() methodsPlan {
	p := methodsPlan{
		GRPO: train.DefaultRL(train.GRPO, 100), RLOO: train.DefaultRL(train.RLOO, 60), Own: 2000,
		DPO: train.DPOConfig{Loss: "dpo", Beta: 0.1, FineTuneConfig: train.FineTuneConfig{
			Batch: 32, Accumulate: 1, AdamW: train.DefaultAdamW(), Heldout: 0.03,
			Schedule: train.Schedule{Kind: "linear", Peak: 1e-4, Warmup: 20, Steps: 180, Final: 0.1},
		}},
		LoRA: nn.LoRAConfig{Rank: 16, Alpha: 32, Targets: []string{nn.AllLinear}}, Rate: 4e-3,
	}
	p.GRPO.Answer, p.RLOO.Answer = poet.PoemLen(7), poet.PoemLen(7)
	p.RLOO.Group = 4
	p.GRPO.KL.Target, p.RLOO.KL.Target = 12, 7
	p.DPO.AdamW.WeightDecay = 0
	return p
}

// methods are the steps that --methods adds: other ways from the same beginnings.
func (d *demo) methods() []demoAction {
	return []demoAction{
		{loraDir, "Fine-tuning by LoRA, from the child that recites", d.answerByLoRA},
		{dpoDir, "DPO on pairs of its own poems, from the child that answers", d.prefer},
		{grpoDir, "GRPO on the referee's rules, from the child that answers", func(ctx context.Context, s *demoStep) error {
			return d.reinforce(ctx, s, d.plan.Methods.GRPO, d.vocab.RefereeReward(prosody.Referee{Corpus: d.corpus}))
		}},
		{rlooDir, "RLOO on the judge's word, from the child that answers", func(ctx context.Context, s *demoStep) error {
			judge, err := d.judgeReward()
			if err != nil {
				return err
			}
			return d.reinforce(ctx, s, d.plan.Methods.RLOO, judge)
		}},
	}
}

// The folders of the other methods.
const (
	loraDir = "lora"
	dpoDir  = "dpo"
	grpoDir = "grpo"
	rlooDir = "rloo"
)

// answerByLoRA fine-tunes as answer does, but learns adapters alone.
func (d *demo) answerByLoRA(ctx context.Context, s *demoStep) error {
	m, err := d.load(reciteDir)
	if err != nil {
		return err
	}
	l, err := nn.AddLoRA(m, d.plan.Methods.LoRA, d.plan.Seed)
	if err != nil {
		return err
	}
	d.ui.say("trainable / total: %v", l.Count())
	p := d.plan.Answer
	p.Schedule.Peak, p.Schedule.Steps = d.plan.Methods.Rate, p.Schedule.Steps*7/5 // adapters learn a little slower
	p.AdamW.WeightDecay = 0
	if err := d.fineTune(ctx, s, l, p); err != nil {
		return err
	}
	l.Merge(d.dev)
	if err := d.examine(ctx, s, l.Model); err != nil {
		return err
	}
	return d.saveModel(l.Model, filepath.Join(d.out, s.Name, train.ModelDir))
}

// prefer learns from pairs of the child's own poems by DPO; see poet.Companion.Pairs for how
// the themes are kept.
func (d *demo) prefer(ctx context.Context, s *demoStep) error {
	policy, err := d.load(answerDir)
	if err != nil {
		return err
	}
	companion := &poet.Companion{Vocabulary: d.vocab, Corpus: d.corpus, Theme: d.plan.Judge.Theme, Noise: d.plan.Judge.Noise, Seed: d.plan.Seed}
	pairs, err := companion.Pairs(ctx, policy, d.dev, d.plan.Methods.Own, "pairs", func(done, total int) { d.ui.progress(done, total, "pairs of its own poems") })
	if err != nil {
		return orInterrupted(ctx, err)
	}
	p := d.plan.Methods.DPO
	var m *meter
	r := &train.DPO{Config: p, Policy: policy, PreferenceRun: train.PreferenceRun{
		Rankings: pairs, Tokenizer: d.tok, Dir: filepath.Join(d.out, s.Name), Seed: d.plan.Seed,
		Resume: true, Environment: environment(d.dev), Say: d.ui.say,
		Data: map[string]string{"poems": poems.Hash(), "pairs": fmt.Sprint(d.plan.Methods.Own), "size": d.plan.Size, "precision": d.plan.Precision},
		Begin: func(b train.PreferenceBegin) {
			m = newMeter(d.ui, b.Steps, train.Plan(policy.Config(), 1, b.Tokens).TrainingFLOPs, d.dev)
		},
		OnStep: func(stats train.Stats) { m.step(stats) },
	}}
	result, err := r.Run(ctx, d.dev)
	if err != nil {
		return err
	}
	if result.Steps < result.Planned {
		return errInterrupted
	}
	return d.examine(ctx, s, policy)
}

// methodRow is what a method did, beside the child it began as.
type methodRow struct {
	Method string `json:"method"`
	stageScores
	Gain     float64 `json:"regulated_gain"`
	GainLow  float64 `json:"regulated_gain_low"`
	GainHigh float64 `json:"regulated_gain_high"`
	ThemeGap float64 `json:"theme_gain"`
	ThemeLow float64 `json:"theme_gain_low"`
	ThemeTop float64 `json:"theme_gain_high"`
	WinRate  float64 `json:"win_rate"`
	WinLow   float64 `json:"win_rate_low"`
	WinHigh  float64 `json:"win_rate_high"`
	KL       float64 `json:"kl"`
	Seconds  float64 `json:"seconds"`
}

// methodRows compares PPO and the other methods with fine-tuning.
func (d *demo) methodRows() []methodRow {
	var rows []methodRow
	before := d.done[answerDir]
	for _, name := range []string{improveDir, rlooDir, grpoDir, dpoDir, loraDir} {
		s := d.done[name]
		if s == nil {
			continue
		}
		c := prosody.Compare(s.judgements, before.judgements, d.bootstrap())
		rows = append(rows, methodRow{
			Method: methodNames[name], stageScores: d.scores(s, prosody.Summarize(s.judgements, d.bootstrap())),
			Gain: c.Regulated.Mean, GainLow: c.Regulated.Low, GainHigh: c.Regulated.High,
			ThemeGap: c.Theme.Mean, ThemeLow: c.Theme.Low, ThemeTop: c.Theme.High,
			WinRate: c.WinRate.Mean, WinLow: c.WinRate.Low, WinHigh: c.WinRate.High,
			KL: s.metrics.last("kl", 10), Seconds: s.Seconds,
		})
	}
	return rows
}

var methodNames = map[string]string{improveDir: "PPO, judge", rlooDir: "RLOO, judge", grpoDir: "GRPO, rules", dpoDir: "DPO, own pairs", loraDir: "LoRA fine-tuning"}

// methodsSection is the table of the methods.
func (d *demo) methodsSection() report.Section {
	t := report.Table{Head: []string{"", "regulated verse", "against fine-tuning", "themes", "against fine-tuning", "preferred", "variety", "seconds"}}
	for _, r := range d.methodRows() {
		t.Rows = append(t.Rows, []report.Cell{
			{Value: r.Method}, {Value: fmt.Sprintf("%.3f", r.Regulated)}, {Value: fmt.Sprintf("%+.3f", r.Gain), Note: fmt.Sprintf("%+.3f to %+.3f", r.GainLow, r.GainHigh)},
			{Value: fmt.Sprintf("%.3f", r.Theme)}, {Value: fmt.Sprintf("%+.3f", r.ThemeGap), Note: fmt.Sprintf("%+.3f to %+.3f", r.ThemeLow, r.ThemeTop)},
			{Value: fmt.Sprintf("%.2f", r.WinRate), Note: fmt.Sprintf("%.2f–%.2f", r.WinLow, r.WinHigh)}, {Value: fmt.Sprintf("%.3f", r.Distinct2)}, {Value: fmt.Sprintf("%.0f", r.Seconds)},
		})
	}
	return report.Section{
		Title: "Other ways",
		Text: "Each began as the child that answers, but LoRA, which fine-tuned the child that recites and learned adapters alone. GRPO was rewarded by the rules themselves, " +
			"so it shows what a perfect judge would be worth.",
		Tables: []report.Table{t},
	}
}
