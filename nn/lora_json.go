package nn

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// adapterJSON is PEFT's adapter_config.json.
type adapterJSON struct {
	Base         string   `json:"base_model_name_or_path"`
	Bias         string   `json:"bias"`
	FanInFanOut  bool     `json:"fan_in_fan_out"` // weights lie [K, N]
	Inference    bool     `json:"inference_mode"`
	Init         bool     `json:"init_lora_weights"`
	Alpha        float64  `json:"lora_alpha"`
	Dropout      float64  `json:"lora_dropout"`
	SaveModules  []string `json:"modules_to_save"`
	Kind         string   `json:"peft_type"`
	Rank         int      `json:"r"`
	Targets      []string `json:"target_modules"`
	Task         string   `json:"task_type"`
	DoRA         bool     `json:"use_dora"`
	RSLoRA       bool     `json:"use_rslora"`
	RankPattern  struct{} `json:"rank_pattern"`
	AlphaPattern struct{} `json:"alpha_pattern"`
}

// marshal returns the contents of adapter_config.json.
func (l *LoRA) marshal() ([]byte, error) {
	c := l.config
	data, err := json.MarshalIndent(adapterJSON{
		Base: l.Base, Bias: "none", FanInFanOut: l.layers[0].Conv1D, Inference: true, Init: true, Alpha: c.Alpha,
		Dropout: c.Dropout, Kind: "LORA", Rank: c.Rank, Targets: l.targets(), Task: "CAUSAL_LM", DoRA: c.DoRA, RSLoRA: c.RSLoRA,
	}, "", "  ")
	return append(data, '\n'), err
}

// targets names the adapted layers in a way that PEFT understands, which knows no patterns:
// by the last parts of their names if those fit no other layer, else by their whole names.
func (l *LoRA) targets() []string {
	var names []string
	for _, layer := range l.layers {
		names = append(names, layer.name())
	}
	short := shortNames(names)
	var all []string
	for _, s := range l.Config().linears() {
		all = append(all, s.name)
	}
	if chosen, err := matchNames(short, all); err == nil && len(chosen) == len(names) {
		return short
	}
	return names
}

// adapterNotes are the fields of adapter_config.json that change nothing of what an adapter
// computes, whatever they say.
var adapterNotes = []string{
	"auto_mapping", "base_model_name_or_path", "inference_mode", "megatron_core", "peft_version", "qalora_group_size", "revision",
	"fan_in_fan_out", // the model knows how its weights lie
}

// parseAdapterConfig parses and validates the contents of an adapter_config.json. A setting
// that would make the adapter compute something else than it would here is refused: every
// field that is not known must be off.
func parseAdapterConfig(data []byte) (c LoRAConfig, base string, err error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return c, "", err
	}
	take := func(name string, to any) {
		raw, ok := fields[name]
		delete(fields, name)
		if e := json.Unmarshal(raw, to); ok && e != nil && err == nil {
			err = fmt.Errorf("%s: %w", name, e)
		}
	}
	c.Rank, c.Alpha = 8, 8 // what PEFT takes for granted
	kind, bias, task := "", "none", "CAUSAL_LM"
	take("peft_type", &kind)
	take("bias", &bias)
	take("task_type", &task)
	take("r", &c.Rank)
	take("lora_alpha", &c.Alpha)
	take("lora_dropout", &c.Dropout)
	take("use_rslora", &c.RSLoRA)
	take("use_dora", &c.DoRA)
	take("base_model_name_or_path", &base)
	if err != nil {
		return c, "", err
	}
	for _, name := range adapterNotes {
		delete(fields, name)
	}
	switch {
	case kind != "LORA":
		return c, "", fmt.Errorf("peft_type is %q, want LORA", kind)
	case bias != "none":
		return c, "", fmt.Errorf("bias is %q: adapters that train biases are not supported, only none", bias)
	case task != "CAUSAL_LM":
		return c, "", fmt.Errorf("task_type is %q, want CAUSAL_LM", task)
	}
	if c.Targets, err = parseTargets(fields["target_modules"]); err != nil {
		return c, "", err
	}
	delete(fields, "target_modules")
	if err := checkInit(fields["init_lora_weights"]); err != nil {
		return c, "", err
	}
	delete(fields, "init_lora_weights")
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !off(fields[name]) {
			return c, "", fmt.Errorf("%.100q is set, which is not supported: the adapter would compute something else", name)
		}
	}
	return c, base, c.Validate()
}

// parseTargets reads target_modules: a list of names, or "all-linear".
func parseTargets(raw json.RawMessage) ([]string, error) {
	var list []string
	if json.Unmarshal(raw, &list) == nil && len(list) > 0 {
		return list, nil
	}
	var one string
	if json.Unmarshal(raw, &one) == nil && one == AllLinear {
		return []string{one}, nil
	}
	return nil, errors.New("target_modules must be a list of names or " + AllLinear + "; regular expressions are not supported")
}

// checkInit refuses initialisations that change the base model's weights.
func checkInit(raw json.RawMessage) error {
	var ordinary bool
	var name string
	if off(raw) || json.Unmarshal(raw, &ordinary) == nil || json.Unmarshal(raw, &name) == nil && name == "gaussian" {
		return nil
	}
	return fmt.Errorf("init_lora_weights is %.100s: such adapters belong to a base model with other weights", raw)
}

// off reports whether a field says nothing: missing, null, false, 0, or empty.
func off(raw json.RawMessage) bool {
	switch string(raw) {
	case "", "null", "false", "0", "0.0", `""`, "[]", "{}":
		return true
	}
	return false
}
