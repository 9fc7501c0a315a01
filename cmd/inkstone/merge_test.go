package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkstone/autograd"
	"inkstone/nn"
	"inkstone/nn/tokenizer"
	"inkstone/tensor"
)

// writeAdapted writes a small base model with a tokenizer, and an adapter that changes it,
// and returns the directories and the logits of some ids with the adapter.
func writeAdapted(t *testing.T, cpu *tensor.CPU) (base, adapter string, logits []float32) {
	t.Helper()
	base, adapter = filepath.Join(t.TempDir(), "base"), filepath.Join(t.TempDir(), "adapter")
	tok := tokenizer.NewCharacters(slices.Values([]string{"舉頭望山月"}), 1)
	c := sizes[0].config()
	c.Vocab = tok.VocabSize()
	m, err := nn.New(c, tensor.Float32, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := nn.Save(m, base); err != nil {
		t.Fatal(err)
	}
	if err := tok.Save(base); err != nil {
		t.Fatal(err)
	}
	l, err := nn.AddLoRA(m, nn.LoRAConfig{Rank: 2, Alpha: 4, Targets: []string{nn.AllLinear}, DoRA: true}, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range l.Parameters() {
		if strings.HasSuffix(p.Name, "lora_B.weight") {
			tensor.FillNormal(p.Value, tensor.NewStream(2, p.Name, 0), 0, 0.2)
		}
	}
	if err := l.Save(adapter); err != nil {
		t.Fatal(err)
	}
	return base, adapter, logitsOf(cpu, l)
}

func logitsOf(cpu *tensor.CPU, m nn.Model) []float32 {
	tape := autograd.NewTape(cpu)
	tape.SetGrad(false)
	return tensor.Data[float32](m.Logits(tape, m.Hidden(tape, tensor.FromSlice([]int32{1, 2, 3, 4, 0}, 1, 5), nil)).Value)
}

// TestMerge: the merged directory is a model like any other that computes what the base
// computes with the adapter.
func TestMerge(t *testing.T) {
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	base, adapter, want := writeAdapted(t, cpu)
	out := filepath.Join(t.TempDir(), "merged")
	var events bytes.Buffer
	u := &ui{events: &events, people: io.Discard}
	merge := &mergeCmd{Model: base, Adapter: adapter, Out: out}
	if err := merge.Run(u, &globals{Threads: 1}); err != nil {
		t.Fatal(err)
	}
	var result struct {
		Event, Model     string
		Trainable, Total int64
	}
	if err := json.Unmarshal(events.Bytes(), &result); err != nil {
		t.Fatalf("%s: %v", events.Bytes(), err)
	}
	m, err := nn.Load(out, tensor.Float32, cpu)
	if err != nil {
		t.Fatal(err)
	}
	if n := m.Config().NumParameters(); result.Event != "result" || result.Model != out || result.Trainable < 1 || result.Total != n+result.Trainable {
		t.Errorf("result %+v of a model of %d parameters in %s", result, n, out)
	}
	plain, err := nn.Load(base, tensor.Float32, cpu)
	if err != nil {
		t.Fatal(err)
	}
	apart := func(a, b []float32) (d float32) {
		for i := range a {
			d = max(d, a[i]-b[i], b[i]-a[i])
		}
		return d
	}
	if d := apart(logitsOf(cpu, m), want); d > 1e-4 {
		t.Errorf("merging changes logits by %v", d)
	}
	if d := apart(logitsOf(cpu, plain), want); d < 1e-2 {
		t.Errorf("the adapter changes logits by %v only", d)
	}
	if tok, err := tokenizer.Load(out); err != nil || tok.Decode(tok.Encode("山月")) != "山月" {
		t.Errorf("the merged model's tokenizer: %v", err)
	}

	generate := &generateCmd{Model: base, Adapter: adapter, Tokens: 5, Prompt: "山"}
	events.Reset()
	if err := generate.Run(t.Context(), u, &globals{Threads: 1}); err != nil {
		t.Fatal(err)
	}
	adapted := text(t, &events)
	generate.Model, generate.Adapter = out, ""
	if err := generate.Run(t.Context(), u, &globals{Threads: 1}); err != nil {
		t.Fatal(err)
	}
	if merged := text(t, &events); merged != adapted || len(merged) == 0 {
		t.Errorf("with the adapter %q, merged %q", adapted, merged)
	}
}

// text returns what generate's result says was written.
func text(t *testing.T, events *bytes.Buffer) string {
	t.Helper()
	var result struct{ Text string }
	if err := json.NewDecoder(events).Decode(&result); err != nil {
		t.Fatal(err)
	}
	events.Reset()
	return result.Text
}

// TestMergeRefuses: nothing is overwritten, and nothing is left of what failed.
func TestMergeRefuses(t *testing.T) {
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	base, adapter, _ := writeAdapted(t, cpu)
	for name, c := range map[string]struct {
		cmd  mergeCmd
		want string
	}{
		"a full directory": {mergeCmd{Model: base, Adapter: adapter, Out: base}, "is not empty"},
		"a file":           {mergeCmd{Model: base, Adapter: adapter, Out: filepath.Join(base, nn.ConfigFile)}, nn.ConfigFile},
		"no adapter":       {mergeCmd{Model: base, Adapter: base, Out: filepath.Join(adapter, "out")}, nn.AdapterConfigFile},
		"no model":         {mergeCmd{Model: adapter, Adapter: adapter, Out: filepath.Join(adapter, "out")}, "tokenizer.json"},
	} {
		err := c.cmd.Run(&ui{people: io.Discard}, &globals{Threads: 1})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
	if left, err := os.ReadDir(adapter); err != nil || len(left) != 2 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}
