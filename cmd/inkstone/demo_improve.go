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
	p := improvePlan{Exam: 512, RL: train.DefaultRL(train.PPO, 78)}
	p.RL.Answer = poet.PoemLen(7)
	p.RL.KL.Target, p.RL.KL.Floor = 6.5, 0.04
	return p
}

// improve lets the child write, the judge judge, and the child learn from it, by PPO.
func (d *demo) improve(ctx context.Context, s *demoStep) error {
	judge, err := d.judgeReward()
	if err != nil {
		return err
	}
	return d.reinforce(ctx, s, d.plan.Improve.RL, judge)
}

// judgeReward returns the judge's scores, in units of their spread over the child's poems.
func (d *demo) judgeReward() (train.RewardFunc, error) {
	judge, err := nn.LoadScorer(filepath.Join(d.out, judgeDir, train.ModelDir), tensor.Float32, d.dev)
	if err != nil {
		return nil, err
	}
	return train.ScoreWith(judge, d.dev, 128, 0, max(d.done[judgeDir].Judge.Deviation, 1e-6)), nil
}

// reinforce lets the child that answers improve by a reward.
func (d *demo) reinforce(ctx context.Context, s *demoStep, c train.RLConfig, reward train.RewardFunc) error {
	policy, err := d.load(answerDir)
	if err != nil {
		return err
	}
	reference, err := d.load(answerDir)
	if err != nil {
		return err
	}
	learned := slices.Clone(policy.Parameters())
	var value *nn.Scorer
	if c.Method == train.PPO {
		value = train.NewValueHead(policy)
		learned = append(learned, value.HeadParameters()...)
	}
	r := train.NewRL(c, policy, learned, d.dev)
	r.Reference, r.Value, r.Weights, r.Seed, r.Reward = reference, value, train.PolicyWeights(policy, value, d.dev), d.plan.Seed, reward
	r.Prompt = func(iteration, group int) []int32 {
		task := poet.PracticeTask(tensor.NewStream(d.plan.Seed, "practice", iteration*c.Episodes+group))
		return d.vocab.Prompt(task.Form, task.Themes...)
	}
	config := struct {
		Verb, Size, Precision string
		train.RLConfig
	}{"demo " + s.Name, d.plan.Size, d.plan.Precision, c}
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
