package nn

import (
	"math"
	"strings"
	"testing"

	"inkstone/tensor"
)

// TestLoRATargets: which Linears a target names.
func TestLoRATargets(t *testing.T) {
	for targets, want := range map[string]string{
		"c_attn":                          "h.0.attn.c_attn h.1.attn.c_attn",
		"c_fc c_attn":                     "h.0.attn.c_attn h.0.mlp.c_fc h.1.attn.c_attn h.1.mlp.c_fc",
		"attn.c_proj":                     "h.0.attn.c_proj h.1.attn.c_proj",
		"*.1.*.c_proj":                    "h.1.attn.c_proj h.1.mlp.c_proj",
		"*mlp*":                           "h.0.mlp.c_fc h.0.mlp.c_proj h.1.mlp.c_fc h.1.mlp.c_proj",
		"transformer.h.0.mlp.c_fc":        "h.0.mlp.c_fc",
		"transformer.h.[1-9].*.c_attn":    "h.1.attn.c_attn",
		"c_attn *.c_attn h.0.attn.c_attn": "h.0.attn.c_attn h.1.attn.c_attn",
	} {
		m := newTestModel(t, testConfigs()["gpt2"], tensor.Float32)
		l, err := AddLoRA(m, LoRAConfig{Rank: 1, Alpha: 1, Targets: strings.Fields(targets)}, 1)
		if err != nil {
			t.Errorf("%s: %v", targets, err)
			continue
		}
		var got []string
		for _, layer := range l.layers {
			got = append(got, strings.TrimPrefix(layer.name(), "transformer."))
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%s names %s, want %s", targets, g, want)
		}
	}
	for target, want := range map[string]string{
		"c_atn":      `"c_atn" matches no Linear; there are, nearest first, c_attn, c_fc, c_proj; in full transformer.h.0.attn.c_attn`,
		"proj":       "nearest first, c_proj, c_fc, c_attn;",
		"*.7.*":      `"*.7.*" matches no Linear`,
		"attn":       `"attn" matches no Linear`,
		"wte":        `"wte" matches no Linear`,
		"[":          "syntax error in pattern",
		"":           "a LoRA target of 0 bytes",
		"c_attn wte": `"wte" matches no Linear`,
	} {
		m := newTestModel(t, testConfigs()["gpt2"], tensor.Float32)
		c := LoRAConfig{Rank: 1, Alpha: 1, Targets: strings.Split(target, " ")}
		if _, err := AddLoRA(m, c, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", target, err, want)
		}
		if !m.Parameters()[0].NeedsGrad() {
			t.Errorf("%q: a failed AddLoRA froze the model", target)
		}
	}
}

func TestLoRAValidate(t *testing.T) {
	good := LoRAConfig{Rank: 8, Alpha: 16, Targets: []string{"c_attn"}}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(c *LoRAConfig){
		"rank is 0":       func(c *LoRAConfig) { c.Rank = 0 },
		"rank is 1000000": func(c *LoRAConfig) { c.Rank = 1000000 },
		"alpha is 0":      func(c *LoRAConfig) { c.Alpha = 0 },
		"alpha is NaN":    func(c *LoRAConfig) { c.Alpha = math.NaN() },
		"alpha is +Inf":   func(c *LoRAConfig) { c.Alpha = math.Inf(1) },
		"dropout is 1":    func(c *LoRAConfig) { c.Dropout = 1 },
		"dropout is -0.1": func(c *LoRAConfig) { c.Dropout = -0.1 },
		"no targets":      func(c *LoRAConfig) { c.Targets = nil },
	} {
		c := good
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("error %v, want %q", err, what)
		}
	}
}

// TestLoRACount: what is counted without a model is what a model has.
func TestLoRACount(t *testing.T) {
	for name, c := range testConfigs() {
		m := newTestModel(t, c, tensor.Float32)
		shapes := c.linears()
		linears := m.(interface{ Linears() []*Linear }).Linears()
		if len(shapes) != len(linears) {
			t.Fatalf("%s: %d Linears counted, %d there", name, len(shapes), len(linears))
		}
		for i, l := range linears {
			if got, want := (linearShape{l.name(), l.inputs(), l.outputs()}), shapes[i]; got != want {
				t.Errorf("%s: Linear %d is %v, counted as %v", name, i, got, want)
			}
		}
		for kind, lc := range loraKinds() {
			want, err := lc.Count(c)
			if err != nil {
				t.Fatal(err)
			}
			m := newTestModel(t, c, tensor.Float32)
			l := addTestLoRA(t, m, lc)
			if got := l.Count(); got != want {
				t.Errorf("%s, %s: %v, counted as %v", name, kind, got, want)
			}
			all := int64(0)
			for _, p := range append(m.Parameters(), l.Parameters()...) {
				all += int64(p.Value.Len())
			}
			if want.Total != all {
				t.Errorf("%s, %s: %d in all, counted as %d", name, kind, all, want.Total)
			}
		}
	}
}

// TestLoRATenthOfAPercent: adapters of GPT-2 with 124 million parameters are 0.1 % of it or
// less.
func TestLoRATenthOfAPercent(t *testing.T) {
	gpt2 := &Config{ModelType: GPT2Type, Vocab: 50257, Context: 1024, Channels: 768, Layers: 12, Heads: 12, KVHeads: 12,
		HeadSize: 64, Hidden: 3072, Activation: "gelu_new", NormEps: 1e-5, TiedHead: true, InitStd: 0.02}
	for _, c := range []struct {
		rank    int
		targets []string
		dora    bool
		want    string
	}{
		{1, []string{"c_attn"}, false, "36864 / 124476672 (0.0296%)"},
		{3, []string{"c_attn"}, false, "110592 / 124550400 (0.0888%)"},
		{1, []string{"c_attn", "attn.c_proj"}, true, "92160 / 124531968 (0.074%)"},
		{2, []string{"*.attn.*"}, false, "110592 / 124550400 (0.0888%)"},
	} {
		p, err := LoRAConfig{Rank: c.rank, Alpha: 1, Targets: c.targets, DoRA: c.dora}.Count(gpt2)
		if err != nil {
			t.Fatal(err)
		}
		if p.String() != c.want || float64(p.Trainable) > 0.001*float64(p.Total) {
			t.Errorf("rank %d on %v: %v, want %s", c.rank, c.targets, p, c.want)
		}
	}
}
