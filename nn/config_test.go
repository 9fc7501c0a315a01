package nn

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConfigRoundTrip(t *testing.T) {
	for name, c := range testConfigs() {
		c.BOS, c.EOS = 3, 4
		data, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseConfig(data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d := cmp.Diff(c, back); d != "" {
			t.Errorf("%s changed:\n%s", name, d)
		}
	}
}

// TestPublishedConfig reads the fields that GPT-2's own config.json has.
func TestPublishedConfig(t *testing.T) {
	c, err := ParseConfig([]byte(`{"activation_function":"gelu_new","architectures":["GPT2LMHeadModel"],"attn_pdrop":0.1,
		"bos_token_id":50256,"embd_pdrop":0.1,"eos_token_id":50256,"initializer_range":0.02,"layer_norm_epsilon":1e-05,
		"model_type":"gpt2","n_ctx":1024,"n_embd":768,"n_head":12,"n_layer":12,"n_positions":1024,"resid_pdrop":0.1,
		"summary_type":"cls_index","vocab_size":50257}`))
	if err != nil {
		t.Fatal(err)
	}
	if n := c.NumParameters(); n != 124439808 {
		t.Errorf("GPT-2 has %d parameters, want 124439808", n)
	}
}

func TestBadConfigs(t *testing.T) {
	good := `{"model_type":"gpt2","vocab_size":50,"n_positions":16,"n_embd":24,"n_layer":2,"n_head":3}`
	if _, err := ParseConfig([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for change, want := range map[string]string{
		`"gpt2"→"bert"`:                          `model_type "bert" is not supported`,
		`"model_type":"gpt2",→`:                  "no model_type",
		`"vocab_size":50→"vocab_size":-1`:        "vocabulary size is -1",
		`"n_embd":24→"n_embd":2000000000`:        "channels is 2000000000",
		`"n_layer":2→"n_layer":1000000`:          "layers is 1000000",
		`"n_head":3→"n_head":5`:                  "24 channels cannot be shared by 5 heads",
		`"n_head":3→"n_head":0`:                  "heads is 0",
		`"n_layer":2→"n_layer":"two"`:            "cannot unmarshal",
		`"n_layer":2→"activation_function":"no"`: "layers is 0",
		`}→`: "unexpected end",
	} {
		from, to, _ := strings.Cut(change, "→")
		_, err := ParseConfig([]byte(strings.Replace(good, from, to, 1)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", change, err, want)
		}
	}
}

func FuzzParseConfig(f *testing.F) {
	for _, c := range testConfigs() {
		data, err := json.Marshal(c)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"model_type":"llama","num_attention_heads":0}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ParseConfig(data)
		if err != nil {
			return
		}
		if c.NumParameters() < 1 {
			t.Errorf("%d parameters", c.NumParameters())
		}
		if again, err := json.Marshal(c); err != nil {
			t.Error(err)
		} else if _, err := ParseConfig(again); err != nil {
			t.Errorf("cannot read what was written: %v", err)
		}
	})
}

func FuzzLlama2C(f *testing.F) {
	f.Add([]byte{})
	f.Add(make([]byte, 28))
	if dir := os.Getenv("INKSTONE_STORIES260K"); dir != "" {
		if data, err := os.ReadFile(dir + "/stories260K.bin"); err == nil {
			f.Add(data[:100])
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if m, err := parseLlama2C(data); err == nil && m.Config().NumParameters() > int64(len(data)) {
			t.Error("a model larger than its file")
		}
	})
}
