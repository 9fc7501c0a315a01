package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"time"

	"inkstone/nn"
	"inkstone/tensor"
	"inkstone/train"
	"inkstone/train/poems"
	"inkstone/train/poet"
)

type demoCmd struct {
	Out     string  `help:"Run directory: model, checkpoints, metrics and report." default:"inkstone-demo" type:"path" placeholder:"DIR"`
	Size    string  `help:"Size of the poet: tiny, small or medium." default:"small" enum:"tiny,small,medium"`
	Steps   int     `help:"Training steps; 0 means the size's own number." default:"0"`
	Minutes float64 `help:"Train for about so many minutes: the steps are chosen by the measured speed." default:"0"`
}

// Help teaches the verb.
func (demoCmd) Help() string {
	return `A model that has never seen a character learns 13,700 Tang quatrains, as a child learns poems: by
reading them, the famous ones more often. At the end it is given the first lines of famous poems
and recites what follows; poems it has not seen measure what it understands. The report is one
HTML file.

The number of steps is fixed, so that the same seed gives the same poems on any number of
threads. Ctrl-C saves; the same command goes on.

  inkstone demo
  inkstone demo --size tiny --minutes 1
  inkstone generate --model inkstone-demo/model "舉頭望山月，"`
}

// A poetSize is the shape of a poet and how it is trained.
type poetSize struct {
	layers, heads, channels, steps int
	lr                             float64
}

var poetSizes = map[string]poetSize{
	"tiny":   {layers: 2, heads: 4, channels: 96, steps: 2000, lr: 2e-3},
	"small":  {layers: 4, heads: 4, channels: 192, steps: 2500, lr: 1e-3},
	"medium": {layers: 6, heads: 4, channels: 256, steps: 4000, lr: 8e-4},
}

// demoConfig is what determines the demo's outcome, as written to run.json.
type demoConfig struct {
	Verb     string            `json:"verb"`
	Size     string            `json:"size"`
	Seed     uint64            `json:"seed"`
	Batch    int               `json:"batch"`
	Famous   int               `json:"famous_repeats"`
	Dropout  float64           `json:"dropout"`
	AdamW    train.AdamWConfig `json:"adamw"`
	Schedule train.Schedule    `json:"schedule"`
}

// A demo is a run of the command.
type demo struct {
	ui      *ui
	out     string
	config  demoConfig
	cpu     *tensor.CPU
	vocab   *poet.Vocabulary
	learn   []poems.Poem
	heldout []poems.Poem
	famous  []poems.Poem
	model   nn.Model
	start   time.Time
	history demoHistory
}

// Run trains the poet, lets it recite and writes the report.
func (d *demoCmd) Run(ctx context.Context, u *ui, g *globals) error {
	if d.Minutes < 0 || d.Steps < 0 || d.Minutes > 0 && d.Steps > 0 {
		return usagef("demo: give --steps or --minutes, one of them, not below 0")
	}
	cpu := g.newCPU()
	defer cpu.Close()
	r := &demo{ui: u, out: d.Out, cpu: cpu, start: time.Now()}
	r.learn, r.heldout = poems.Split(poems.Load())
	r.famous = poems.Famous(r.learn, 20)
	r.vocab = poet.NewVocabulary(r.learn)
	size := poetSizes[d.Size]
	steps := size.steps
	if d.Steps > 0 {
		steps = d.Steps
	}
	r.config = demoConfig{
		Verb: "demo", Size: d.Size, Seed: g.Seed, Batch: 48, Famous: 20, Dropout: 0.1, AdamW: train.DefaultAdamW(),
		Schedule: train.Schedule{Kind: "cosine", Peak: size.lr, Final: 0.05},
	}
	r.setSteps(steps)
	u.say("%d poems to learn, %d held out, %d different characters", len(r.learn), len(r.heldout), len(r.vocab.Tokens))
	if steps := r.recordedSteps(); d.Minutes > 0 && steps > 0 {
		r.setSteps(steps) // an interrupted run goes on as it was planned
	} else if d.Minutes > 0 {
		if err := r.chooseSteps(d.Minutes); err != nil {
			return err
		}
	}
	done, err := r.train(ctx)
	if err != nil {
		return err
	}
	if done < r.config.Schedule.Steps {
		u.say("Saved after step %d of %d in %s; run the same command to go on.", done, r.config.Schedule.Steps, r.out)
		u.event("result", struct {
			Interrupted bool   `json:"interrupted"`
			Step        int    `json:"step"`
			Out         string `json:"out"`
		}{true, done, r.out})
		return nil
	}
	return r.finish()
}

// newTrainer returns a fresh poet and its trainer.
func (r *demo) newTrainer() (nn.Model, *train.Trainer, error) {
	size := poetSizes[r.config.Size]
	config := &nn.Config{
		ModelType: nn.GPT2Type, Vocab: r.vocab.Size(), Context: poet.RowLen(7), Channels: size.channels, Layers: size.layers,
		Heads: size.heads, KVHeads: size.heads, HeadSize: size.channels / size.heads, Hidden: 4 * size.channels,
		Activation: "gelu_new", NormEps: 1e-5, TiedHead: true, InitStd: 0.02, Dropout: r.config.Dropout, BOS: -1, EOS: -1,
	}
	m, err := nn.New(config, tensor.Float32, r.config.Seed)
	if err != nil {
		return nil, nil, err
	}
	t := train.NewTrainer(train.NewOptimizer(m.Parameters(), r.config.AdamW), r.cpu)
	t.Schedule, t.Seed = r.config.Schedule, r.config.Seed
	batches := poet.NewBatches(r.vocab, r.learn, r.config.Batch, r.config.Famous, r.config.Seed)
	buffers := map[int]train.Batch{} // by length of the rows
	t.Weights = train.ModelWeights(m, r.cpu)
	t.Loss = train.NextToken(m, func(step, _ int) train.Batch {
		rows := batches.Rows(step)
		T := len(rows[0]) - 1
		b, ok := buffers[T]
		if !ok {
			b = train.Batch{IDs: tensor.New(tensor.Int32, len(rows), T), Targets: tensor.New(tensor.Int32, len(rows), T)}
			buffers[T] = b
		}
		poet.Fill(tensor.Data[int32](b.IDs), tensor.Data[int32](b.Targets), rows)
		return b
	})
	return m, t, nil
}

// chooseSteps sets the steps that fit into a time, by the speed of a few of them.
func (r *demo) chooseSteps(minutes float64) error {
	_, t, err := r.newTrainer()
	if err != nil {
		return err
	}
	var times []float64
	for step := range 24 {
		s, err := t.Step(step)
		if err != nil {
			return err
		}
		times = append(times, s.Time.Seconds())
	}
	slices.Sort(times)
	const evaluation = 0.94 // of the time is training, the rest is for samples and evaluation
	steps := max(10, int(minutes*60*evaluation/times[len(times)/2]))
	r.setSteps(steps)
	r.ui.say("%.0f ms a step: %d steps in %.3g minutes", 1000*times[len(times)/2], steps, minutes)
	return nil
}

// setSteps plans a number of steps.
func (r *demo) setSteps(steps int) {
	r.config.Schedule.Steps, r.config.Schedule.Warmup = steps, min(100, (steps+9)/10)
}

// recordedSteps returns the steps that an unfinished run in the directory was planned with,
// or 0.
func (r *demo) recordedSteps() int {
	data, err := os.ReadFile(filepath.Join(r.out, "run.json"))
	var info struct {
		Config demoConfig `json:"config"`
	}
	if err != nil || !r.unfinished() || json.Unmarshal(data, &info) != nil {
		return 0
	}
	return info.Config.Schedule.Steps
}

// train trains until the last step or until ctx ends and returns the number of steps done.
func (r *demo) train(ctx context.Context) (int, error) {
	m, t, err := r.newTrainer()
	if err != nil {
		return 0, err
	}
	r.model = m
	run, err := train.OpenRun(r.out, train.RunInfo{
		Config: r.config, Seed: r.config.Seed, Data: map[string]string{"poems": poems.Hash()}, Environment: environment(r.cpu),
	}, r.unfinished())
	if err != nil {
		return 0, err
	}
	defer run.Close()
	for _, w := range run.Warnings {
		r.ui.say("warning: %v", w)
	}
	steps := r.config.Schedule.Steps
	loop := &train.Loop{Run: run, Learner: t, Steps: steps, Every: 30 * time.Second, Keep: 2}
	if err := loop.Start(); err != nil {
		return 0, err
	}
	if run.Step > 0 {
		r.ui.say("Going on after step %d of %d.", run.Step, steps)
		r.history.load(filepath.Join(r.out, metricsFile), run.Step)
	}
	r.ui.say("The poet: %s parameters, %d layers of %d channels; %d steps of %d poems", count(float64(m.Config().NumParameters())),
		m.Config().Layers, m.Config().Channels, steps, r.config.Batch)
	meter := newMeter(r.ui, steps, train.Plan(m.Config(), r.config.Batch, m.Config().Context).TrainingFLOPs, r.cpu)
	loop.OnStep = func(s train.Stats) (map[string]any, error) {
		meter.step(s)
		r.history.add(s)
		if !r.pauseAt(s.Step) {
			return nil, nil
		}
		return r.look(s)
	}
	return loop.Train(ctx)
}

// pauseAt reports whether a sample is taken after a step: at a few points, closer together
// at the beginning, and at the end.
func (r *demo) pauseAt(step int) bool {
	steps := r.config.Schedule.Steps
	for _, share := range []float64{0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1} {
		if step == max(1, int(share*float64(steps))) {
			return true
		}
	}
	return false
}

// look measures the poet in the middle of its training and lets it write a poem.
func (r *demo) look(s train.Stats) (map[string]any, error) {
	p := poet.MeasurePerplexity(r.model, r.cpu, r.vocab, r.heldout)
	recitals, err := poet.Recite(r.model, r.cpu, r.vocab, r.famous)
	if err != nil {
		return nil, err
	}
	poem, err := poet.Write(r.model, r.cpu, r.vocab, 7, nn.Sampling{Temperature: 0.8, TopP: 0.95}, tensor.NewStream(r.config.Seed, "sample", s.Step))
	if err != nil {
		return nil, err
	}
	l := look{Step: s.Step, Perplexity: p.Character, Recited: poet.Share(recitals), Poem: poem}
	r.history.Looks = append(r.history.Looks, l)
	r.ui.say("step %-5d loss %.2f   perplexity of unseen poems %4.0f   recites %2.0f of 20   %s", s.Step, s.Loss, l.Perplexity, 20*l.Recited, join(poem))
	r.ui.event("sample", l)
	return map[string]any{"look": l}, nil
}

func join(lines []string) string {
	s := ""
	for _, l := range lines {
		s += l
	}
	return s
}

// unfinished reports whether the directory holds a run without a report: a demo that was
// interrupted, which the same command takes up again. A finished one is never written over.
func (r *demo) unfinished() bool {
	_, err := os.Stat(filepath.Join(r.out, reportFile))
	return err != nil
}

// A look is what the poet could do at a step.
type look struct {
	Step       int      `json:"step"`
	Perplexity float64  `json:"heldout_perplexity"`
	Recited    float64  `json:"recited"`
	Poem       []string `json:"poem"`
}

const (
	metricsFile = "metrics.jsonl"
	reportFile  = "report.html"
)

// demoHistory is how the training went, for the report.
type demoHistory struct {
	Step, Loss []float64
	Seconds    float64
	Tokens     int
	Looks      []look
}

func (h *demoHistory) add(s train.Stats) {
	h.Step = append(h.Step, float64(s.Step))
	h.Loss = append(h.Loss, s.Loss)
	h.Seconds += s.Time.Seconds()
	h.Tokens += s.Tokens
}

// load reads the steps that an interrupted run has taken. What cannot be read is left out
// of the report; the training itself does not depend on it.
func (h *demoHistory) load(path string, steps int) {
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer f.Close()
	for d := json.NewDecoder(f); ; {
		var line struct {
			Step    int     `json:"step"`
			Loss    float64 `json:"loss"`
			Seconds float64 `json:"seconds"`
			Tokens  int     `json:"tokens"`
			Look    *look   `json:"look"`
		}
		if err := d.Decode(&line); err != nil || line.Step > steps {
			return
		}
		h.add(train.Stats{Step: line.Step, Loss: line.Loss, Tokens: line.Tokens, Time: time.Duration(line.Seconds * 1e9)})
		if line.Look != nil {
			h.Looks = append(h.Looks, *line.Look)
		}
	}
}

// finish lets the trained poet recite, saves the model and writes the report.
func (r *demo) finish() error {
	first, err := poet.Recite(r.model, r.cpu, r.vocab, r.famous)
	if err != nil {
		return err
	}
	couplets, err := poet.ReciteCouplets(r.model, r.cpu, r.vocab, poems.Famous(r.learn, 108))
	if err != nil {
		return err
	}
	perplexity := poet.MeasurePerplexity(r.model, r.cpu, r.vocab, r.heldout)
	r.ui.say("\nGiven the first line of a famous poem, the poet goes on:")
	for _, x := range first {
		r.ui.say("  %s %s，%s。  %s《%s》", tick(x.Right()), x.Given, x.Got, x.Poem.Author, x.Poem.Title)
	}
	for _, x := range couplets {
		if x.Given == "舉頭望山月" {
			r.ui.say("And alone, as people quote it:\n  %s %s，%s。  %s《%s》", tick(x.Right()), x.Given, x.Got, x.Poem.Author, x.Poem.Title)
		}
	}
	if err := r.saveModel(); err != nil {
		return err
	}
	report := filepath.Join(r.out, reportFile)
	if err := r.report(first, couplets, perplexity).WriteFile(report); err != nil {
		return err
	}
	seconds := time.Since(r.start).Seconds()
	r.ui.say("\nRecited %d of %d; perplexity of unseen poems %.0f a character (%.0f with punctuation); %.0f s of training.\nReport: %s",
		int(poet.Share(first)*float64(len(first))+0.5), len(first), perplexity.Character, perplexity.All, r.history.Seconds, report)
	r.ui.event("result", struct {
		Recited    float64 `json:"recited"`
		Couplets   float64 `json:"couplets"`
		Perplexity float64 `json:"heldout_perplexity"`
		All        float64 `json:"heldout_perplexity_with_punctuation"`
		Steps      int     `json:"steps"`
		Training   float64 `json:"training_seconds"`
		Speed      float64 `json:"tokens_per_second"`
		Seconds    float64 `json:"seconds"`
		Out        string  `json:"out"`
		Report     string  `json:"report"`
	}{
		poet.Share(first), poet.Share(couplets), perplexity.Character, perplexity.All, r.config.Schedule.Steps,
		r.history.Seconds, float64(r.history.Tokens) / r.history.Seconds, seconds, r.out, report,
	})
	return nil
}

func tick(right bool) string {
	if right {
		return "✓"
	}
	return "✗"
}

// saveModel writes the model directory.
func (r *demo) saveModel() error {
	return train.WriteDirAtomic(filepath.Join(r.out, "model"), func(dir string) error {
		if err := nn.Save(r.model, dir); err != nil {
			return err
		}
		t, err := r.vocab.Tokenizer()
		if err != nil {
			return err
		}
		return t.Save(dir)
	})
}
