package gpu

import (
	"errors"
	"math"
	"slices"
	"testing"

	"inkstone/gpu/driver"
	"inkstone/gpu/ir"
	"inkstone/gpu/kernels"
	"inkstone/gpu/soft"
	"inkstone/nn"
	"inkstone/tensor"
	"inkstone/train"
)

// trainer returns a trainer of a small model on batches of random tokens.
func trainer(t testing.TB, b tensor.Backend, c nn.Config) *train.Trainer {
	t.Helper()
	m, err := nn.New(&c, tensor.Float32, 1)
	if err != nil {
		t.Fatal(err)
	}
	const rows, context = 3, 11
	tr := train.NewTrainer(train.NewOptimizer(m.Parameters(), train.DefaultAdamW()), b)
	tr.Schedule = train.Schedule{Kind: "constant", Peak: 1e-2, Steps: 100}
	batch := train.Batch{IDs: tensor.New(tensor.Int32, rows, context), Targets: tensor.New(tensor.Int32, rows*context)}
	tr.Loss = train.NextToken(m, func(step, k int) train.Batch {
		r := tensor.NewRNG(tensor.NewStream(9, "tokens", step%4)) // batches come again: there is something to learn
		for i := range rows * context {
			tensor.Data[int32](batch.IDs)[i] = int32(r.IntN(c.Vocab))
			tensor.Data[int32](batch.Targets)[i] = int32(r.IntN(c.Vocab))
		}
		return batch
	})
	tr.Weights = train.ModelWeights(m, b)
	return tr
}

// models are small ones of both families, with everything that theirs have.
var models = map[string]nn.Config{
	"gpt2": {ModelType: nn.GPT2Type, Vocab: 31, Context: 16, Channels: 24, Layers: 2, Heads: 3, KVHeads: 3, HeadSize: 8,
		Hidden: 40, Activation: "gelu_new", NormEps: 1e-5, TiedHead: true, InitStd: 0.1, BOS: -1, EOS: -1, Dropout: 0.1},
	"llama": {ModelType: nn.LlamaType, Vocab: 31, Context: 16, Channels: 24, Layers: 2, Heads: 4, KVHeads: 2, HeadSize: 6,
		Hidden: 40, Activation: "silu", NormEps: 1e-6, RopeTheta: 10000, InitStd: 0.1, BOS: -1, EOS: -1},
}

// checkTraining compares steps on a device with the CPU's, and counts what the host did.
func checkTraining(t *testing.T, b *Backend, steps int) {
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	for name, c := range models {
		t.Run(name, func(t *testing.T) {
			clear(b.fallbacks)
			on, off := trainer(t, b, c), trainer(t, cpu, c)
			var before Stats
			for step := range steps {
				if step == 2 {
					before = b.device.Stats()
				}
				got, err := on.Step(step)
				if err != nil {
					t.Fatal(err)
				}
				want, err := off.Step(step)
				if err != nil {
					t.Fatal(err)
				}
				// Rounding differs, and a step multiplies the difference: a few times in a
				// model that still learns fast.
				if math.Abs(got.Loss-want.Loss) > 1e-4*want.Loss || math.Abs(got.GradNorm-want.GradNorm) > 1e-3*want.GradNorm {
					t.Errorf("step %d: loss %v, gradient %v; the CPU's are %v and %v", step, got.Loss, got.GradNorm, want.Loss, want.GradNorm)
				}
			}
			if f := b.Fallbacks(); len(f) > 0 {
				t.Errorf("fell back: %v", f)
			}
			after, n := b.device.Stats(), steps-2
			if s := after.Submissions - before.Submissions; s > 3*n {
				t.Errorf("%d submissions in %d steps, want at most 3 each", s, n)
			}
			if w := after.Waits - before.Waits; w > 2*n {
				t.Errorf("the host waited %d times in %d steps, want twice each: for the loss and the norm", w, n)
			}
			if d := after.Downloaded - before.Downloaded; d > int64(n*(4+len(on.Optimizer.Parameters())*4*256)) {
				t.Errorf("%d bytes came back in %d steps: more than losses and norms", d, n)
			}
		})
	}
}

// TestTraining: training takes the CPU's steps, and stays on the device.
func TestTraining(t *testing.T) {
	checkTraining(t, open(t, soft.Options{Discrete: true, Shuffle: 7}), 6)
	t.Run("checked", func(t *testing.T) { checkTraining(t, open(t, soft.Options{Check: true}), 3) })
}

// TestTrainingReadsNothingReleased: a step whose memory is filled with NaN as soon as it is
// released is the same step.
func TestTrainingReadsNothingReleased(t *testing.T) {
	for _, o := range []soft.Options{{}, {Discrete: true}} {
		b, plain := open(t, o), open(t, o)
		for name, c := range models {
			poisoned, clean := trainer(t, b, c), trainer(t, plain, c)
			poisoned.Tape().Arena().Poison(true)
			for step := range 3 {
				got, err := poisoned.Step(step)
				if err != nil {
					t.Fatal(err)
				}
				want, err := clean.Step(step)
				if err != nil {
					t.Fatal(err)
				}
				if got.Loss != want.Loss || got.GradNorm != want.GradNorm {
					t.Errorf("%s, step %d: loss %v, gradient %v, want %v and %v", name, step, got.Loss, got.GradNorm, want.Loss, want.GradNorm)
				}
			}
		}
	}
}

// TestWriting: a model writes on a device what it writes on the CPU, token by token.
func TestWriting(t *testing.T) {
	checkWriting(t, open(t, soft.Options{Discrete: true, Shuffle: 9}))
}

// TestWritingOnVulkan does so on a Vulkan device.
func TestWritingOnVulkan(t *testing.T) { checkWriting(t, vulkanBackend(t)) }

// drawing lets any device draw tokens, and counts the steps in which it has.
type drawing struct {
	*Backend
	steps int
}

func (d *drawing) Sample(ids, logits, choices *tensor.Tensor) bool {
	ok := d.Backend.sample(ids, logits, choices)
	if ok {
		d.steps++
	}
	return ok
}

// checkWriting compares what models write on a device, one sequence and several at once, with
// what they write on the CPU.
func checkWriting(t *testing.T, b *Backend) {
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	d := &drawing{Backend: b}
	const tokens = 12
	prompts := [][]int32{{3, 1, 4}, {1}, {5, 9}}
	for name, c := range models {
		m, err := nn.New(&c, tensor.Float32, 5)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []nn.Sampling{
			{}, {Temperature: 1}, {Temperature: 0.8, TopP: 0.9}, {Temperature: 1.5, TopK: 7}, {Temperature: 1, MinP: 0.3},
			{Temperature: 1, TopK: 12, TopP: 0.8, MinP: 0.01}, {Temperature: 1, Repetition: 1.2},
		} {
			sampler := func(i int) *nn.Sampler { return nn.NewSampler(s, tensor.NewStream(1, "test", i)) }
			write := func(b tensor.Backend) []int32 {
				g := nn.NewGenerator(m, b)
				if err := g.Start(prompts[0]); err != nil {
					t.Fatal(err)
				}
				g.Generate(tokens, sampler(0), func(int32) bool { return true })
				return slices.Clone(g.Sequence())
			}
			writeBatch := func(b tensor.Backend) [][]int32 {
				added, err := nn.NewBatchGenerator(m, b).Generate(prompts, tokens, []*nn.Sampler{sampler(0), sampler(1), sampler(2)}, func(row int, added []int32) bool {
					return row == 1 && len(added) == 5
				})
				if err != nil {
					t.Fatal(err)
				}
				return added
			}
			d.steps = 0
			for _, device := range []tensor.Backend{d, b} { // the tokens drawn there, and wherever the device has them drawn
				if got, want := write(device), write(cpu); !slices.Equal(got, want) || len(got) != len(prompts[0])+tokens {
					t.Errorf("%s, %+v: %v, want %v", name, s, got, want)
				}
				if got, want := writeBatch(device), writeBatch(cpu); !slices.EqualFunc(got, want, slices.Equal) || len(got[1]) != 5 {
					t.Errorf("%s, %+v: %v, want %v", name, s, got, want)
				}
			}
			// The longest prompt's row goes on for 12 steps, after two for which only others draw.
			if want := tokens + tokens + 2; s.Repetition == 0 && d.steps != want || s.Repetition != 0 && d.steps != 0 {
				t.Errorf("%s, %+v: the device drew in %d steps, want %d, or none where tokens count that came before", name, s, d.steps, want)
			}
		}
	}
	if f := b.Fallbacks(); len(f) > 0 {
		t.Errorf("fell back: %v", f)
	}
}

// TestSampleElsewhere: what the device cannot draw from is left to the host.
func TestSampleElsewhere(t *testing.T) {
	b := open(t, soft.Options{})
	b.device.tuning.Processor = false
	ids, choices := tensor.New(tensor.Int32, 2), tensor.New(tensor.Float32, 2, tensor.SampleFields)
	if !b.Sample(ids, tensor.New(tensor.Float32, 2, 9), choices) {
		t.Error("the device does not draw")
	}
	for name, logits := range map[string]*tensor.Tensor{
		"float64": tensor.New(tensor.Float64, 2, 9), "rows": tensor.New(tensor.Float32, 3, 9),
		"strided": tensor.New(tensor.Float32, 9, 2).Transpose(0, 1),
	} {
		if b.Sample(ids, logits, choices) {
			t.Errorf("%s: the device says that it has drawn", name)
		}
	}
	if b.device.tuning.Processor = true; b.Sample(ids, tensor.New(tensor.Float32, 2, 9), choices) {
		t.Error("the processor draws as a device")
	}
}

// TestTrainingOnVulkan does so on a Vulkan device.
func TestTrainingOnVulkan(t *testing.T) { checkTraining(t, vulkanBackend(t), 10) }

// TestTrainingAllocOnVulkan: what a step allocates is a matter of its submissions, not of its
// hundred launches nor of how long it is waited for.
func TestTrainingAllocOnVulkan(t *testing.T) {
	tr := trainer(t, vulkanBackend(t), models["llama"])
	step := 0
	n := testing.AllocsPerRun(10, func() {
		if _, err := tr.Step(step); err != nil {
			t.Fatal(err)
		}
		step++
	})
	if n > 40 {
		t.Errorf("%v allocations a step", n)
	}
}

// TestTrainingInBF16: with products of matrices of bfloat16, training takes about the steps of the
// CPU in that precision, whose sums have another order.
func TestTrainingInBF16(t *testing.T) {
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	cpu.SetPrecision(tensor.BF16)
	b := open(t, soft.Options{Discrete: true})
	b.SetPrecision(tensor.BF16)
	on, off := trainer(t, b, models["llama"]), trainer(t, cpu, models["llama"])
	for step := range 5 {
		got, err := on.Step(step)
		if err != nil {
			t.Fatal(err)
		}
		want, err := off.Step(step)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got.Loss-want.Loss) > 2e-3*want.Loss || math.Abs(got.GradNorm-want.GradNorm) > 2e-2*want.GradNorm {
			t.Errorf("step %d: loss %v, gradient %v; the CPU's are %v and %v", step, got.Loss, got.GradNorm, want.Loss, want.GradNorm)
		}
	}
	used := 0
	for k := range b.device.programs {
		if k, ok := k.(kernels.MatMul); ok && k.Multiplier.Elem == ir.BF16 {
			used++
		}
	}
	if f := b.Fallbacks(); used == 0 || len(f) > 0 {
		t.Errorf("%d kernels with matrices; fell back: %v", used, f)
	}
}

// TestReplicas: devices that share the micro-batches of a step take the steps of the CPU alone.
func TestReplicas(t *testing.T) {
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	for name, pair := range map[string]func(t *testing.T) [2]*Backend{
		"soft": func(t *testing.T) [2]*Backend {
			return [2]*Backend{open(t, soft.Options{Discrete: true}), open(t, soft.Options{})}
		},
		"vulkan": func(t *testing.T) [2]*Backend { return [2]*Backend{vulkanBackend(t), vulkanBackend(t)} },
	} {
		t.Run(name, func(t *testing.T) {
			alone := trainer(t, cpu, models["llama"])
			alone.Accumulate = 2
			var both []*train.Trainer
			for _, b := range pair(t) {
				tr := trainer(t, b, models["llama"])
				tr.Accumulate = 2
				both = append(both, tr)
			}
			all, err := train.NewReplicas(both)
			if err != nil {
				t.Fatal(err)
			}
			for step := range 5 {
				want, err := alone.Step(step)
				if err != nil {
					t.Fatal(err)
				}
				got, err := all.Step(step)
				if err != nil {
					t.Fatal(err)
				}
				if math.Abs(got.Loss-want.Loss) > 1e-4*want.Loss || math.Abs(got.GradNorm-want.GradNorm) > 1e-3*want.GradNorm || got.Tokens != want.Tokens {
					t.Errorf("step %d: %+v, want %+v", step, got, want)
				}
			}
		})
	}
}

// TestTrainingWithoutMemory: a step for which there is no memory ends with an error that says
// so; the step before it, and a smaller model, are as good as ever.
func TestTrainingWithoutMemory(t *testing.T) {
	b := open(t, soft.Options{Memory: 3 << 20})
	b.device.local.block = 1 << 18
	b.device.staging.block = 1 << 18
	large := models["gpt2"]
	large.Channels, large.Heads, large.KVHeads, large.HeadSize, large.Hidden = 192, 6, 6, 32, 768
	_, err := trainer(t, b, large).Step(0)
	var memory *OutOfMemoryError
	if !errors.As(err, &memory) || !errors.Is(err, driver.ErrOutOfMemory) {
		t.Fatalf("error %v, want out of memory", err)
	}
	if memory.Want <= 0 || memory.Budget != 3<<20 || memory.Held > memory.Budget || memory.InUse > memory.Held {
		t.Errorf("%+v", memory)
	}
	checkTraining(t, b, 4)
}
