package main

import (
	"context"

	"inkstone/train"
)

type ppoCmd struct {
	rlFlags
	Value      string   `help:"The value function: reward, a model of its own that begins as the reward model, or policy, a second head on the policy." default:"reward" enum:"reward,policy"`
	ValueCoef  float64  `help:"Weight of the value function's loss." default:"0.1"`
	Lambda     float64  `help:"How far advantages look ahead before they trust the value function." default:"0.95"`
	Gamma      float64  `help:"Discount of what comes a token later." default:"1"`
	Pretrain   float64  `help:"Weight of the pretraining loss that is mixed in (PPO-ptx); needs --pretrain-data." default:"0"`
	PretrainOn []string `help:"Text or JSONL files of what the base model learned from." name:"pretrain-data" sep:"none" placeholder:"FILE"`
}

// Help teaches the verb.
func (ppoCmd) Help() string {
	return `Improves a model by a reward model's word alone: it answers prompts, the reward model judges the
answers, and tokens that did better than expected become likelier (PPO, as in InstructGPT). A price
on leaving the model it began as keeps its language intact. Ctrl-C saves; --resume goes on.

  inkstone ppo --model sft/model --reward reward/model --data prompts.jsonl --out ppo
  inkstone ppo --model sft/model --reward reward/model --data prompts.jsonl --out ppo --lora 8
  inkstone ppo --model inkstone-demo/2-answer/model --reward rule --out poet`
}

// Run improves the model.
func (c *ppoCmd) Run(ctx context.Context, u *ui, g *globals) error {
	config := c.config(train.PPO, 1)
	config.ValueCoef, config.Lambda, config.Gamma, config.Pretrain = c.ValueCoef, c.Lambda, c.Gamma, c.Pretrain
	if (c.Pretrain > 0) != (len(c.PretrainOn) > 0) {
		return usagef("ppo: --pretrain and --pretrain-data go together")
	}
	if c.Value == "reward" && c.Reward == ruleReward {
		c.Value = "policy" // there is no reward model to begin as
	}
	return c.run(ctx, u, g, config, c.Value, c.PretrainOn)
}
