package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"inkstone/kernels"
	"inkstone/nn"
	"inkstone/tensor"
	"inkstone/train"
)

type benchGenerateCmd struct {
	Size    string `help:"A named size: ${sizes}." default:"poet" placeholder:"NAME"`
	Config  string `help:"A Hugging Face config.json instead of a named size." type:"path" placeholder:"FILE"`
	Prefill int    `help:"Tokens of the prompt whose reading is timed, as many as fit the context at most; 0 leaves it out." default:"512"`
	Batch   []int  `help:"Numbers of sequences that are written at once." default:"1,8,32,128"`
	Prompt  int    `help:"Tokens of a prompt that is written on." default:"3"`
	Tokens  int    `help:"Tokens that each sequence goes on for." default:"32"`
	Rounds  int    `help:"Timed rounds, each with every case; the median counts." default:"9"`
}

// Help teaches the verb.
func (benchGenerateCmd) Help() string {
	return `Times how fast a model reads a prompt (prefill) and how fast it writes (decode), drawing at temperature
1: tokens a second of all sequences together, and how many times those of the first batch. Reading
multiplies, so it is set against the multiply-add units; a step of writing reads all weights once,
however many sequences there are, so it is set against memory. Both limits are measured in the same
run: bandwidth is what all threads together read from arrays that fit no cache.

  inkstone bench generate --size poet --batch 1,8,32,128 --tokens 32
  inkstone bench generate --size llama-124m --batch 1
  inkstone bench generate --size gpt2 --batch 1,4,16 --tokens 16 --precision bf16`
}

// generateResult is one line of bench generate.
type generateResult struct {
	Phase       string  `json:"phase"` // prefill or decode
	Size        string  `json:"size"`
	Batch       int     `json:"batch"`
	Prompt      int     `json:"prompt"`
	Tokens      int     `json:"tokens"` // written by each sequence
	Precision   string  `json:"precision"`
	ISA         string  `json:"isa"`
	Threads     int     `json:"threads"`
	StepMS      float64 `json:"step_ms"` // the prompt, or a token of each sequence
	Speed       float64 `json:"tokens_per_second"`
	Slowest     float64 `json:"tokens_per_second_min"`
	Fastest     float64 `json:"tokens_per_second_max"`
	Ratio       float64 `json:"ratio,omitempty"` // to the first batch
	WeightBytes float64 `json:"weight_bytes"`    // read by a step
	GBs         float64 `json:"gb_per_second"`
	OfBandwidth float64 `json:"of_bandwidth"`
	GFLOPS      float64 `json:"gflops"` // of the matrix products
	OfPeak      float64 `json:"of_peak"`
	Allocations float64 `json:"allocs_per_token"`
}

// A generateCase is what makes one line.
type generateCase struct {
	phase     string
	batch     int
	precision string
	flops     float64 // of a step
	steps     int     // of a sample
	tokens    int     // of a sample
	sample    func() error

	speeds      []float64
	allocations float64
}

// writer is a model as it is timed in one precision.
type writer struct {
	dev    backend
	model  *nn.Frozen
	peak   float64 // FLOP/s, of a CPU
	weight float64 // bytes that a step reads
}

// Run prints a line for each case.
func (b *benchGenerateCmd) Run(ctx context.Context, u *ui, g *globals) error {
	c, err := (&planCmd{Size: b.Size, Config: b.Config}).config()
	if err != nil {
		return err
	}
	if b.Prefill < 0 || b.Prompt < 1 || b.Tokens < 1 || b.Prompt+b.Tokens > c.Context || b.Rounds < 1 || len(b.Batch) == 0 || slices.Min(b.Batch) < 1 {
		return usagef("bench generate: prefill %d, batch %v, prompt %d, tokens %d, rounds %d: want at least 1 each, and prompt and tokens within the model's context of %d", b.Prefill, b.Batch, b.Prompt, b.Tokens, b.Rounds, c.Context)
	}
	c.EOS = -1 // no sequence ends early
	need := b.memory(c, b.precisions(g))
	if free := availableMemory(); free > 0 && need > free {
		return usagef("bench generate: %s needs %s of memory, %s are free", b.Size, bytesText(need), bytesText(free))
	}
	writers, err := b.writers(c, u, g)
	if err != nil {
		return err
	}
	var cases []*generateCase
	for _, w := range writers {
		defer w.dev.Close()
		cases = append(cases, b.cases(w, c, g.Seed)...)
	}
	bandwidth, err := b.time(ctx, cases, writers[0].dev)
	if err != nil || ctx.Err() != nil {
		return err
	}
	threads := writers[0].dev.Pool().Threads()
	u.say("%s, %s parameters, prompts of %d tokens and %d more, on %s", b.Size, count(float64(c.NumParameters())), b.Prompt, b.Tokens, computer(writers[0].dev))
	for _, w := range writers {
		if w.peak > 0 {
			u.say("limits in %s: %.0f GFLOP/s, %.1f GB/s read", w.dev.Precision(), w.peak/1e9, bandwidth/1e9)
		}
	}
	u.say("%-8s %-9s %6s %11s %10s %18s %7s %9s %8s %8s %8s %13s", "phase", "precision", "batch", "step", "tokens/s", "slowest - fastest", "ratio", "GFLOP/s", "of peak", "GB/s", "of read", "allocs/token")
	var last generateResult
	for i, x := range cases {
		w := writers[i/(len(cases)/len(writers))]
		r := x.result(w, bandwidth)
		r.Size, r.Prompt, r.ISA, r.Threads = b.Size, b.Prompt, kernels.ISA(), threads
		ratio := "-"
		if x.phase == "prefill" {
			r.Prompt, r.Tokens = x.tokens, 0
		} else {
			first := cases[i-slices.Index(b.Batch, x.batch)]
			r.Tokens, r.Ratio = b.Tokens, r.Speed/first.result(w, bandwidth).Speed
			last, ratio = r, fmt.Sprintf("%.1fx", r.Ratio)
		}
		u.event("bench", r)
		u.say("%-8s %-9s %6d %8.2f ms %10.0f %8.0f - %7.0f %7s %9.0f %7.0f%% %8.1f %7.0f%% %13.3f", r.Phase, r.Precision, r.Batch, r.StepMS, r.Speed, r.Slowest, r.Fastest, ratio,
			r.GFLOPS, 100*r.OfPeak, r.GBs, 100*r.OfBandwidth, r.Allocations)
	}
	u.event("result", struct {
		Cases     int     `json:"cases"`
		Bandwidth float64 `json:"bandwidth_gb_per_second"`
		Batch     int     `json:"batch"`
		Speed     float64 `json:"tokens_per_second"`
		Ratio     float64 `json:"ratio"`
	}{len(cases), bandwidth / 1e9, last.Batch, last.Speed, last.Ratio})
	return nil
}

// precisions returns those that are asked for, by default all that there are.
func (b *benchGenerateCmd) precisions(g *globals) []tensor.Precision {
	all := []tensor.Precision{tensor.F32, tensor.BF16}
	if !g.onCPU() {
		all = all[:1]
	}
	return slices.DeleteFunc(all, func(p tensor.Precision) bool {
		return g.Precision != autoPrecision && g.Precision != p.String()
	})
}

// memory returns the bytes that the model and its frozen copies take, and the caches of the
// largest batch.
func (b *benchGenerateCmd) memory(c *nn.Config, precisions []tensor.Precision) int64 {
	n, table := c.NumParameters(), int64(c.Vocab*c.Channels)
	cache := int64(slices.Max(b.Batch)) * int64(2*c.Layers*c.KVHeads*c.HeadSize*(b.Prompt+b.Tokens)+c.Vocab)
	bytes := 4 * n
	for _, p := range precisions {
		bytes += 4*table + 4*cache
		if p == tensor.BF16 {
			bytes += 2 * n
		} else {
			bytes += 4 * n
		}
	}
	return bytes
}

// writers freezes a model in each precision.
func (b *benchGenerateCmd) writers(c *nn.Config, u *ui, g *globals) (all []writer, err error) {
	m, err := nn.New(c, tensor.Float32, g.Seed)
	if err != nil {
		return nil, err
	}
	for _, p := range b.precisions(g) {
		in := *g
		in.Precision = p.String()
		w := writer{weight: 4 * float64(train.Plan(c, 1, 1).Matmul)}
		if w.dev, err = in.backend(u); err != nil {
			return nil, err
		}
		if w.model, err = nn.Freeze(m, w.dev); err != nil {
			return nil, err
		}
		if cpu, ok := w.dev.(*tensor.CPU); ok {
			w.peak = measurePeak(cpu)
		}
		if p == tensor.BF16 {
			w.weight /= 2
		}
		all = append(all, w)
	}
	return all, nil
}

// cases returns what is timed in one precision: reading a prompt, then writing by each batch.
func (b *benchGenerateCmd) cases(w writer, c *nn.Config, seed uint64) (all []*generateCase) {
	matmul := 2 * float64(train.Plan(c, 1, 1).Matmul)
	attention := 4 * float64(c.Layers*c.Heads*c.HeadSize) // for each pair of positions
	if n := float64(min(b.Prefill, c.Context)); n > 0 {
		head := 2 * float64(c.Vocab*c.Channels) // of the last position alone
		all = append(all, &generateCase{
			phase: "prefill", batch: 1, precision: w.dev.Precision().String(), steps: 1, tokens: int(n),
			flops: n*(matmul-head) + head + attention*n*(n+1)/2, sample: b.prefill(w, int(n), seed),
		})
	}
	for _, batch := range b.Batch {
		seen := float64(b.Prompt) + float64(b.Tokens)/2 // positions, on average
		all = append(all, &generateCase{
			phase: "decode", batch: batch, precision: w.dev.Precision().String(), steps: b.Tokens, tokens: batch * b.Tokens,
			flops: float64(batch) * (matmul + attention*seen), sample: b.decode(w, batch, seed),
		})
	}
	return all
}

// prefill returns a function that reads a prompt and scores what follows it.
func (b *benchGenerateCmd) prefill(w writer, n int, seed uint64) func() error {
	g := nn.NewGenerator(w.model, w.dev)
	prompt := slices.Clone(tensor.Data[int32](randomBatch(1, n, w.model.Config().Vocab, seed).IDs))
	return func() error {
		prompt[0] = (prompt[0] + 1) % int32(w.model.Config().Vocab) // else the generator knows it
		if err := g.Start(prompt); err != nil {
			return err
		}
		g.Logits()
		return nil
	}
}

// decode returns a function that writes many sequences at once.
func (b *benchGenerateCmd) decode(w writer, batch int, seed uint64) func() error {
	g := nn.NewBatchGenerator(w.model, w.dev)
	prompts, samplers := b.prompts(batch, w.model.Config().Vocab, seed)
	return func() error {
		_, err := g.Generate(prompts, b.Tokens, samplers, nil)
		return err
	}
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

// time measures every case and the bandwidth of the CPU's memory in every round, so that what else
// the machine does slows all of them alike. It returns early if ctx ends.
func (b *benchGenerateCmd) time(ctx context.Context, cases []*generateCase, dev backend) (bandwidth float64, err error) {
	read := (*reading)(nil)
	if cpu, ok := dev.(*tensor.CPU); ok {
		read = newReading(cpu)
	}
	for round := range b.Rounds + 1 {
		if read != nil {
			bandwidth = max(bandwidth, read.bandwidth())
		}
		for _, x := range cases {
			if ctx.Err() != nil {
				return 0, nil
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			if err := x.sample(); err != nil {
				return 0, err
			}
			seconds := time.Since(start).Seconds()
			runtime.ReadMemStats(&after)
			if round == 0 { // buffers are allocated
				continue
			}
			x.speeds = append(x.speeds, float64(x.tokens)/seconds)
			x.allocations = float64(after.Mallocs-before.Mallocs) / float64(x.tokens)
		}
	}
	return bandwidth, nil
}

// result says what follows from the samples of a case.
func (x *generateCase) result(w writer, bandwidth float64) generateResult {
	s := slices.Sorted(slices.Values(x.speeds))
	r := generateResult{
		Phase: x.phase, Batch: x.batch, Precision: x.precision, WeightBytes: w.weight, Allocations: x.allocations,
		Speed: s[len(s)/2], Slowest: s[0], Fastest: s[len(s)-1],
	}
	seconds := float64(x.tokens) / float64(x.steps) / r.Speed // of a step
	r.StepMS = 1000 * seconds
	r.GBs, r.GFLOPS = w.weight/seconds/1e9, x.flops/seconds/1e9
	if w.peak > 0 {
		r.OfBandwidth, r.OfPeak = 1e9*r.GBs/bandwidth, 1e9*r.GFLOPS/w.peak
	}
	return r
}

// A reading reads two arrays that fit no cache, side by side.
type reading struct {
	cpu  *tensor.CPU
	x, y []float32
	sums []float32
}

// readGrain is how many numbers of each array a task reads.
const readGrain = 1 << 16

func newReading(cpu *tensor.CPU) *reading {
	const n = 32 << 20
	r := &reading{cpu: cpu, x: tensor.Data[float32](tensor.New(tensor.Float32, n)), y: tensor.Data[float32](tensor.New(tensor.Float32, n)), sums: make([]float32, n/readGrain)}
	kernels.Fill(r.x, 1) // memory that was never written is not there
	kernels.Fill(r.y, 1)
	return r
}

// bandwidth returns how many bytes a second all threads read, the faster of two tries.
func (r *reading) bandwidth() float64 {
	best := 0.0
	for range 2 {
		start := time.Now()
		tensor.For(r.cpu.Pool(), len(r.x), readGrain, r, func(r **reading, lo, hi int) {
			(*r).sums[lo/readGrain] = kernels.Dot((*r).x[lo:hi], (*r).y[lo:hi])
		})
		best = max(best, 8*float64(len(r.x))/time.Since(start).Seconds())
	}
	return best
}
