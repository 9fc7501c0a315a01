package main

import (
	"context"

	"inkstone/train"
)

type grpoCmd struct {
	rlFlags
	Group    int    `help:"Answers to each prompt, which are compared with one another." default:"8"`
	Baseline string `help:"What an answer is compared with: group, the mean of its group in standard deviations (GRPO), or others, the mean of the others (RLOO)." default:"group" enum:"group,others"`
}

// Help teaches the verb.
func (grpoCmd) Help() string {
	return `Improves a model by comparing several answers to the same prompt with one another, so that no value
function is needed (GRPO, as in DeepSeekMath; --baseline others is RLOO). The reward is a reward
model's, or, with --reward rule, that of the demo's referee of poems.

  inkstone grpo --model sft/model --reward reward/model --data prompts.jsonl --out grpo
  inkstone grpo --model inkstone-demo/2-answer/model --reward rule --out poet`
}

// Run improves the model.
func (c *grpoCmd) Run(ctx context.Context, u *ui, g *globals) error {
	method := train.GRPO
	if c.Baseline == "others" {
		method = train.RLOO
	}
	return c.run(ctx, u, g, c.config(method, c.Group), "", nil)
}
