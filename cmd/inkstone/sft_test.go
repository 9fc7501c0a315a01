package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inkstone/nn"
	"inkstone/tensor"
)

// fineTune runs the verb with flags on data and returns its last event.
func fineTune(t *testing.T, data string, args ...string) (result map[string]any, err error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "data.jsonl")
	if err := os.WriteFile(path, []byte(data), 0o666); err != nil {
		t.Fatal(err)
	}
	var c cli
	parser, err := newParser(&c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(append([]string{"sft", "--data", path, "--threads", "1"}, args...)); err != nil {
		t.Fatal(err)
	}
	var events bytes.Buffer
	if err := c.SFT.Run(t.Context(), &ui{events: &events, people: io.Discard}, &c.globals); err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSpace(events.String()), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &result); err != nil {
		t.Fatalf("%s: %v", events.Bytes(), err)
	}
	return result, nil
}

const couplets = `{"prompt": "舉", "response": "頭"}
{"prompt": "望", "response": "山"}
{"prompt": "頭", "response": "月"}
{"messages": [{"role": "user", "content": "月"}, {"role": "assistant", "content": "山"}]}
`

// TestSFT: all weights or an adapter learn, and the result says where the model is and how
// much better it is.
func TestSFT(t *testing.T) {
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	base, _, _ := writeAdapted(t, cpu)
	for _, flags := range [][]string{nil, {"--lora", "2", "--dora", "--lora-targets", "c_attn"}} {
		out := filepath.Join(t.TempDir(), "run")
		r, err := fineTune(t, couplets, append(flags, "--model", base, "--out", out, "--steps", "15", "--batch", "2", "--lr", "0.01", "--heldout", "0.25")...)
		if err != nil {
			t.Fatal(err)
		}
		number := func(name string) float64 { x, _ := r[name].(float64); return x }
		if r["event"] != "result" || r["model"] != filepath.Join(out, "model") || r["out"] != out || number("steps") != 15 ||
			!(number("tokens_per_second") > 0) || !(number("records_per_second") > 0) || !(number("heldout_loss_before") > 0) || !(number("heldout_loss") > 0) {
			t.Errorf("%v: result %v", flags, r)
		}
		if !(number("loss") < number("heldout_loss_before")) {
			t.Errorf("%v: a loss of %v, from %v at first", flags, r["loss"], r["heldout_loss_before"])
		}
		if _, err := nn.Load(filepath.Join(out, "model"), tensor.Float32, cpu); err != nil {
			t.Error(err)
		}
		if adapter, ok := r["adapter"].(string); ok != (flags != nil) {
			t.Errorf("%v: adapter %q", flags, adapter)
		} else if ok {
			if _, _, err := loadMerged(base, adapter, cpu); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestSFTRefuses: what cannot be learned is refused in a line, and nothing is left of it.
func TestSFTRefuses(t *testing.T) {
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	base, _, _ := writeAdapted(t, cpu)
	template := filepath.Join(t.TempDir(), "t.jinja")
	if err := os.WriteFile(template, []byte("{{ raise_exception('not so') }}"), 0o666); err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]struct {
		data  string
		flags []string
	}{
		"data.jsonl:1: unexpected end":        {`{"prompt": "a`, nil},
		"data.jsonl:1: the response is empty": {`{"prompt": "a", "response": ""}`, nil},
		"leaves no place for an answer":       {`{"prompt": "` + strings.Repeat("山", 20) + `", "response": "月"}`, []string{"--context", "16"}},
		"the template refuses: not so":        {couplets, []string{"--template", template}},
		"matches no Linear":                   {couplets, []string{"--lora", "2", "--lora-targets", "nothing"}},
		"flags of LoRA without --lora":        {couplets, []string{"--dora"}},
		"context 100000, want 1 to":           {couplets, []string{"--context", "100000"}},
		"batch 0":                             {couplets, []string{"--batch", "0"}},
		"less than two different examples":    {`{"prompt": "山", "response": "月"}`, nil},
		"no such file":                        {couplets, []string{"--general", "nowhere.txt"}},
	} {
		out := filepath.Join(t.TempDir(), "run")
		_, err := fineTune(t, c.data, append(c.flags, "--model", base, "--out", out)...)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want %q", err, want)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%s: %s was made", want, out)
		}
	}
}
