package main

import (
	"context"
	"path/filepath"
	"slices"

	"inkstone/nn"
	"inkstone/tensor"
	"inkstone/train"
	"inkstone/train/poet"
)

// improvePlan says how the child improves by the judge's word.
type improvePlan struct {
	Exam int            `json:"exam"` // poems of an examination
	RL   train.RLConfig `json:"rl"`
}

func defaultImprove() improvePlan {
	p := improvePlan{Exam: 512, RL: train.DefaultRL(train.PPO, 60)}
	p.RL.Answer = poet.PoemLen(7)
	return p
}

// improve lets the child write, the judge judge, and the child learn from it, by PPO.
func (d *demo) improve(ctx context.Context, s *demoStep) error {
	policy, err := d.load(answerDir)
	if err != nil {
		return err
	}
	reference, err := d.load(answerDir)
	if err != nil {
		return err
	}
	judge, err := nn.LoadScorer(filepath.Join(d.out, judgeDir, train.ModelDir), tensor.Float32, d.cpu)
	if err != nil {
		return err
	}
	c := d.plan.Improve.RL
	value := train.NewValueHead(policy)
	r := train.NewRL(c, policy, slices.Concat(policy.Parameters(), value.HeadParameters()), d.cpu)
	r.Reference, r.Value, r.Weights, r.Seed = reference, value, train.PolicyWeights(policy, value, d.cpu), d.plan.Seed
	r.Reward = train.ScoreWith(judge, d.cpu, 128, 0, max(d.done[judgeDir].Judge.Deviation, 1e-6))
	r.Prompt = func(iteration, group int) []int32 {
		return d.vocab.Prompt(7, poet.PracticeTask(tensor.NewStream(d.plan.Seed, "practice", iteration*c.Episodes+group)).Themes...)
	}
	config := struct {
		Verb, Size, Precision string
		improvePlan
	}{"demo improve", d.plan.Size, d.plan.Precision, d.plan.Improve}
	err = d.learnIn(ctx, s, config, r, c.Schedule.Steps, func(stats train.Stats) (map[string]any, error) {
		noteRL(d.ui, stats, c.Schedule.Steps)
		return nil, nil
	})
	if err != nil {
		return err
	}
	if err := d.examine(ctx, s, policy); err != nil {
		return err
	}
	return d.saveModel(policy, filepath.Join(d.out, s.Name, train.ModelDir))
}
