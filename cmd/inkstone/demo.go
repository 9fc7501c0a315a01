package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"inkstone/kernels"
	"inkstone/nn"
	"inkstone/nn/tokenizer"
	"inkstone/tensor"
	"inkstone/train"
	"inkstone/train/poems"
	"inkstone/train/poet"
	"inkstone/train/prosody"
)

type demoCmd struct {
	Out     string  `help:"Where everything goes: a run directory for each step, the poet's model and the report." default:"inkstone-demo" type:"path" placeholder:"DIR"`
	Size    string  `help:"Size of the poet: tiny, small or medium." default:"small" enum:"tiny,small,medium"`
	Steps   int     `help:"Training steps of the first step; the others are shortened or lengthened alike. 0 means the size's own number." default:"0"`
	Methods bool    `help:"Also learn by LoRA, DPO, GRPO and RLOO from the same beginnings, and compare (twice the time)."`
	Minutes float64 `help:"Take about so many minutes in all: the steps are chosen by the measured speed." default:"0"`
}

// Help teaches the verb.
func (demoCmd) Help() string {
	return `The making of a language model, with a child who learns Tang poems:

  1. It recites. A model that has never seen a character reads 13,700 quatrains, the famous ones
     more often, and goes on where a famous line ends. (Pretraining)
  2. It answers. Poems with their themes in front teach it to write of what it is asked.
     (Supervised fine-tuning)
  3. A companion ranks poems, and a judge learns from the rankings what is better. (Reward model)
  4. It gets better by the judge's word alone. (Reinforcement learning: PPO)

The report is one HTML file. The number of steps is fixed, so that the same seed gives the same
poems on any number of threads (and the same kind of processor). Ctrl-C saves; the same command goes on.

  inkstone demo
  inkstone demo --size tiny --minutes 1
  inkstone generate --model inkstone-demo/model "舉頭望山月，"`
}

// demoPlan is what determines the outcome of the demo's steps; each records its part.
type demoPlan struct {
	Size, Precision         string
	Seed                    uint64
	Layers, Heads, Channels int
	Unseen                  int // held-out poems to be examined on
	Recite                  recitePlan
	Answer                  answerPlan
	Judge                   judgePlan
	Improve                 improvePlan
	Methods                 methodsPlan
}

// newDemoPlan returns the plan for a size. Learning rates and lengths were found by trying.
func newDemoPlan(size, precision string, seed uint64) demoPlan {
	p := demoPlan{Size: size, Precision: precision, Seed: seed, Heads: 4, Unseen: math.MaxInt, Recite: defaultRecite(), Answer: defaultAnswer(), Judge: defaultJudge(), Improve: defaultImprove(), Methods: defaultMethods()}
	switch size {
	case "tiny":
		p.Layers, p.Channels = 2, 96
		p.Recite.Schedule.Peak = 3e-3
	case "small":
		p.Layers, p.Channels = 4, 192
	case "medium":
		p.Layers, p.Channels = 6, 256
		p.Recite.Schedule.Peak, p.Recite.Schedule.Steps = 1.5e-3, 4000
	}
	return p
}

// stretch lengthens or shortens every step of the demo by a factor.
func (p *demoPlan) stretch(factor float64) {
	scale := func(n, least int) int { return max(least, int(float64(n)*factor+0.5)) }
	for _, s := range []*train.Schedule{&p.Recite.Schedule, &p.Answer.Schedule, &p.Judge.Schedule, &p.Improve.RL.Schedule, &p.Methods.GRPO.Schedule, &p.Methods.RLOO.Schedule, &p.Methods.DPO.Schedule} {
		s.Steps = scale(s.Steps, 2)
		s.Warmup = min(s.Warmup, (s.Steps+9)/10)
	}
	p.Judge.Rankings = scale(p.Judge.Rankings, p.Judge.Batch)
	p.Judge.Examined = scale(p.Judge.Examined, 16)
	if factor < 0.1 { // a demo in miniature reads and writes fewer poems at a time, too
		p.Unseen, p.Judge.Own = 32, 32
		for _, c := range []*train.RLConfig{&p.Improve.RL, &p.Methods.GRPO, &p.Methods.RLOO} {
			c.Episodes, c.Minibatch = 32, 16
		}
	}
	p.Methods.Own = scale(p.Methods.Own, 2*p.Methods.DPO.Batch)
	p.Improve.Exam = min(512, scale(p.Improve.Exam, 35))
}

// A demo is a run of the command.
type demo struct {
	ui      *ui
	out     string
	plan    demoPlan
	dev     backend
	vocab   *poet.Vocabulary
	tok     tokenizer.Tokenizer
	learn   []poems.Poem
	heldout []poems.Poem
	famous  []poems.Poem
	corpus  *prosody.Corpus
	start   time.Time
	done    map[string]*demoStep // the steps taken, by name
}

// A demoAction is a step of the demo: its folder, its title and what it does.
type demoAction struct {
	name, title string
	run         func(context.Context, *demoStep) error
}

// errInterrupted ends a demo that was asked to stop and has saved.
var errInterrupted = errors.New("interrupted")

// Run teaches the poet and writes the report.
func (c *demoCmd) Run(ctx context.Context, u *ui, g *globals) error {
	if c.Minutes < 0 || c.Steps < 0 || c.Minutes > 0 && c.Steps > 0 {
		return usagef("demo: give --steps or --minutes, one of them, not below 0")
	}
	if g.Precision == autoPrecision && g.onCPU() && kernels.ISA() == "avx512bf16" {
		g.Precision = tensor.BF16.String()
	}
	dev, err := g.backend(u)
	if err != nil {
		return err
	}
	defer dev.Close()
	d := &demo{ui: u, out: c.Out, dev: dev, start: time.Now(), plan: newDemoPlan(c.Size, g.Precision, g.Seed), done: map[string]*demoStep{}}
	if err := d.open(); err != nil {
		return err
	}
	if err := d.schedule(c); err != nil {
		return err
	}
	d.heldout = d.heldout[:min(d.plan.Unseen, len(d.heldout))]
	return d.run(ctx, c.Methods)
}

// run takes the steps that are left, those that compare methods too if asked to, and writes
// the report.
func (d *demo) run(ctx context.Context, methods bool) error {
	d.ui.say("%d poems to learn, %d held out, %d different characters", len(d.learn), len(d.heldout), len(d.vocab.Tokens))
	steps := []demoAction{
		{reciteDir, "1. The child recites", d.recite},
		{answerDir, "2. It answers to a theme", d.answer},
		{judgeDir, "3. A judge learns what is better", d.judge},
		{improveDir, "4. It gets better by the judge's word", d.improve},
	}
	if methods {
		steps = append(steps, d.methods()...)
	}
	for _, s := range steps {
		step, err := d.step(ctx, s.name, s.title, s.run)
		if errors.Is(err, errInterrupted) {
			d.ui.say("Saved in %s; run the same command to go on.", d.out)
			d.ui.event("result", struct {
				Interrupted bool   `json:"interrupted"`
				During      string `json:"during"`
				Out         string `json:"out"`
			}{true, s.name, d.out})
			return nil
		}
		if err != nil {
			return err
		}
		d.done[s.name] = step
	}
	return d.finish()
}

// open loads what the demo learns from. A directory with a report is a finished demo, which
// is never written over.
func (d *demo) open() error {
	if _, err := os.Stat(filepath.Join(d.out, reportFile)); err == nil {
		return fmt.Errorf("%s already holds a finished demo; choose another --out, or remove it", d.out)
	}
	d.learn, d.heldout = poems.Split(poems.Load())
	d.famous = poems.Famous(d.learn, 20)
	d.vocab = poet.NewVocabulary(d.learn)
	d.corpus = prosody.NewCorpus(d.learn)
	var err error
	d.tok, err = d.vocab.Tokenizer()
	return err
}

// planFile records how long the steps of a demo are, so that one that goes on is not planned
// anew by another measured speed.
const planFile = "plan.json"

// schedule fixes the lengths of the steps: as recorded, as asked for, or by measured speed.
func (d *demo) schedule(c *demoCmd) error {
	path := filepath.Join(d.out, planFile)
	base := float64(d.plan.Recite.Schedule.Steps)
	var recorded struct {
		Minutes float64 `json:"minutes"`
		Factor  float64 `json:"factor"`
	}
	data, err := os.ReadFile(path)
	switch {
	case c.Minutes == 0 && c.Steps == 0:
		return nil
	case c.Steps > 0:
		d.plan.stretch(float64(c.Steps) / base)
		d.plan.Recite.Schedule.Steps = c.Steps
		return nil
	case err == nil && json.Unmarshal(data, &recorded) == nil && recorded.Minutes == c.Minutes && recorded.Factor > 0:
		d.plan.stretch(recorded.Factor)
		return nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	perStep, err := d.measureStep()
	if err != nil {
		return err
	}
	recorded.Minutes, recorded.Factor = c.Minutes, c.Minutes*60*reciteShare/(perStep*base)
	d.plan.stretch(recorded.Factor)
	d.ui.say("%.0f ms a step: %d steps of reading in %.3g minutes for everything", 1000*perStep, d.plan.Recite.Schedule.Steps, c.Minutes)
	if data, err = json.Marshal(recorded); err != nil {
		return err
	}
	if err := os.MkdirAll(d.out, 0o755); err != nil {
		return err
	}
	return train.WriteFileAtomic(path, append(data, '\n'))
}

// reciteShare is the share of the demo's time that the first step's training takes.
const reciteShare = 0.42

// measureStep returns the seconds that a step of reading takes.
func (d *demo) measureStep() (float64, error) {
	m, err := d.newPoet()
	if err != nil {
		return 0, err
	}
	t := d.reader(m)
	var times []float64
	for step := range 24 {
		s, err := t.Step(step)
		if err != nil {
			return 0, err
		}
		times = append(times, s.Time.Seconds())
	}
	slices.Sort(times)
	return times[len(times)/2], nil
}

// newPoet returns a model that knows nothing.
func (d *demo) newPoet() (nn.Model, error) {
	return nn.New(poetConfig(d.plan, d.vocab.Size()), tensor.Float32, d.plan.Seed)
}

// poetConfig returns the poet's architecture. GPT-2's weights begin with a standard deviation of
// 0.02, at 768 channels; that of narrower models is wider by the root of the ratio, so that sums
// over the channels are as large.
func poetConfig(p demoPlan, vocab int) *nn.Config {
	return &nn.Config{
		ModelType: nn.GPT2Type, Vocab: vocab, Context: poet.RowLen(7), Channels: p.Channels, Layers: p.Layers,
		Heads: p.Heads, KVHeads: p.Heads, HeadSize: p.Channels / p.Heads, Hidden: 4 * p.Channels,
		Activation: "gelu_new", NormEps: 1e-5, TiedHead: true, InitStd: 0.02 * math.Sqrt(768/float64(p.Channels)), Dropout: p.Recite.Dropout, BOS: -1, EOS: -1,
	}
}

// load reads the model that an earlier step left.
func (d *demo) load(step string) (nn.Model, error) {
	return nn.Load(filepath.Join(d.out, step, train.ModelDir), tensor.Float32, d.dev)
}

// The folders of the steps.
const (
	reciteDir  = "1-recite"
	answerDir  = "2-answer"
	judgeDir   = "3-judge"
	improveDir = "4-improve"
)

const (
	metricsFile = "metrics.jsonl"
	reportFile  = "report.html"
)
