package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"inkstone/autograd"
	"inkstone/nn"
	"inkstone/nn/tokenizer"
	"inkstone/tensor"
	"inkstone/train"
	"inkstone/train/poet"
)

// rlFlags are the flags that the verbs of reinforcement learning share.
type rlFlags struct {
	Model  string   `help:"Policy to improve: a fine-tuned model's directory." required:"" type:"path" placeholder:"DIR"`
	Reward string   `help:"Reward model's directory." required:"" placeholder:"DIR"`
	Data   []string `help:"JSONL files of {\"prompt\": …}." sep:"none" placeholder:"FILE"`
	Out    string   `help:"Run directory: model, checkpoints, metrics." required:"" type:"path" placeholder:"DIR"`
	Resume bool     `help:"Go on with the run in --out, if there is one."`
	Config settings `help:"JSON file with any of these flags by name." type:"existingfile" placeholder:"FILE"`

	Iterations int     `help:"Rounds of answering, judging and learning." default:"60"`
	Episodes   int     `help:"Answers a round." default:"256"`
	Minibatch  int     `help:"Answers an optimiser step." default:"128"`
	Epochs     int     `help:"Times that a round's answers are learned from." default:"2"`
	Answer     int     `help:"Tokens of an answer at most." default:"64"`
	LR         float64 `help:"Highest learning rate." default:"2e-4" name:"lr"`
	Clip       float64 `help:"How far the probability of a token may move in a round, as a ratio." default:"0.2"`
	Entropy    float64 `help:"Weight of the entropy bonus." default:"0"`
	KL         float64 `help:"Price of leaving the model it began as, to begin with, a nat." default:"0.05" name:"kl"`
	KLTarget   float64 `help:"Nats an answer that the price is steered to; 0 keeps the price." default:"5" name:"kl-target"`
	KLLimit    float64 `help:"Nats an answer at which the run stops: it has run away." default:"100" name:"kl-limit"`
	StopKL     float64 `help:"Nats a token, from where a round began, at which the round's learning ends; 0 for never." default:"0" name:"stop-kl"`
	Trace      string  `help:"Write what is known of every token of every answer to this JSONL file." type:"path" placeholder:"FILE"`

	LoRA loraFlags `embed:""`
}

// config turns the flags into settings.
func (c *rlFlags) config(method string, group int) train.RLConfig {
	r := train.DefaultRL(method, c.Iterations)
	r.Episodes, r.Group, r.Answer, r.Minibatch, r.Epochs = c.Episodes, group, c.Answer, c.Minibatch, c.Epochs
	r.Clip, r.Entropy, r.StopKL, r.Schedule.Peak = c.Clip, c.Entropy, c.StopKL, c.LR
	r.KL.Coefficient, r.KL.Target, r.KL.Limit = c.KL, c.KLTarget, c.KLLimit
	return r
}

// ruleReward is the --reward that asks for the referee of poems.
const ruleReward = "rule"

// run improves the model.
func (c *rlFlags) run(ctx context.Context, u *ui, g *globals, config train.RLConfig, valueKind string, pretrain []string) error {
	adapter, err := c.LoRA.config()
	if err != nil {
		return err
	}
	if err := config.Validate(); err != nil {
		return usageError{err}
	}
	dev, err := g.backend(u)
	if err != nil {
		return err
	}
	defer dev.Close()
	tok, err := tokenizer.Load(c.Model)
	if err != nil {
		return err
	}
	base, err := nn.Load(c.Model, tensor.Float32, dev)
	if err != nil {
		return err
	}
	reference, err := nn.Load(c.Model, tensor.Float32, dev)
	if err != nil {
		return err
	}
	if err := checkVocab(c.Model, tok, base.Config()); err != nil {
		return err
	}
	policy, err := adapt(u, base, adapter, c.Model, g.Seed)
	if err != nil {
		return err
	}
	in, err := c.inputs(dev, tok, base.Config(), config.Answer)
	if err != nil {
		return err
	}
	value, learned, err := c.value(valueKind, policy, dev)
	if err != nil {
		return err
	}
	r := train.NewRL(config, policy, learned, dev)
	r.Reference, r.Value, r.Weights, r.Seed, r.Reward = reference, value, train.PolicyWeights(policy, value, dev), g.Seed, in.reward
	if r.PretrainLoss, err = pretrainLoss(pretrain, train.NewDialogue(tok), policy, config.Minibatch, g.Seed); err != nil {
		return err
	}
	run := &train.Reinforce{
		RL: r, Prompts: in.prompts, Tokenizer: tok, Dir: c.Out, Resume: c.Resume, Data: in.hashes, Environment: environment(dev),
		Settings: map[string]any{"value": valueKind, "precision": g.Precision, "lora": adapter},
		Say:      u.say, OnStep: func(s train.Stats) { noteRL(u, s, config.Schedule.Steps) },
	}
	if c.Trace != "" {
		write, closeTrace, err := train.WriteTrace(c.Trace)
		if err != nil {
			return err
		}
		defer closeTrace()
		r.Trace = write
	}
	result, err := run.Run(ctx)
	if err != nil {
		return err
	}
	c.report(u, result)
	return nil
}

// value returns the value function, nil for none, and what learns with it.
func (c *rlFlags) value(kind string, policy nn.Model, dev backend) (*nn.Scorer, []*autograd.Variable, error) {
	learned := slices.Clone(policy.Parameters())
	switch kind {
	case "policy":
		v := train.NewValueHead(policy)
		return v, append(learned, v.HeadParameters()...), nil
	case "reward":
		v, err := nn.LoadScorer(c.Reward, tensor.Float32, dev)
		if err != nil {
			return nil, nil, err
		}
		return v, append(learned, v.Parameters()...), nil
	}
	return nil, learned, nil
}

// rlInputs is what a policy improves by.
type rlInputs struct {
	prompts [][]int32
	reward  train.RewardFunc
	hashes  map[string]string
}

// inputs reads the prompts and the judge of their answers.
func (c *rlFlags) inputs(dev backend, tok tokenizer.Tokenizer, config *nn.Config, answer int) (in rlInputs, err error) {
	hashed := append(slices.Clone(c.Data), filepath.Join(c.Model, nn.WeightsFile))
	if c.Reward == ruleReward {
		v, err := poetOf(tok)
		if err != nil {
			return in, fmt.Errorf("--reward rule judges the poems of the demo's poet alone: %w", err)
		}
		in.reward = v.RefereeReward(newReferee())
		if len(c.Data) == 0 {
			for i := range practicePrompts {
				t := poet.PracticeTask(tensor.NewStream(0, "practice", i))
				in.prompts = append(in.prompts, v.Prompt(t.Form, t.Themes...))
			}
		}
	} else {
		judge, err := nn.LoadScorer(c.Reward, tensor.Float32, dev)
		if err != nil {
			return in, fmt.Errorf("--reward wants the directory of a model that the verb reward made: %w", err)
		}
		judgeTok, err := tokenizer.Load(c.Reward)
		if err != nil {
			return in, fmt.Errorf("--reward: %w", err)
		}
		if err := train.SameTokenizer(tok, judgeTok); err != nil {
			return in, fmt.Errorf("the reward model %s reads with another tokenizer than the policy: %w", c.Reward, err)
		}
		if judge.Config().Context < config.Context {
			return in, fmt.Errorf("the reward model %s has a context of %d tokens, the policy of %d: it cannot judge all answers", c.Reward, judge.Config().Context, config.Context)
		}
		in.reward = train.ScoreWith(judge, dev, c.Minibatch, 0, 1)
		hashed = append(hashed, filepath.Join(c.Reward, nn.WeightsFile))
	}
	if len(c.Data) > 0 {
		if in.prompts, err = train.ReadPrompts(c.Data, train.NewDialogue(tok), config.Context, answer); err != nil {
			return in, err
		}
	}
	if len(in.prompts) == 0 {
		return in, usagef("no prompts: give --data FILE, with {\"prompt\": …} a line")
	}
	in.hashes, err = train.HashFiles(hashed)
	return in, err
}

// practicePrompts is the number of tasks that the demo's poet practises on without --data.
const practicePrompts = 4096

// pretrainLoss returns the loss of a policy on text, for PPO-ptx; nil without text.
func pretrainLoss(paths []string, d *train.Dialogue, m nn.Model, rows int, seed uint64) (train.LossFunc, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	examples, err := train.ReadExamples(paths, d, m.Config().Vocab, m.Config().Context)
	if err != nil {
		return nil, err
	}
	return train.ExamplesLoss(m, examples, min(rows, len(examples)), seed), nil
}

// report says how the run ended.
func (c *rlFlags) report(u *ui, r train.ReinforceResult) {
	if r.Iterations < c.Iterations {
		u.interrupted("iteration", r.Iterations, c.Iterations, c.Out)
		return
	}
	f := r.Figures
	u.say("Score %.3f, %.1f nats an answer from where it began, entropy %.2f nats a token.", f["score"], f["kl"], f["entropy"])
	if r.Adapter != "" {
		u.say("Adapter: %s", r.Adapter)
	}
	u.say("Model: %s", r.Model)
	u.event("result", struct {
		Score      float64 `json:"score"`
		KL         float64 `json:"kl"`
		Entropy    float64 `json:"entropy"`
		Length     float64 `json:"length"`
		Iterations int     `json:"iterations"`
		Model      string  `json:"model"`
		Adapter    string  `json:"adapter,omitempty"`
		Out        string  `json:"out"`
	}{f["score"], f["kl"], f["entropy"], f["length"], r.Iterations, r.Model, r.Adapter, c.Out})
}

// noteRL shows how an iteration of reinforcement learning went.
func noteRL(u *ui, s train.Stats, steps int) {
	f := s.Figures
	u.progress(s.Step, steps, fmt.Sprintf("score %.2f  KL %.1f  entropy %.2f  clipped %.0f%%  %.1f s", f["score"], f["kl"], f["entropy"], 100*f["clip_fraction"], s.Time.Seconds()))
	u.event("step", struct {
		Step  int                `json:"step"`
		Steps int                `json:"steps"`
		Loss  float64            `json:"loss"`
		RL    map[string]float64 `json:"figures"`
	}{s.Step, steps, s.Loss, f})
}
