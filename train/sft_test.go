package train

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inkstone/nn"
	"inkstone/nn/tokenizer"
	"inkstone/tensor"
)

// tuning returns the fine-tuning of a small model: to answer two letters with the second one,
// three times.
func tuning(t *testing.T, dir string, steps int) *SFT {
	t.Helper()
	tok := readable(t, "</s>")
	d := NewDialogue(tok.WithChat(tokenizer.DefaultChat(tok)))
	c := &nn.Config{ModelType: nn.LlamaType, Vocab: tok.VocabSize(), Context: 40, Channels: 24, Layers: 2, Heads: 3, KVHeads: 1, HeadSize: 8,
		Hidden: 48, Activation: "silu", NormEps: 1e-5, RopeTheta: 10000, InitStd: 0.1, BOS: -1, EOS: -1}
	m, err := nn.New(c, tensor.Float32, 1)
	if err != nil {
		t.Fatal(err)
	}
	s := &SFT{Model: m, Dialogue: d, Dir: dir, Seed: 1, Say: func(string, ...any) {}, Begin: func(SFTBegin) {}, OnStep: func(Stats) {}}
	s.Config = SFTConfig{Context: 40, Dropout: 0.05, Template: d.Tokenizer.Chat().Template, FineTuneConfig: fineTuneConfig(steps)}
	s.Config.Schedule.Peak = 1e-2
	for i := range 64 {
		one, two := "abcdefgh"[i/8:][:1], "abcdefgh"[i%8:][:1]
		e, err := d.Conversation(turns("user", one+two, "assistant", strings.Repeat(two, 3)))
		if err != nil {
			t.Fatal(err)
		}
		s.Examples = append(s.Examples, e)
	}
	if s.General, err = ReadExamples([]string{writeData(t, "general.txt", "Other text, of other words.")}, d, c.Vocab, 40); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSFT: fine-tuning lowers the loss on what was learned and on what was not, and leaves a
// model with its template, whose end token ends its texts.
func TestSFT(t *testing.T) {
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	s := tuning(t, filepath.Join(t.TempDir(), "run"), 100)
	first := 0.0
	s.OnStep = func(st Stats) {
		if st.Step == 1 {
			first = st.Loss
		}
	}
	var begin SFTBegin
	s.Begin = func(b SFTBegin) { begin = b }
	r, err := s.Run(context.Background(), cpu)
	if err != nil {
		t.Fatal(err)
	}
	if begin.Learn+begin.Heldout != 64 || begin.Heldout != 16 || r.Records != 100*8 {
		t.Errorf("%+v, %d records", begin, r.Records)
	}
	if !(r.Loss < first/3) || !(r.After.Heldout < 0.7*r.Before.Heldout) || math.IsNaN(r.Before.General) || r.After.General == r.Before.General {
		t.Errorf("loss %v at first, then %+v", first, r)
	}
	tok, err := tokenizer.Load(r.Model)
	if err != nil {
		t.Fatal(err)
	}
	if tok.Chat().Template != s.Config.Template || s.Config.Template == "" {
		t.Errorf("the template saved is %q", tok.Chat().Template)
	}
	m, err := nn.Load(r.Model, tensor.Float32, cpu)
	if err != nil {
		t.Fatal(err)
	}
	if end, _ := tok.ID("</s>"); m.Config().EOS != int(end) {
		t.Errorf("the model's end token is %d, want %d", m.Config().EOS, end)
	}
	prompt, err := NewDialogue(tok).Prompt("gc")
	if err != nil {
		t.Fatal(err)
	}
	answers, err := nn.NewBatchGenerator(m, cpu).Generate([][]int32{prompt}, 10, []*nn.Sampler{nn.NewSampler(nn.Sampling{}, tensor.Stream{})}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := tok.Decode(answers[0]); got != " ccc</s>" {
		t.Errorf("the model answers %q", got)
	}
}

// TestSFTResume: a run that is stopped and goes on ends with the weights of one that was not,
// bit for bit; with an adapter too.
func TestSFTResume(t *testing.T) {
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	for _, lora := range []*nn.LoRAConfig{nil, {Rank: 2, Alpha: 4, Dropout: 0.1, Targets: []string{nn.AllLinear}}} {
		run := func(dir string, stop int, resume bool) SFTResult {
			s := tuning(t, dir, 12)
			s.Resume, s.Config.LoRA = resume, lora
			if lora != nil {
				l, err := nn.AddLoRA(s.Model, *lora, s.Seed)
				if err != nil {
					t.Fatal(err)
				}
				s.Model = l
			}
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			s.OnStep = func(st Stats) {
				if st.Step == stop {
					cancel()
				}
			}
			r, err := s.Run(ctx, cpu)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		whole := run(filepath.Join(t.TempDir(), "whole"), 0, false)
		dir := filepath.Join(t.TempDir(), "parts")
		if r := run(dir, 5, false); r.Steps != 5 || r.Planned != 12 {
			t.Fatalf("stopped after step %d of %d, want 5 of 12", r.Steps, r.Planned)
		}
		parts := run(dir, 0, true)
		if parts.Before != whole.Before || parts.After != whole.After {
			t.Errorf("losses %v and %v, want %v and %v", parts.Before, parts.After, whole.Before, whole.After)
		}
		files := [][2]string{{filepath.Join(whole.Model, nn.WeightsFile), filepath.Join(parts.Model, nn.WeightsFile)}}
		if lora != nil {
			files = append(files, [2]string{filepath.Join(whole.Adapter, nn.AdapterWeightsFile), filepath.Join(parts.Adapter, nn.AdapterWeightsFile)})
		}
		for _, f := range files {
			a, err := os.ReadFile(f[0])
			if err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(f[1])
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(a, b) {
				t.Errorf("%s differs from that of a run that was never stopped", f[1])
			}
		}
	}
}

// TestSFTRefusals: settings and data that cannot work are refused before any step.
func TestSFTRefusals(t *testing.T) {
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	for want, damage := range map[string]func(s *SFT){
		"dropout is 1":                func(s *SFT) { s.Config.Dropout = 1 },
		"context is 0":                func(s *SFT) { s.Config.Context = 0 },
		"heldout is 0":                func(s *SFT) { s.Config.Heldout = 0 },
		"batch 0":                     func(s *SFT) { s.Config.Batch = 0 },
		"less than two different exa": func(s *SFT) { s.Examples = []Example{s.Examples[0], s.Examples[0]} },
	} {
		s := tuning(t, filepath.Join(t.TempDir(), "run"), 3)
		damage(s)
		s.OnStep = func(Stats) { t.Errorf("%s: a step was taken", want) }
		if _, err := s.Run(context.Background(), cpu); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
