package main

import (
	"context"
	"runtime"
	"slices"
	"time"

	"inkstone/kernels"
	"inkstone/nn"
	"inkstone/tensor"
)

type benchGenerateCmd struct {
	Size   string `help:"A named size: ${sizes}." default:"poet" placeholder:"NAME"`
	Config string `help:"A Hugging Face config.json instead of a named size." type:"path" placeholder:"FILE"`
	Batch  []int  `help:"Numbers of sequences that are written at once." default:"1,8,32,128"`
	Prompt int    `help:"Tokens of a prompt." default:"3"`
	Tokens int    `help:"Tokens that each sequence goes on for." default:"32"`
	Rounds int    `help:"Timed rounds, each with every batch; the median counts." default:"9"`
}

// Help teaches the verb.
func (benchGenerateCmd) Help() string {
	return `Times how fast a model writes, drawing at temperature 1: tokens a second of all sequences together,
and how many times those of the first batch. A step reads the weights once, however many sequences
there are, so more of them cost less each.

  inkstone bench generate --size poet --batch 1,8,32,128 --tokens 32
  inkstone bench generate --size gpt2 --batch 1,4,16 --tokens 16 --precision bf16`
}

// generateResult is one line of bench generate.
type generateResult struct {
	Size        string  `json:"size"`
	Batch       int     `json:"batch"`
	Prompt      int     `json:"prompt"`
	Tokens      int     `json:"tokens"`
	Precision   string  `json:"precision"`
	ISA         string  `json:"isa"`
	Threads     int     `json:"threads"`
	StepMS      float64 `json:"step_ms"` // a token of each sequence
	Speed       float64 `json:"tokens_per_second"`
	Slowest     float64 `json:"tokens_per_second_min"`
	Fastest     float64 `json:"tokens_per_second_max"`
	Ratio       float64 `json:"ratio"` // to the first batch
	Allocations float64 `json:"allocs_per_token"`
}

// Run prints a line for each batch.
func (b *benchGenerateCmd) Run(ctx context.Context, u *ui, g *globals) error {
	c, err := (&planCmd{Size: b.Size, Config: b.Config}).config()
	if err != nil {
		return err
	}
	if b.Prompt < 1 || b.Tokens < 1 || b.Prompt+b.Tokens > c.Context || b.Rounds < 1 || len(b.Batch) == 0 || slices.Min(b.Batch) < 1 {
		return usagef("bench generate: batch %v, prompt %d, tokens %d, rounds %d: want at least 1 each, and prompt and tokens within the model's context of %d", b.Batch, b.Prompt, b.Tokens, b.Rounds, c.Context)
	}
	c.EOS = -1 // no sequence ends early
	need := 4*c.NumParameters() + 8*int64(slices.Max(b.Batch))*int64(c.Layers*c.KVHeads*c.HeadSize*c.Context+c.Vocab)
	if free := availableMemory(); free > 0 && need > free {
		return usagef("bench generate: %s needs %s of memory, %s are free", b.Size, bytesText(need), bytesText(free))
	}
	dev, err := g.backend(u)
	if err != nil {
		return err
	}
	defer dev.Close()
	m, err := nn.New(c, tensor.Float32, g.Seed)
	if err != nil {
		return err
	}
	results, err := b.time(ctx, m, dev, g.Seed)
	if err != nil || results == nil {
		return err
	}
	u.say("%s, %s parameters, prompts of %d tokens and %d more, %s, %s, %d threads", b.Size, count(float64(c.NumParameters())), b.Prompt, b.Tokens, g.Precision, kernels.ISA(), dev.Pool().Threads())
	u.say("%6s %10s %12s %18s %8s %12s", "batch", "step", "tokens/s", "slowest - fastest", "ratio", "allocs/token")
	for _, r := range results {
		r.Size, r.Prompt, r.Tokens, r.Precision, r.ISA, r.Threads = b.Size, b.Prompt, b.Tokens, g.Precision, kernels.ISA(), dev.Pool().Threads()
		u.event("bench", r)
		u.say("%6d %7.2f ms %12.0f %8.0f - %7.0f %7.1fx %12.3f", r.Batch, r.StepMS, r.Speed, r.Slowest, r.Fastest, r.Ratio, r.Allocations)
	}
	last := results[len(results)-1]
	u.event("result", struct {
		Cases int     `json:"cases"`
		Batch int     `json:"batch"`
		Speed float64 `json:"tokens_per_second"`
		Ratio float64 `json:"ratio"`
	}{len(results), last.Batch, last.Speed, last.Ratio})
	return nil
}

// time measures every batch in every round, so that what else the machine does slows all of
// them alike. It returns nil if ctx ended.
func (b *benchGenerateCmd) time(ctx context.Context, m nn.Model, dev backend, seed uint64) ([]generateResult, error) {
	results, speeds := make([]generateResult, len(b.Batch)), make([][]float64, len(b.Batch))
	generators := make([]*nn.BatchGenerator, len(b.Batch))
	for round := range b.Rounds + 1 {
		for i, n := range b.Batch {
			if ctx.Err() != nil {
				return nil, nil
			}
			if round == 0 {
				generators[i] = nn.NewBatchGenerator(m, dev)
			}
			prompts, samplers := b.prompts(n, m.Config().Vocab, seed)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			if _, err := generators[i].Generate(prompts, b.Tokens, samplers, nil); err != nil {
				return nil, err
			}
			seconds := time.Since(start).Seconds()
			runtime.ReadMemStats(&after)
			if round == 0 { // buffers are allocated
				continue
			}
			speeds[i] = append(speeds[i], float64(n*b.Tokens)/seconds)
			results[i].Allocations = float64(after.Mallocs-before.Mallocs) / float64(n*b.Tokens)
		}
	}
	for i, s := range speeds {
		slices.Sort(s)
		r := &results[i]
		r.Batch, r.Speed, r.Slowest, r.Fastest = b.Batch[i], s[len(s)/2], s[0], s[len(s)-1]
		r.StepMS = 1000 * float64(r.Batch) / r.Speed
		r.Ratio = r.Speed / results[0].Speed
	}
	return results, nil
}

// prompts makes random prompts, each with a sampler of its own.
func (b *benchGenerateCmd) prompts(n, vocab int, seed uint64) (prompts [][]int32, samplers []*nn.Sampler) {
	ids := tensor.Data[int32](randomBatch(n, b.Prompt, vocab, seed).IDs)
	for i := range n {
		prompts = append(prompts, ids[i*b.Prompt:][:b.Prompt])
		samplers = append(samplers, nn.NewSampler(nn.Sampling{Temperature: 1}, tensor.NewStream(seed, "bench", i)))
	}
	return prompts, samplers
}
