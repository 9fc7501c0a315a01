package nn

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"inkstone/tensor"
	"inkstone/tensor/safetensors"
)

// TestLoRASaveLoad: an adapter directory gives the same adapters back.
func TestLoRASaveLoad(t *testing.T) {
	eachLoRA(t, tensor.Float32, func(t *testing.T, cpu *tensor.CPU, m Model, c LoRAConfig) {
		c.Dropout = 0.05
		l := addTestLoRA(t, m, c)
		l.Base = "poet"
		dir := filepath.Join(t.TempDir(), "adapter")
		if err := Save(l, dir); err != nil {
			t.Fatal(err)
		}
		fresh := newTestModel(t, m.Config(), tensor.Float32)
		back, err := LoadLoRA(fresh, dir, cpu)
		if err != nil {
			t.Fatal(err)
		}
		if back.Base != "poet" {
			t.Errorf("base %q, want poet", back.Base)
		}
		c.Targets = back.LoRAConfig().Targets // by name now
		if d := cmp.Diff(c, back.LoRAConfig()); d != "" {
			t.Errorf("settings changed:\n%s", d)
		}
		for i, p := range back.Parameters() {
			if want := l.Parameters()[i]; p.Name != want.Name || !slices.Equal(numbers(p.Value), numbers(want.Value)) {
				t.Errorf("%s differs after Save and Load", want.Name)
			}
		}
		if !slices.Equal(numbers(logits(cpu, back)), numbers(logits(cpu, l))) {
			t.Error("logits differ after Save and Load")
		}
		// As a run that is resumed does it: fresh adapters take up the numbers of a checkpoint.
		again, err := AddLoRA(newTestModel(t, m.Config(), tensor.Float32), c, 99)
		if err != nil {
			t.Fatal(err)
		}
		if err := LoadWeights(again, dir, cpu); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(numbers(logits(cpu, again)), numbers(logits(cpu, l))) {
			t.Error("logits differ after LoadWeights")
		}
	})
}

// TestLoRAFilesArePEFTs: names, keys and shapes are those that PEFT writes.
func TestLoRAFilesArePEFTs(t *testing.T) {
	dir := t.TempDir()
	l := addTestLoRA(t, newTestModel(t, testConfigs()["gpt2"], tensor.Float32),
		LoRAConfig{Rank: 2, Alpha: 16, Dropout: 0.1, Targets: []string{"c_attn"}, DoRA: true})
	l.Base = "gpt2"
	if err := l.Save(dir); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "adapter_config.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]any{
		"alpha_pattern": map[string]any{}, "base_model_name_or_path": "gpt2", "bias": "none", "fan_in_fan_out": true,
		"inference_mode": true, "init_lora_weights": true, "lora_alpha": 16.0, "lora_dropout": 0.1, "modules_to_save": nil,
		"peft_type": "LORA", "r": 2.0, "rank_pattern": map[string]any{}, "target_modules": []any{"c_attn"},
		"task_type": "CAUSAL_LM", "use_dora": true, "use_rslora": false,
	}, got); d != "" {
		t.Errorf("adapter_config.json:\n%s", d)
	}
	f, err := safetensors.Open(filepath.Join(dir, "adapter_model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var names []string
	for layer := range 2 {
		prefix := "base_model.model.transformer.h." + string(rune('0'+layer)) + ".attn.c_attn.lora_"
		names = append(names, prefix+"A.weight", prefix+"B.weight", prefix+"magnitude_vector")
		for name, want := range map[string][]int{"A.weight": {2, 24}, "B.weight": {72, 2}, "magnitude_vector": {72}} {
			if _, shape, _ := f.Info(prefix + name); !slices.Equal(shape, want) {
				t.Errorf("%s has shape %v, want %v", prefix+name, shape, want)
			}
		}
	}
	if d := cmp.Diff(names, f.Names()); d != "" {
		t.Errorf("tensors:\n%s", d)
	}
}

// TestLoRASavedTargets: PEFT knows no patterns, so what they stand for is written.
func TestLoRASavedTargets(t *testing.T) {
	for target, want := range map[string]string{
		AllLinear:       "c_attn c_proj c_fc",
		"*.c_attn":      "c_attn",
		"attn.c_proj":   "transformer.h.0.attn.c_proj transformer.h.1.attn.c_proj",
		"*.h.1.*c_attn": "transformer.h.1.attn.c_attn",
	} {
		l := addTestLoRA(t, newTestModel(t, testConfigs()["gpt2"], tensor.Float32), LoRAConfig{Rank: 1, Alpha: 1, Targets: []string{target}})
		if got := strings.Join(l.targets(), " "); got != want {
			t.Errorf("%s is written as %s, want %s", target, got, want)
		}
	}
}

// TestLoRABadFiles: what is wrong with an adapter is said in one line that names the file,
// and the model stays as it was.
func TestLoRABadFiles(t *testing.T) {
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	dir := t.TempDir()
	gpt2 := func() Model { return newTestModel(t, testConfigs()["gpt2"], tensor.Float32) }
	c := LoRAConfig{Rank: 2, Alpha: 4, Targets: []string{"c_attn"}, DoRA: true}
	if err := addTestLoRA(t, gpt2(), c).Save(dir); err != nil {
		t.Fatal(err)
	}
	config, weights := filepath.Join(dir, AdapterConfigFile), filepath.Join(dir, AdapterWeightsFile)
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(weights)
	if err != nil {
		t.Fatal(err)
	}
	edit := func(from, to string) func() {
		return func() { os.WriteFile(config, []byte(strings.Replace(string(text), from, to, 1)), 0o666) }
	}
	changed := func(change func(c *Config)) Model {
		c := testConfigs()["gpt2"]
		change(c)
		return newTestModel(t, c, tensor.Float32)
	}
	other := "adapter for another base: "
	for what, bad := range map[string]struct {
		model  Model
		damage func()
		want   string
	}{
		"wider model":    {changed(func(c *Config) { c.Channels, c.HeadSize = 48, 16 }), nil, other + "base_model.model.transformer.h.0.attn.c_attn.lora_A.weight has shape [2 24], the model wants [2 48]"},
		"shorter model":  {changed(func(c *Config) { c.Layers = 1 }), nil, other + "tensor base_model.model.transformer.h.1.attn.c_attn.lora_A.weight has no place"},
		"longer model":   {changed(func(c *Config) { c.Layers = 3 }), nil, "no tensor base_model.model.transformer.h.2.attn.c_attn.lora_A.weight"},
		"Llama":          {newTestModel(t, testConfigs()["llama"], tensor.Float32), nil, other + `nn: LoRA target "c_attn" matches no Linear`},
		"no config":      {gpt2(), func() { os.Remove(config) }, AdapterConfigFile},
		"no weights":     {gpt2(), func() { os.Remove(weights) }, AdapterWeightsFile},
		"cut weights":    {gpt2(), func() { os.WriteFile(weights, data[:len(data)-9], 0o666) }, AdapterWeightsFile},
		"huge config":    {gpt2(), func() { os.WriteFile(config, make([]byte, 2<<20), 0o666) }, "more than 1048576 bytes"},
		"huge rank":      {gpt2(), edit(`"r": 2`, `"r": 65000`), "lora_A.weight has shape [2 24], the model wants [65000 24]"},
		"other kind":     {gpt2(), edit(`"LORA"`, `"IA3"`), `peft_type is "IA3", want LORA`},
		"biases":         {gpt2(), edit(`"none"`, `"all"`), `bias is "all"`},
		"classifier":     {gpt2(), edit(`"CAUSAL_LM"`, `"SEQ_CLS"`), `task_type is "SEQ_CLS"`},
		"modules":        {gpt2(), edit(`"modules_to_save": null`, `"modules_to_save": ["lm_head"]`), `"modules_to_save" is set`},
		"ranks":          {gpt2(), edit(`"rank_pattern": {}`, `"rank_pattern": {"c_attn": 4}`), `"rank_pattern" is set`},
		"unknown":        {gpt2(), edit(`"r": 2`, `"r": 2, "use_qalora": true`), `"use_qalora" is set`},
		"PiSSA":          {gpt2(), edit(`"init_lora_weights": true`, `"init_lora_weights": "pissa"`), `init_lora_weights is "pissa"`},
		"expression":     {gpt2(), edit("[\n    \"c_attn\"\n  ]", `".*c_attn"`), "target_modules must be a list"},
		"no targets":     {gpt2(), edit("[\n    \"c_attn\"\n  ]", `[]`), "target_modules must be a list"},
		"rank in words":  {gpt2(), edit(`"r": 2`, `"r": "two"`), "r: json: cannot unmarshal"},
		"negative rank":  {gpt2(), edit(`"r": 2`, `"r": -2`), "rank is -2"},
		"no DoRA":        {gpt2(), edit(`"use_dora": true`, `"use_dora": false`), "lora_magnitude_vector has no place"},
		"more targets":   {gpt2(), edit(`"c_attn"`, `"c_attn", "c_fc"`), "no tensor base_model.model.transformer.h.0.mlp.c_fc.lora_A.weight"},
		"not an object":  {gpt2(), edit(string(text), `[1]`), "cannot unmarshal array"},
		"truncated JSON": {gpt2(), edit(string(text), `{"r":`), "unexpected end"},
	} {
		os.WriteFile(config, text, 0o666)
		os.WriteFile(weights, data, 0o666)
		if bad.damage != nil {
			bad.damage()
		}
		_, err := LoadLoRA(bad.model, dir, cpu)
		if err == nil || !strings.Contains(err.Error(), bad.want) || !strings.Contains(err.Error(), dir) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one line with %q", what, err, bad.want)
		}
		if !bad.model.Parameters()[0].NeedsGrad() {
			t.Errorf("%s: the model is frozen after a failed LoadLoRA", what)
		}
	}
}

// TestPublishedAdapterConfig reads the fields that PEFT 0.17 writes.
func TestPublishedAdapterConfig(t *testing.T) {
	c, base, err := parseAdapterConfig([]byte(`{"alpha_pattern":{},"auto_mapping":null,"base_model_name_or_path":"gpt2","bias":"none",
		"corda_config":null,"eva_config":null,"exclude_modules":null,"fan_in_fan_out":true,"inference_mode":true,
		"init_lora_weights":true,"layer_replication":null,"layers_pattern":null,"layers_to_transform":null,"loftq_config":{},
		"lora_alpha":32,"lora_bias":false,"lora_dropout":0.05,"megatron_config":null,"megatron_core":"megatron.core",
		"modules_to_save":null,"peft_type":"LORA","qalora_group_size":16,"r":4,"rank_pattern":{},"revision":null,
		"target_modules":["c_attn","c_proj"],"target_parameters":null,"task_type":"CAUSAL_LM","trainable_token_indices":null,
		"use_dora":false,"use_qalora":false,"use_rslora":true}`))
	if err != nil {
		t.Fatal(err)
	}
	want := LoRAConfig{Rank: 4, Alpha: 32, Dropout: 0.05, Targets: []string{"c_attn", "c_proj"}, RSLoRA: true}
	if d := cmp.Diff(want, c); d != "" || base != "gpt2" {
		t.Errorf("base %q, settings:\n%s", base, d)
	}
}

func FuzzAdapterConfig(f *testing.F) {
	f.Add([]byte(`{"peft_type":"LORA","target_modules":["q_proj"],"r":8,"lora_alpha":16,"use_dora":true,"init_lora_weights":"gaussian"}`))
	f.Add([]byte(`{"peft_type":"LORA","target_modules":"all-linear","rank_pattern":{},"bias":null}`))
	f.Add([]byte(`{"peft_type":"LORA","target_modules":["[","*"],"r":1e99}`))
	f.Add([]byte(`null`))
	m, err := New(testConfigs()["gpt2"], tensor.Float32, 1)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, base, err := parseAdapterConfig(data)
		if err != nil {
			return
		}
		if err := c.Validate(); err != nil {
			t.Errorf("accepted, but: %v", err)
		}
		layers, err := c.layers(m)
		if err != nil {
			return
		}
		again, err := (&LoRA{Model: m, Base: base, config: c, layers: layers}).marshal()
		if err != nil {
			t.Fatal(err)
		}
		back, _, err := parseAdapterConfig(again)
		if err != nil {
			t.Fatalf("cannot read what was written: %v", err)
		}
		if rest, err := back.layers(m); err != nil || !slices.Equal(rest, layers) {
			t.Errorf("%d layers became %d (%v)", len(layers), len(rest), err)
		}
		if back.Targets = c.Targets; !cmp.Equal(back, c) {
			t.Errorf("%+v became %+v", c, back)
		}
	})
}
