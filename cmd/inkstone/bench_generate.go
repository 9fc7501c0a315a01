package main

import (
	"context"
	"slices"
	"time"

	"inkstone/kernels"
	"inkstone/nn"
	"inkstone/tensor"
)

type benchGenerateCmd struct {
	Size   string `help:"A named size: ${sizes}; poet is the demo's." default:"poet" placeholder:"NAME"`
	Batch  []int  `help:"Numbers of sequences written at once." default:"1,8,32,128" placeholder:"N"`
	Tokens int    `help:"Tokens a sequence." default:"32"`
	Rounds int    `help:"Timed rounds, the batch sizes in turn; the median counts." default:"5"`
}

// Help teaches the verb.
func (benchGenerateCmd) Help() string {
	return `Times how fast a model with random weights writes many sequences at once, as reinforcement learning has
it do: the weights are read once for all of them.

  inkstone bench generate --batch 1,32 --tokens 32`
}

// generateResult is the speed at one batch size.
type generateResult struct {
	Kernel    string  `json:"kernel"`
	Size      string  `json:"size"`
	ISA       string  `json:"isa"`
	Precision string  `json:"precision"`
	Threads   int     `json:"threads"`
	Batch     int     `json:"batch"`
	Tokens    int     `json:"tokens"`
	Speed     float64 `json:"tokens_per_second"`
	Gain      float64 `json:"against_first"` // ratio to the first batch size
}

// Run times generation.
func (b *benchGenerateCmd) Run(ctx context.Context, u *ui, g *globals) error {
	c, err := benchModel(b.Size)
	if err != nil {
		return err
	}
	if b.Tokens < 1 || b.Tokens >= c.Context || b.Rounds < 1 || len(b.Batch) == 0 || slices.Min(b.Batch) < 1 {
		return usagef("bench generate: %d tokens, %d rounds, batches %v: want at least 1, and tokens below the model's context of %d", b.Tokens, b.Rounds, b.Batch, c.Context)
	}
	cpu := g.newCPU()
	defer cpu.Close()
	m, err := nn.New(c, tensor.Float32, g.Seed)
	if err != nil {
		return err
	}
	writers := make([]*nn.BatchGenerator, len(b.Batch))
	times := make([][]float64, len(b.Batch))
	for round := range b.Rounds + 1 { // the first is for warming up
		for i, batch := range b.Batch {
			if ctx.Err() != nil {
				return nil
			}
			if writers[i] == nil {
				writers[i] = nn.NewBatchGenerator(m, cpu)
			}
			seconds, err := timeGeneration(writers[i], batch, b.Tokens, g.Seed)
			if err != nil {
				return err
			}
			if round > 0 {
				times[i] = append(times[i], seconds)
			}
		}
	}
	first := 0.0
	for i, batch := range b.Batch {
		slices.Sort(times[i])
		r := generateResult{
			Kernel: "generate", Size: b.Size, ISA: kernels.ISA(), Precision: g.Precision, Threads: cpu.Pool().Threads(), Batch: batch, Tokens: b.Tokens,
			Speed: float64(batch*b.Tokens) / times[i][len(times[i])/2],
		}
		if i == 0 {
			first = r.Speed
		}
		r.Gain = r.Speed / first
		u.say("batch %-5d %8.0f tokens/s, %5.1f times batch %d", batch, r.Speed, r.Gain, b.Batch[0])
		u.event("bench", r)
	}
	return nil
}

// timeGeneration returns the seconds that a batch of sequences takes.
func timeGeneration(w *nn.BatchGenerator, batch, tokens int, seed uint64) (float64, error) {
	prompts, samplers := make([][]int32, batch), make([]*nn.Sampler, batch)
	for i := range prompts {
		prompts[i] = []int32{int32(i % 7)}
		samplers[i] = nn.NewSampler(nn.Sampling{Temperature: 1}, tensor.NewStream(seed, "bench", i))
	}
	start := time.Now()
	_, err := w.Generate(prompts, tokens, samplers, nil)
	return time.Since(start).Seconds(), err
}

// benchModel returns the configuration of a named size, or the demo's poet.
func benchModel(size string) (*nn.Config, error) {
	if size == "poet" {
		return poetConfig(newDemoPlan("small", "", 0), poetVocabulary), nil
	}
	return sizeNamed(size)
}

// poetVocabulary is the size of the demo's vocabulary.
const poetVocabulary = 4352
