package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkstone/nn"
	"inkstone/nn/tokenizer"
	"inkstone/tensor"
)

// writeFile writes a file of the test's own and returns its path.
func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// writeScorer writes a reward model for the model of writePreferences, or for one that reads
// other characters.
func writeScorer(t *testing.T, characters string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "scorer")
	tok := tokenizer.NewCharacters(slices.Values([]string{characters}), 1)
	c := sizes[0].config()
	c.Vocab, c.Channels, c.HeadSize, c.Hidden, c.Context = tok.VocabSize(), 16, 8, 32, 16
	m, err := nn.New(c, tensor.Float32, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := nn.Save(nn.NewScorer(m, 1), dir); err != nil {
		t.Fatal(err)
	}
	if err := tok.Save(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// checkRefused runs a verb and expects one line that says what is wrong, and no directory.
func checkRefused(t *testing.T, out, want string, args ...string) {
	t.Helper()
	_, err := command(t, new(any), append(args, "--out", out)...)
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v: error %v, want %q", args, err, want)
	}
	if _, err := os.Stat(out); err == nil {
		t.Fatalf("%v made the directory", args)
	}
}

// TestReinforceRefuses: ppo and grpo say what is wrong, where, before anything is made.
func TestReinforceRefuses(t *testing.T) {
	model, rankings := writePreferences(t)
	scorer, stranger := writeScorer(t, "月山水花鳥風雪人日夜？"), writeScorer(t, "甲乙丙丁")
	out := filepath.Join(t.TempDir(), "run")
	prompts := writeFile(t, "prompts.jsonl", `{"prompt":"山"}`)
	long := writeFile(t, "long.jsonl", "{\"prompt\":\"山\"}\n"+fmt.Sprintf(`{"prompt":"%s"}`, strings.Repeat("山", 13)))
	for _, verb := range []string{"ppo", "grpo"} {
		for _, c := range []struct {
			want string
			args []string
		}{
			{"long.jsonl:2: a prompt of 13 tokens with an answer of up to 4, the model's context is 16", []string{"--model", model, "--reward", scorer, "--data", long}},
			{"empty.jsonl:1: the prompt is empty", []string{"--model", model, "--reward", scorer, "--data", writeFile(t, "empty.jsonl", `{"prompt":""}`)}},
			{`other.jsonl:1: no "prompt"`, []string{"--model", model, "--reward", scorer, "--data", writeFile(t, "other.jsonl", `{"text":"山"}`)}},
			{"no prompts: give --data", []string{"--model", model, "--reward", scorer}},
			{"missing flags: --reward", []string{"--model", model, "--data", prompts}},
			{"is a reward model", []string{"--model", scorer, "--reward", scorer, "--data", prompts}},
			{"--reward wants the directory of a model that the verb reward made", []string{"--model", model, "--reward", model, "--data", prompts}},
			{"reads with another tokenizer than the policy", []string{"--model", model, "--reward", stranger, "--data", prompts}},
			{"--reward rule judges the poems of the demo's poet alone", []string{"--model", model, "--reward", "rule", "--data", prompts}},
			{"matches no Linear", []string{"--model", model, "--reward", scorer, "--data", prompts, "--lora", "2", "--lora-targets", "nothing"}},
			{"cannot be cut into minibatches", []string{"--model", model, "--reward", scorer, "--data", prompts, "--minibatch", "3"}},
			{"0 steps", []string{"--model", model, "--reward", scorer, "--data", prompts, "--iterations", "0"}},
			{"unknown flag --reword", []string{"--model", model, "--reword", scorer, "--data", prompts}},
		} {
			// A flag given twice counts as it was given last.
			checkRefused(t, out, c.want, append([]string{verb, "--answer", "4", "--episodes", "8", "--minibatch", "8"}, c.args...)...)
		}
	}
	checkRefused(t, out, "--pretrain and --pretrain-data go together", "ppo", "--model", model, "--reward", scorer, "--data", rankings, "--pretrain", "1")
}

// TestSettingsRefused: a settings file that says what no flag means is refused by name.
func TestSettingsRefused(t *testing.T) {
	model, data := writePreferences(t)
	out := filepath.Join(t.TempDir(), "run")
	for text, want := range map[string]string{
		`{"btach": 3}`:     `c.json: unknown setting "btach", did you mean "batch"?`,
		`{"zzzzzz": 3}`:    `c.json: unknown setting "zzzzzz"`,
		`{"batch": "all"}`: `c.json: setting "batch" is "all", want a number`,
		`[1]`:              "c.json: want an object of flags by name",
		`{"batch": `:       "c.json: want an object of flags by name: unexpected end",
	} {
		path := writeFile(t, "c.json", text)
		for _, verb := range []string{"sft", "reward", "dpo"} {
			checkRefused(t, out, want, verb, "--model", model, "--data", data, "--config", path)
		}
		if strings.Contains(want, "batch") {
			continue // no flag of the others
		}
		for _, verb := range []string{"ppo", "grpo"} {
			checkRefused(t, out, want, verb, "--model", model, "--reward", model, "--config", path)
		}
	}
}

// TestRunsAreKept: no verb writes over a run without --resume, nor goes on with other settings,
// and neither changes a file of it.
func TestRunsAreKept(t *testing.T) {
	model, rankings := writePreferences(t)
	scorer := writeScorer(t, "月山水花鳥風雪人日夜？")
	chats := writeFile(t, "chats.jsonl", couplets)
	rl := []string{"--reward", scorer, "--data", rankings, "--iterations", "1", "--answer", "4", "--episodes", "8", "--minibatch", "8"}
	for verb, args := range map[string][]string{
		"sft":    {"--data", chats, "--template", "none", "--steps", "1", "--heldout", "0.25"},
		"reward": {"--data", rankings, "--steps", "1"},
		"dpo":    {"--data", rankings, "--steps", "1"},
		"ppo":    rl,
		"grpo":   rl,
	} {
		out := filepath.Join(t.TempDir(), "run")
		args = append([]string{verb, "--model", model, "--out", out}, args...)
		if _, err := command(t, new(any), args...); err != nil {
			t.Errorf("%s: %v", verb, err)
			continue
		}
		before := fileTimes(t, out)
		for want, more := range map[string][]string{
			"already holds a run, of":                nil,
			"the run was started with schedule.peak": {"--resume", "--lr", "0.5"},
			"the run was started with seed = 1":      {"--resume", "--seed", "3"},
		} {
			_, err := command(t, new(any), append(args, more...)...)
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), out) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s %v: error %v, want %q", verb, more, err, want)
			}
		}
		if after := fileTimes(t, out); after != before {
			t.Errorf("%s: the run was touched: before\n%safter\n%s", verb, before, after)
		}
	}
}

// fileTimes lists the files under a directory with their sizes and times.
func fileTimes(t *testing.T, dir string) string {
	t.Helper()
	var list strings.Builder
	err := filepath.Walk(dir, func(path string, f os.FileInfo, err error) error {
		if err == nil && !f.IsDir() {
			fmt.Fprintln(&list, path, f.Size(), f.ModTime())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list.String()
}
