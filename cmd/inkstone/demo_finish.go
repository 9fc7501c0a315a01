package main

import (
	"path/filepath"
	"time"

	"inkstone/tensor"
	"inkstone/train"
	"inkstone/train/poet"
	"inkstone/train/prosody"
)

// bootstrap is the stream of random numbers that confidence intervals are drawn with.
func (d *demo) bootstrap() tensor.Stream { return tensor.NewStream(d.plan.Seed, "bootstrap", 0) }

// finish compares the steps, saves the poet's model and writes the report.
func (d *demo) finish() error {
	recited, answers, judge, improved := d.done[reciteDir], d.done[answerDir], d.done[judgeDir], d.done[improveDir]
	against := prosody.Compare(improved.judgements, answers.judgements, d.bootstrap())
	m, err := d.load(improveDir)
	if err != nil {
		return err
	}
	if err := d.saveModel(m, filepath.Join(d.out, train.ModelDir)); err != nil {
		return err
	}
	kl := improved.metrics.last("kl", 10)
	path := filepath.Join(d.out, reportFile)
	if err := d.report(against, kl).WriteFile(path); err != nil {
		return err
	}
	stages := map[string]stageScores{}
	for name, s := range map[string]*demoStep{"base": recited, "sft": answers, "ppo": improved} {
		stages[name] = d.scores(s, prosody.Summarize(s.judgements, d.bootstrap()))
	}
	d.ui.say("\nBy the judge's word alone: regulated verse %+.3f [%+.3f, %+.3f], themes %+.3f [%+.3f, %+.3f]; the referee prefers the new poem in %.0f %% [%.0f, %.0f].",
		against.Regulated.Mean, against.Regulated.Low, against.Regulated.High, against.Theme.Mean, against.Theme.Low, against.Theme.High,
		100*against.WinRate.Mean, 100*against.WinRate.Low, 100*against.WinRate.High)
	var methods []methodRow
	if d.done[grpoDir] != nil {
		methods = d.methodRows()
		for _, r := range methods {
			d.ui.say("%-16s regulated verse %+.3f [%+.3f, %+.3f], themes %+.3f, preferred in %.0f %%", r.Method, r.Gain, r.GainLow, r.GainHigh, r.ThemeGap, 100*r.WinRate)
		}
	}
	d.ui.say("Report: %s", path)
	d.ui.event("result", struct {
		Stages     map[string]stageScores `json:"stages"`
		Accuracy   float64                `json:"judge_accuracy"`
		Clear      float64                `json:"judge_accuracy_clear"`
		WinRate    float64                `json:"win_rate"`
		WinLow     float64                `json:"win_rate_low"`
		WinHigh    float64                `json:"win_rate_high"`
		Gain       float64                `json:"regulated_gain"`
		GainLow    float64                `json:"regulated_gain_low"`
		GainHigh   float64                `json:"regulated_gain_high"`
		KL         float64                `json:"kl"`
		Recited    float64                `json:"recited"`
		Couplets   float64                `json:"couplets"`
		Perplexity float64                `json:"heldout_perplexity"`
		All        float64                `json:"heldout_perplexity_with_punctuation"`
		Methods    []methodRow            `json:"methods,omitempty"`
		Seconds    float64                `json:"seconds"`
		Out        string                 `json:"out"`
		Report     string                 `json:"report"`
	}{
		stages, judge.Judge.Accuracy, judge.Judge.Clear, against.WinRate.Mean, against.WinRate.Low, against.WinRate.High,
		against.Regulated.Mean, against.Regulated.Low, against.Regulated.High, kl,
		recited.Recited, poet.Share(recited.Couplets), recited.Perplexity.Character, recited.Perplexity.All,
		methods, time.Since(d.start).Seconds(), d.out, path,
	})
	return nil
}
