package nn

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkstone/autograd"
	"inkstone/tensor"
)

// testConfigs are small models of both kinds, with every feature in use.
func testConfigs() map[string]*Config {
	return map[string]*Config{
		"gpt2": {ModelType: GPT2Type, Vocab: 41, Context: 24, Channels: 24, Layers: 2, Heads: 3, KVHeads: 3, HeadSize: 8, Hidden: 40,
			Activation: "gelu_new", NormEps: 1e-5, TiedHead: true, InitStd: 0.3, BOS: -1, EOS: -1},
		"llama": {ModelType: LlamaType, Vocab: 41, Context: 24, Channels: 24, Layers: 2, Heads: 4, KVHeads: 2, HeadSize: 6, Hidden: 40,
			Activation: "silu", NormEps: 1e-5, RopeTheta: 10000, AttentionBias: true, MLPBias: true, InitStd: 0.3, BOS: -1, EOS: -1},
	}
}

func newTestModel(t *testing.T, c *Config, dtype tensor.DType) Model {
	t.Helper()
	m, err := New(c, dtype, 5)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func randomIDs(n, vocab int) []int32 {
	r := tensor.NewRNG(tensor.NewStream(3, "ids", 0))
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32(r.IntN(vocab))
	}
	return ids
}

// TestDecoding: one token at a time with a cache gives the logits of the whole sequence.
func TestDecoding(t *testing.T) {
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	for name, c := range testConfigs() {
		m := newTestModel(t, c, tensor.Float32)
		ids := randomIDs(c.Context, c.Vocab)
		tape := autograd.NewTape(cpu)
		tape.SetGrad(false)
		full := m.Logits(tape, m.Hidden(tape, tensor.FromSlice(ids, 1, len(ids)), nil)).Value
		g := NewGenerator(m, cpu)
		if err := g.Start(ids[:5]); err != nil {
			t.Fatal(err)
		}
		for n := 5; ; n++ {
			for v, got := range g.Logits() {
				if want := full.At(0, n-1, v); math.Abs(float64(got)-want) > 1e-5*(1+math.Abs(want)) {
					t.Fatalf("%s: after %d tokens logit %d is %v, want %v", name, n, v, got, want)
				}
			}
			if n == len(ids) {
				break
			}
			g.Append(ids[n])
		}
		if !g.Full() {
			t.Errorf("%s: the context is used up but Full says no", name)
		}
	}
}

// TestStartReusesCache: a second prompt that shares a beginning gives what a fresh
// generator gives.
func TestStartReusesCache(t *testing.T) {
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	m := newTestModel(t, testConfigs()["llama"], tensor.Float32)
	write := func(g *Generator, prompt ...int32) []int32 {
		if err := g.Start(prompt); err != nil {
			t.Fatal(err)
		}
		g.Generate(8, NewSampler(Sampling{}, tensor.Stream{}), func(int32) bool { return true })
		return slices.Clone(g.Sequence())
	}
	used := NewGenerator(m, cpu)
	write(used, 1, 2, 3, 4, 5)
	for _, prompt := range [][]int32{{1, 2, 3, 9}, {1, 2, 3, 9}, {7}, {1, 2, 3, 4, 5, 6, 7}} {
		if got, want := write(used, prompt...), write(NewGenerator(m, cpu), prompt...); !slices.Equal(got, want) {
			t.Errorf("prompt %v: %v with a used cache, %v with a fresh one", prompt, got, want)
		}
	}
	for _, bad := range [][]int32{nil, {41}, {-1}, make([]int32, 25)} {
		if used.Start(bad) == nil {
			t.Errorf("prompt %v was accepted", bad)
		}
	}
}

// TestDecodingAllocatesNothing: what a token needs is there after the first ones.
func TestDecodingAllocatesNothing(t *testing.T) {
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	for name, c := range testConfigs() {
		c.Context = 200
		g := NewGenerator(newTestModel(t, c, tensor.Float32), cpu)
		if err := g.Start([]int32{1}); err != nil {
			t.Fatal(err)
		}
		s := NewSampler(Sampling{Temperature: 1, TopK: 5, TopP: 0.9, Repetition: 1.1}, tensor.NewStream(1, "s", 0))
		step := func() { g.Append(g.Draw(s)) }
		for range 100 {
			step()
		}
		if n := testing.AllocsPerRun(50, step); n > 0 {
			t.Errorf("%s: %v allocations a token", name, n)
		}
	}
}

// TestCheckpointedModel: computing activations twice gives the same gradients, bit for bit.
func TestCheckpointedModel(t *testing.T) {
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	for name, c := range testConfigs() {
		c.Dropout = 0.1
		grads := func(checkpoint bool) (all []float32) {
			c.Checkpoint = checkpoint
			m := newTestModel(t, c, tensor.Float32)
			tape := autograd.NewTape(cpu)
			tape.Training(true)
			tape.Seed(1, 1)
			ids := tensor.FromSlice(randomIDs(40, c.Vocab), 2, 20)
			tape.Backward(Loss(tape, m, ids, ids))
			for _, p := range m.Parameters() {
				all = append(all, tensor.Data[float32](p.Grad())...)
			}
			return all
		}
		if !slices.Equal(grads(true), grads(false)) {
			t.Errorf("%s: checkpointing changes gradients", name)
		}
	}
}

// TestInitialisation: weights have the published deviations, and a parameter's numbers do
// not depend on how many layers there are.
func TestInitialisation(t *testing.T) {
	c := testConfigs()["gpt2"]
	c.Channels, c.Heads, c.KVHeads, c.HeadSize, c.Hidden, c.InitStd, c.Layers = 128, 4, 4, 32, 512, 0.02, 8
	deep := newTestModel(t, c, tensor.Float64)
	byName := map[string]*tensor.Tensor{}
	for _, p := range deep.Parameters() {
		byName[p.Name] = p.Value
	}
	deviation := func(x *tensor.Tensor) float64 {
		sum := 0.0
		for _, v := range tensor.Data[float64](x) {
			sum += v * v
		}
		return math.Sqrt(sum / float64(x.Len()))
	}
	for name, want := range map[string]float64{
		"transformer.wte.weight": 0.02, "transformer.h.3.attn.c_attn.weight": 0.02, "transformer.h.3.mlp.c_fc.weight": 0.02,
		"transformer.h.3.attn.c_proj.weight": 0.02 / 4, "transformer.h.3.mlp.c_proj.weight": 0.02 / 4,
		"transformer.h.3.attn.c_attn.bias": 0, "transformer.h.3.ln_1.weight": 1, "transformer.ln_f.bias": 0,
	} {
		if got := deviation(byName[name]); math.Abs(got-want) > 0.03*want {
			t.Errorf("%s: root mean square %.5f, want %.5f", name, got, want)
		}
	}
	shallow := *c
	shallow.Layers = 2
	for _, p := range newTestModel(t, &shallow, tensor.Float64).Parameters() {
		if strings.Contains(p.Name, "c_proj") {
			continue // scaled by the number of layers
		}
		if !slices.Equal(tensor.Data[float64](p.Value), tensor.Data[float64](byName[p.Name])) {
			t.Errorf("%s differs between models of 2 and 8 layers", p.Name)
		}
	}
	n := int64(0)
	for _, p := range deep.Parameters() {
		n += int64(p.Value.Len())
	}
	if n != c.NumParameters() {
		t.Errorf("%d parameters, NumParameters says %d", n, c.NumParameters())
	}
}

// TestSaveLoad: a model directory gives the same model back, and what is wrong with one is
// said.
func TestSaveLoad(t *testing.T) {
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	for name, c := range testConfigs() {
		m := newTestModel(t, c, tensor.Float32)
		dir := filepath.Join(t.TempDir(), "model")
		if err := Save(m, dir); err != nil {
			t.Fatal(err)
		}
		back, err := Load(dir, tensor.Float32, cpu)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range back.Parameters() {
			if want := m.Parameters()[i]; p.Name != want.Name || !slices.Equal(tensor.Data[float32](p.Value), tensor.Data[float32](want.Value)) {
				t.Errorf("%s: %s differs after Save and Load", name, want.Name)
			}
		}
		config, weights := filepath.Join(dir, ConfigFile), filepath.Join(dir, WeightsFile)
		text, err := os.ReadFile(config)
		if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(weights)
		if err != nil {
			t.Fatal(err)
		}
		for what, damage := range map[string]func(){
			"no config":   func() { os.Remove(config) },
			"no weights":  func() { os.Remove(weights) },
			"cut weights": func() { os.WriteFile(weights, data[:len(data)-9], 0o666) },
			"more layers": func() {
				s := strings.NewReplacer(`"n_layer": 2`, `"n_layer": 3`, `"num_hidden_layers": 2`, `"num_hidden_layers": 3`).Replace(string(text))
				os.WriteFile(config, []byte(s), 0o666)
			},
			"fewer layers": func() {
				s := strings.NewReplacer(`"n_layer": 2`, `"n_layer": 1`, `"num_hidden_layers": 2`, `"num_hidden_layers": 1`).Replace(string(text))
				os.WriteFile(config, []byte(s), 0o666)
			},
			"a gigantic vocabulary": func() {
				os.WriteFile(config, []byte(strings.Replace(string(text), `"vocab_size": 41`, `"vocab_size": 16000000`, 1)), 0o666)
			},
		} {
			os.WriteFile(config, text, 0o666)
			os.WriteFile(weights, data, 0o666)
			damage()
			if _, err := Load(dir, tensor.Float32, cpu); err == nil || !strings.Contains(err.Error(), dir) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s, %s: error %v, want one line that names the file", name, what, err)
			}
		}
	}
}
