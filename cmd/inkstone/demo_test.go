package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"inkstone/nn/tokenizer"
	"inkstone/tensor"
	"inkstone/train"
)

// lastEvent returns the fields of the last line of events.
func lastEvent(t *testing.T, events []byte) map[string]any {
	t.Helper()
	lines := bytes.Split(bytes.TrimSpace(events), []byte("\n"))
	var fields map[string]any
	if err := json.Unmarshal(lines[len(lines)-1], &fields); err != nil {
		t.Fatalf("%s: %v", lines[len(lines)-1], err)
	}
	return fields
}

// skipSlow leaves out tests that train for long where -short asks for that: without assembly
// they take minutes.
func skipSlow(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for long")
	}
}

// TestDemo takes the whole journey in miniature: what it says at the end, what it leaves, and
// that it does not write over that.
func TestDemo(t *testing.T) {
	skipSlow(t)
	out := filepath.Join(t.TempDir(), "demo")
	var events bytes.Buffer
	u := &ui{events: &events, people: io.Discard}
	demo := &demoCmd{Out: out, Size: "tiny", Steps: 8}
	if err := demo.Run(t.Context(), u, &globals{Seed: 1, Precision: "f32"}); err != nil {
		t.Fatal(err)
	}
	result := lastEvent(t, events.Bytes())
	if result["event"] != "result" || result["out"] != out || result["report"] != filepath.Join(out, reportFile) {
		t.Errorf("the last event is %v", result)
	}
	within := func(what string, fields map[string]any, name string, low, high float64) {
		if x, ok := fields[name].(float64); !ok || x < low || x > high {
			t.Errorf("%s%s is %v, want a number from %v to %v", what, name, fields[name], low, high)
		}
	}
	stages, _ := result["stages"].(map[string]any)
	for _, stage := range []string{"base", "sft", "ppo"} {
		scores, _ := stages[stage].(map[string]any)
		for _, name := range []string{"regulated", "theme", "novelty", "distinct2"} {
			within(stage+" ", scores, name, 0, 1)
		}
		within(stage+" ", scores, "perplexity", 1, 4400)
	}
	for _, name := range []string{"judge_accuracy", "judge_accuracy_clear", "win_rate", "recited"} {
		within("", result, name, 0, 1)
	}
	within("", result, "kl", -1, 100)
	within("", result, "heldout_perplexity", 1, 4400)
	within("", result, "seconds", 0.1, 600)

	page, err := os.ReadFile(filepath.Join(out, reportFile))
	if err != nil {
		t.Fatal(err)
	}
	checkPage(t, string(page))
	tok, err := tokenizer.Load(filepath.Join(out, train.ModelDir))
	if err != nil || tok.Decode(tok.Encode("舉頭望山月")) != "舉頭望山月" {
		t.Errorf("the poet's tokenizer: %v", err)
	}

	events.Reset()
	err = demo.Run(t.Context(), u, &globals{Seed: 1, Precision: "f32"})
	if err == nil || !strings.Contains(err.Error(), "finished demo") || events.Len() > 0 {
		t.Errorf("a second run ends with %v after %s", err, events.Bytes())
	}
	if again, err := os.ReadFile(filepath.Join(out, reportFile)); err != nil || !bytes.Equal(page, again) {
		t.Errorf("the second run changed the report (%v)", err)
	}
}

// checkPage: a report is well-formed and needs nothing from elsewhere.
func checkPage(t *testing.T, page string) {
	t.Helper()
	if !strings.HasPrefix(strings.ToLower(page), "<!doctype html>") || !strings.HasSuffix(strings.TrimSpace(page), "</html>") {
		t.Errorf("the report begins %.40q and ends %q", page, page[max(0, len(page)-40):])
	}
	for _, outside := range []string{`https?://`, `<script`, `<link`, `<iframe`, `\bsrc\s*=`, `@import`, `url\(`} {
		if found := regexp.MustCompile(outside).FindString(page); found != "" {
			t.Errorf("the report has %q", found)
		}
	}
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	depth, svg := 0, 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the report: %v", err)
		}
		switch x := token.(type) {
		case xml.StartElement:
			if depth++; x.Name.Local == "svg" {
				svg++
			}
		case xml.EndElement:
			depth--
		}
	}
	if depth != 0 || svg < 8 {
		t.Errorf("the report has %d open elements and %d curves", depth, svg)
	}
	for _, want := range []string{"1. The child recites", "2. It answers", "3. A judge", "4. It gets better", "regulated verse", "牀前看月光"} {
		if !strings.Contains(page, want) {
			t.Errorf("the report does not say %q", want)
		}
	}
}

// miniature returns a function that begins a demo, or goes on with it, of a poet that is quick
// to teach and to examine.
func miniature(t *testing.T, cpu *tensor.CPU) func(u *ui, out string) *demo {
	t.Helper()
	small := demo{dev: cpu, start: time.Now(), out: t.TempDir(), plan: newDemoPlan("tiny", "f32", 1)}
	small.plan.stretch(1e-3)
	small.plan.Layers, small.plan.Heads, small.plan.Channels = 1, 1, 16
	small.plan.Recite.Schedule.Steps = 3
	small.plan.Improve.RL.Episodes, small.plan.Improve.RL.Minibatch = 32, 16
	if err := small.open(); err != nil {
		t.Fatal(err)
	}
	small.heldout, small.famous = small.heldout[:40], small.famous[:4]
	return func(u *ui, out string) *demo {
		d := small
		d.ui, d.out, d.done = u, out, map[string]*demoStep{}
		return &d
	}
}

// An interruption listens to a demo and ends its context at the first step of learning that
// is reported after a title.
type interruption struct {
	title  string
	cancel context.CancelFunc
	events bytes.Buffer
	heard  bool
}

func (i *interruption) Write(event []byte) (int, error) {
	if i.heard && bytes.HasPrefix(event, []byte(`{"event":"step"`)) {
		i.cancel()
	}
	return i.events.Write(event)
}

// people is where the demo says its titles.
func (i *interruption) people() io.Writer {
	return writerFunc(func(text []byte) (int, error) {
		i.heard = i.heard || bytes.Contains(text, []byte(i.title))
		return len(text), nil
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// TestDemoInterrupted: a demo that is interrupted in the middle of each step and taken up
// again ends with the same poet, bit for bit, and the same figures.
func TestDemoInterrupted(t *testing.T) {
	skipSlow(t)
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	whole, parts := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "parts")
	begin := miniature(t, cpu)
	var events bytes.Buffer
	if err := begin(&ui{events: &events, people: io.Discard}, whole).run(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	want := lastEvent(t, events.Bytes())

	for _, step := range []struct{ dir, title string }{
		{reciteDir, "1. The child recites"}, {answerDir, "2. It answers"}, {judgeDir, "3. A judge learns"}, {improveDir, "4. It gets better"},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		i := &interruption{title: step.title, cancel: cancel}
		if err := begin(&ui{events: i, people: i.people()}, parts).run(ctx, false); err != nil {
			t.Fatalf("%s: %v", step.title, err)
		}
		if got := lastEvent(t, i.events.Bytes()); got["interrupted"] != true || got["during"] != step.dir || got["out"] != parts {
			t.Fatalf("%s: the last event is %v", step.title, got)
		}
		if _, err := os.Stat(filepath.Join(parts, step.dir, resultFile)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s has a result (%v) though it was interrupted", step.title, err)
		}
	}
	events.Reset()
	if err := begin(&ui{events: &events, people: io.Discard}, parts).run(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	got := lastEvent(t, events.Bytes())
	for _, fields := range []map[string]any{want, got} {
		for _, its := range []string{"seconds", "out", "report"} {
			delete(fields, its)
		}
	}
	a, errA := json.Marshal(want)
	b, errB := json.Marshal(got)
	if errA != nil || errB != nil || !bytes.Equal(a, b) {
		t.Errorf("interrupted four times it ends with\n%s\nin one go with\n%s", b, a)
	}
	for _, dir := range []string{reciteDir, answerDir, judgeDir, improveDir} {
		a, b := readStep(t, whole, dir), readStep(t, parts, dir)
		h, err := readHistory(filepath.Join(parts, dir))
		if err != nil {
			t.Fatal(err)
		}
		if a.Tokens != b.Tokens || b.Tokens == 0 || b.Seconds < h.total("seconds") {
			t.Errorf("%s: %d tokens and %v s, want %d and at least %v", dir, b.Tokens, b.Seconds, a.Tokens, h.total("seconds"))
		}
	}
	for _, dir := range []string{train.ModelDir, filepath.Join(judgeDir, train.ModelDir)} {
		a, errA := os.ReadFile(filepath.Join(whole, dir, "model.safetensors"))
		b, errB := os.ReadFile(filepath.Join(parts, dir, "model.safetensors"))
		if errA != nil || errB != nil || len(a) == 0 || !bytes.Equal(a, b) {
			t.Errorf("%s differs from that of a demo in one go (%v, %v)", dir, errA, errB)
		}
	}
}

// TestDemoMinutes: the plan that was made for a time is recorded, and kept whatever the speed
// of the machine when the demo goes on; another time is planned anew.
func TestDemoMinutes(t *testing.T) {
	skipSlow(t)
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	begin, out := miniature(t, cpu), filepath.Join(t.TempDir(), "demo")
	planned := func(minutes float64) demoPlan {
		d := begin(&ui{people: io.Discard}, out)
		if err := d.schedule(&demoCmd{Out: out, Minutes: minutes}); err != nil {
			t.Fatal(err)
		}
		return d.plan
	}
	read := func() (recorded struct{ Minutes, Factor float64 }) {
		data, err := os.ReadFile(filepath.Join(out, planFile))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &recorded); err != nil {
			t.Fatal(err)
		}
		return recorded
	}
	first := planned(5)
	recorded := read()
	if recorded.Minutes != 5 || recorded.Factor <= 1 || first.Recite.Schedule.Steps != int(3*recorded.Factor+0.5) {
		t.Errorf("%+v is recorded of a plan of %d steps of reading", recorded, first.Recite.Schedule.Steps)
	}
	// As if the machine had been twice as fast.
	data, err := json.Marshal(map[string]float64{"minutes": 5, "factor": 2 * recorded.Factor})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(out, planFile), data, 0o644); err != nil {
		t.Fatal(err)
	}
	if again := planned(5); again.Recite.Schedule.Steps != int(6*recorded.Factor+0.5) {
		t.Errorf("going on, %d steps are planned, want the recorded %d", again.Recite.Schedule.Steps, int(6*recorded.Factor+0.5))
	}
	planned(1)
	if other := read(); other.Minutes != 1 || other.Factor >= recorded.Factor {
		t.Errorf("for a minute %+v is recorded, for five %+v", other, recorded)
	}
	wrong := &demoCmd{Out: out, Size: "tiny", Minutes: 1, Steps: 8}
	if err := wrong.Run(t.Context(), &ui{people: io.Discard}, &globals{Seed: 1, Precision: "f32"}); err == nil || !strings.Contains(err.Error(), "one of them") {
		t.Errorf("--steps and --minutes together give %v", err)
	}
}

// readStep reads the result of a step.
func readStep(t *testing.T, out, dir string) (s demoStep) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(out, dir, resultFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	return s
}
