package train

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"inkstone/nn"
	"inkstone/nn/tokenizer"
	"inkstone/tensor"
)

// PretrainConfig says what determines the outcome of pretraining; it is what run.json
// records.
type PretrainConfig struct {
	Tokenizer  string      `json:"tokenizer"` // "bpe" or "chars" to learn one from the data, or a path
	Vocab      int         `json:"vocab"`     // of a BPE that is learned
	Model      *nn.Config  `json:"model"`     // its vocabulary is the tokenizer's
	Batch      int         `json:"batch"`     // sequences a batch
	Accumulate int         `json:"accumulate"`
	Context    int         `json:"context"` // tokens a sequence
	AdamW      AdamWConfig `json:"adamw"`
	Schedule   Schedule    `json:"schedule"`
	Precision  string      `json:"precision"` // of the backend's matrix products
	Heldout    float64     `json:"heldout"`   // share of the tokens, at the end, that is never learned from
}

// A Pretrain trains a base model on text: next-token prediction on windows of the data.
type Pretrain struct {
	Config PretrainConfig
	Data   []string // text and JSONL files
	Dir    string   // run directory
	Seed   uint64
	Resume bool
	// Environment goes into run.json: versions, device, threads.
	Environment map[string]string
	// Say tells people what happens; Progress how far the tokenizer is; Begin that training
	// begins; OnStep is called after each step, and Sample now and then with the model.
	Say      func(format string, args ...any)
	Progress func(done, total int)
	Begin    func(c *nn.Config, done int)
	OnStep   func(Stats)
	Sample   func(m nn.Model, t tokenizer.Tokenizer, s Stats)
}

// A PretrainResult is how a run ended.
type PretrainResult struct {
	Steps   int     // done; fewer than planned if the run was interrupted
	Loss    float64 // of the last steps, nats a token
	Heldout float64 // loss on the held-out tokens; NaN if interrupted
	Model   string  // model directory
	Tokens  int     // learned from in this call
	Seconds float64 // of training in this call
}

// ModelDir is where a finished run leaves its model, inside its directory.
const ModelDir = "model"

// Run trains until the last step or until ctx ends. Other backends, if there are any, take their
// share of every step's micro-batches.
func (p *Pretrain) Run(ctx context.Context, backend tensor.Backend, others ...tensor.Backend) (r PretrainResult, err error) {
	hashes, err := HashFiles(p.Data)
	if err != nil {
		return r, err
	}
	run, err := OpenRun(p.Dir, RunInfo{Config: p.Config, Seed: p.Seed, Data: hashes, Environment: p.Environment}, p.Resume)
	if err != nil {
		return r, err
	}
	defer run.Close()
	for _, w := range run.Warnings {
		p.Say("warning: %v", w)
	}
	tok, shards, err := p.prepare(ctx, run)
	if err != nil {
		return r, err
	}
	defer shards.Close()
	config := *p.Config.Model
	config.Vocab = tok.VocabSize()
	if id, ok := tok.ID(tokenizer.EndOfText); ok {
		config.EOS = int(id)
	}
	var m nn.Model
	var test *Sampler
	backends := append([]tensor.Backend{backend}, others...)
	failed := make([]error, len(backends)) // to read data
	learner, err := replicate(len(backends), func(i int) (*Trainer, error) {
		model, err := nn.New(&config, tensor.Float32, p.Seed)
		if err != nil {
			return nil, err
		}
		learn, heldout, err := p.samplers(shards)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			m, test = model, heldout
		}
		t := NewTrainer(NewOptimizer(model.Parameters(), p.Config.AdamW), backends[i])
		t.Schedule, t.Seed, t.Accumulate = p.Config.Schedule, p.Seed, p.Config.Accumulate
		t.Loss, t.Weights = NextToken(model, p.batches(learn, &failed[i])), ModelWeights(model, backends[i])
		return t, nil
	})
	if err != nil {
		return r, err
	}

	loop := &Loop{Run: run, Learner: learner, Steps: p.Config.Schedule.Steps, Every: 30 * time.Second, Keep: 2}
	if err := loop.Start(); err != nil {
		return r, err
	}
	if run.Step > 0 {
		p.Say("Going on after step %d of %d.", run.Step, loop.Steps)
	}
	p.Begin(&config, run.Step)
	nextLook := time.Now().Add(firstLook)
	loop.OnStep = func(s Stats) (map[string]any, error) {
		r.Tokens += s.Tokens
		r.Seconds += s.Time.Seconds()
		if r.Loss == 0 {
			r.Loss = s.Loss
		}
		r.Loss = 0.9*r.Loss + 0.1*s.Loss
		p.OnStep(s)
		if time.Now().After(nextLook) && p.Sample != nil {
			p.Sample(m, tok, s)
			nextLook = time.Now().Add(lookEvery)
		}
		return nil, errors.Join(failed...)
	}
	r.Model = filepath.Join(p.Dir, ModelDir)
	if r.Steps, err = loop.Train(ctx); err != nil || r.Steps < loop.Steps {
		return r, err
	}
	if r.Heldout, err = p.evaluate(m, backend, test); err != nil {
		return r, err
	}
	return r, WriteDirAtomic(r.Model, func(dir string) error {
		if err := nn.Save(m, dir); err != nil {
			return err
		}
		return tok.Save(dir)
	})
}

// Samples are taken after a while and then now and then.
const (
	firstLook = 10 * time.Second
	lookEvery = time.Minute
)

// prepare makes the tokenizer and the token shard of a run, or takes up those it has.
func (p *Pretrain) prepare(ctx context.Context, run *Run) (tokenizer.Tokenizer, *Shards, error) {
	tokens := filepath.Join(p.Dir, "data.tokens")
	if t, err := tokenizer.Load(p.Dir); err == nil {
		if shards, err := OpenShards(tokens); err == nil {
			if err := shards.Verify(); err == nil {
				return t, shards, nil
			}
			shards.Close()
		}
	} else if run.Step > 0 && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	var t tokenizer.Tokenizer
	var err error
	switch p.Config.Tokenizer {
	case "bpe", "chars":
		p.Say("Learning a tokenizer from the data.")
		t, err = LearnTokenizer(ctx, p.Data, p.Config.Tokenizer, p.Config.Vocab, p.Progress)
	default:
		t, err = tokenizer.Load(p.Config.Tokenizer)
	}
	if err != nil {
		return nil, nil, err
	}
	p.Say("Encoding the data with %d tokens.", t.VocabSize())
	if err := WriteTokens(ctx, tokens, t, p.Data); err != nil {
		return nil, nil, err
	}
	if err := t.Save(p.Dir); err != nil {
		return nil, nil, err
	}
	shards, err := OpenShards(tokens)
	if err == nil {
		p.Say("%d tokens, the last %.3g %% held out.", shards.Len(), 100*p.Config.Heldout)
	}
	return t, shards, err
}

// samplers cuts the data into what is learned from and what is held out.
func (p *Pretrain) samplers(shards *Shards) (learn, test *Sampler, err error) {
	cut := shards.Split(p.Config.Heldout)
	if learn, err = NewSampler(shards, 0, cut, p.Config.Context, p.Seed); err != nil {
		return nil, nil, err
	}
	if test, err = NewSampler(shards, cut, shards.Len(), min(p.Config.Context, max(shards.Len()-cut-1, 1)), p.Seed); err != nil {
		return nil, nil, fmt.Errorf("held-out data: %w", err)
	}
	return learn, test, nil
}

// batches returns the trainer's source of data. What goes wrong in it is kept in failed.
func (p *Pretrain) batches(s *Sampler, failed *error) func(step, k int) Batch {
	b := newBatch(p.Config.Batch, p.Config.Context)
	n := max(p.Config.Accumulate, 1)
	return func(step, k int) Batch {
		if err := s.Fill(tensor.Data[int32](b.IDs), tensor.Data[int32](b.Targets), step*n+k, p.Config.Batch); err != nil && *failed == nil {
			*failed = err
		}
		return b
	}
}

// evaluate returns the loss on the held-out tokens, at most evaluationTokens of them.
func (p *Pretrain) evaluate(m nn.Model, backend tensor.Backend, s *Sampler) (loss float64, err error) {
	context := s.Context()
	rows := max(1, min(p.Config.Batch, s.Windows()))
	b := newBatch(rows, context)
	loss = Evaluate(m, backend, func(yield func(Batch) bool) {
		for first := 0; first*context < evaluationTokens; first += rows {
			n, e := s.Sequential(tensor.Data[int32](b.IDs), tensor.Data[int32](b.Targets), first, rows)
			if err = e; n == 0 || err != nil || !yield(b) {
				return
			}
		}
	})
	return loss, err
}

const evaluationTokens = 1 << 17

// checkData reports files that cannot be read before anything is made for them.
func checkData(paths []string) error {
	for _, path := range paths {
		if info, err := os.Stat(path); err != nil {
			return err
		} else if info.Size() == 0 {
			return fmt.Errorf("%s: empty file", path)
		}
	}
	return nil
}
