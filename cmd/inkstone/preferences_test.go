package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkstone/nn"
	"inkstone/nn/tokenizer"
	"inkstone/tensor"
)

// writePreferences writes a small model with a tokenizer, and rankings by how many moons an
// answer has.
func writePreferences(t *testing.T) (model, data string) {
	t.Helper()
	model, data = filepath.Join(t.TempDir(), "model"), filepath.Join(t.TempDir(), "rankings.jsonl")
	tok := tokenizer.NewCharacters(slices.Values([]string{"月山水花鳥風雪人日夜？"}), 1)
	c := sizes[0].config()
	c.Vocab, c.Channels, c.HeadSize, c.Hidden, c.Context = tok.VocabSize(), 16, 8, 32, 16
	m, err := nn.New(c, tensor.Float32, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := nn.Save(m, model); err != nil {
		t.Fatal(err)
	}
	if err := tok.Save(model); err != nil {
		t.Fatal(err)
	}
	words := []rune("山水花鳥風雪人日夜")
	var lines strings.Builder
	for i := range 81 {
		a, b := string(words[i%9]), string(words[i/9])
		if i%2 == 0 {
			fmt.Fprintf(&lines, `{"prompt":"%s%s？","ranked":["月月%s","月%s%s","%s%s%s"]}`+"\n", a, b, b, a, b, b, a, b)
		} else {
			fmt.Fprintf(&lines, `{"prompt":"%s%s？","chosen":"%s月","rejected":"%s%s"}`+"\n", a, b, a, a, b)
		}
	}
	if err := os.WriteFile(data, []byte(lines.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return model, data
}

// command runs a verb as the program does and returns its events, the last one parsed into
// result.
func command(t *testing.T, result any, args ...string) (events string, err error) {
	t.Helper()
	var out bytes.Buffer
	if err := runCommand(t, &ui{events: &out, people: io.Discard}, args...); err != nil {
		return out.String(), err
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), result); err != nil {
		t.Fatalf("%s: %v", lines[len(lines)-1], err)
	}
	return out.String(), nil
}

// runCommand runs a verb on two threads.
func runCommand(t *testing.T, u *ui, args ...string) error {
	t.Helper()
	var c cli
	parser, err := newParser(&c)
	if err != nil {
		t.Fatal(err)
	}
	k, err := parser.Parse(append(args, "--threads=2"))
	if err != nil {
		return err
	}
	k.BindTo(t.Context(), (*context.Context)(nil))
	return k.Run(u, &c.globals)
}

// TestPreferenceVerbs: reward and dpo learn from a file what it prefers, leave a model that
// loads with its tokenizer, and a page about it.
func TestPreferenceVerbs(t *testing.T) {
	model, data := writePreferences(t)
	for _, c := range []struct {
		args    []string
		section string
	}{
		{[]string{"reward", "--loss", "pairs"}, "A judge learns"},
		{[]string{"reward", "--loss", "plackett-luce", "--accumulate", "2"}, "A judge learns"},
		{[]string{"dpo"}, "Distance from the model"},
		{[]string{"dpo", "--loss", "ipo", "--steps", "60"}, "Distance from the model"},
		{[]string{"reward", "--lora", "4"}, "A judge learns"},
		{[]string{"dpo", "--lora", "4", "--dora", "--lora-targets", "c_attn,*.mlp.*"}, "Distance from the model"},
	} {
		name, rate := strings.Join(c.args, " "), "0.003"
		adapts := slices.Contains(c.args, "--lora")
		if adapts {
			rate = "0.02"
		}
		out := filepath.Join(t.TempDir(), "run")
		args := append(c.args, "--model", model, "--data", data, "--out", out, "--epochs", "8", "--batch", "4", "--lr", rate)
		var result struct {
			Event, Model, Adapter, Out string
			Accuracy                   float64 `json:"heldout_accuracy"`
			Pairs                      int     `json:"heldout_pairs"`
			Loss                       float64
			Steps                      int
		}
		if events, err := command(t, &result, args...); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, events)
		}
		if result.Event != "result" || result.Accuracy < 0.9 || result.Pairs < 8 || result.Loss <= 0 || result.Steps < 60 || result.Out != out {
			t.Errorf("%s: result %+v", name, result)
		}
		cpu := tensor.NewCPU(1)
		defer cpu.Close()
		var err error
		if c.args[0] == "reward" {
			_, err = nn.LoadScorer(result.Model, tensor.Float32, cpu)
		} else {
			_, err = nn.Load(result.Model, tensor.Float32, cpu)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := tokenizer.Load(result.Model); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if (result.Adapter != "") != adapts {
			t.Errorf("%s: adapter %q", name, result.Adapter)
		} else if adapts {
			if _, learned, err := loadMerged(model, result.Adapter, cpu); err != nil || learned.Trainable == 0 {
				t.Errorf("%s: %v", name, err)
			}
		}
		page, _ := os.ReadFile(filepath.Join(out, reportFile))
		for _, want := range []string{c.section, "Calibration", "best answers", "held-out pairs", "<polyline"} {
			if !strings.Contains(string(page), want) {
				t.Errorf("%s: no %q in the report", name, want)
			}
		}
		if _, err := command(t, &result, args...); err == nil || !strings.Contains(err.Error(), "already holds a run") {
			t.Errorf("%s again: %v", name, err)
		}
		if _, err := command(t, &result, append(args, "--resume")...); err != nil {
			t.Errorf("%s --resume: %v", name, err)
		}
	}
}

// TestPreferenceVerbsRefuse: what is wrong is said in one line, and no directory is made.
func TestPreferenceVerbsRefuse(t *testing.T) {
	model, data := writePreferences(t)
	out := filepath.Join(t.TempDir(), "run")
	bad := filepath.Join(t.TempDir(), "bad.jsonl")
	if err := os.WriteFile(bad, []byte(`{"prompt":"山","ranked":["月","月"]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	scorer := filepath.Join(t.TempDir(), "scorer")
	if _, err := command(t, new(any), "reward", "--model", model, "--data", data, "--out", scorer, "--steps", "1"); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"reward", "dpo"} {
		for want, args := range map[string][]string{
			"bad.jsonl:1: answers 1 and 2 are the same": {"--model", model, "--data", data, bad},
			"batch 0":                    {"--model", model, "--data", data, "--batch", "0"},
			"heldout is 0":               {"--model", model, "--data", data, "--heldout", "0"},
			"--dropout 1":                {"--model", model, "--data", data, "--dropout", "1"},
			"schedule":                   {"--model", model, "--data", data, "--lr=-1"},
			"is a reward model":          {"--model", filepath.Join(scorer, "model"), "--data", data},
			"no such file":               {"--model", model, "--data", data + "x"},
			"tokenizer.json":             {"--model", filepath.Dir(model), "--data", data},
			`must be one of`:             {"--model", model, "--data", data, "--loss", "elo"},
			"missing flags: --data=FILE": {"--model", model},
			`"c_atn" matches no Linear`:  {"--model", model, "--data", data, "--lora", "2", "--lora-targets", "c_atn"},
			"LoRA rank is -1":            {"--model", model, "--data", data, "--lora=-1"},
			"flags of LoRA without":      {"--model", model, "--data", data, "--dora"},
		} {
			_, err := command(t, new(any), append([]string{verb, "--out", out}, args...)...)
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s %v: error %v, want %s", verb, args, err, want)
			}
			if _, err := os.Stat(out); err == nil {
				t.Fatalf("%s %v made the directory", verb, args)
			}
		}
	}
}
