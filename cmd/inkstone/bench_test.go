package main

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"inkstone/nn"
)

// benchLines runs a bench with --json and returns its bench events, and the last one in result.
func benchLines[T any](t *testing.T, result any, args ...string) (lines []T) {
	t.Helper()
	events, err := command(t, result, append([]string{"bench"}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(events), "\n") {
		var kind struct{ Event string }
		var x T
		if err := json.Unmarshal([]byte(line), &kind); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if kind.Event != "bench" {
			continue
		}
		if err := json.Unmarshal([]byte(line), &x); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		lines = append(lines, x)
	}
	return lines
}

// TestBenchGemm: a line for each shape and layout, on the CPU with its peak, on a device without.
func TestBenchGemm(t *testing.T) {
	for device, name := range map[string]string{"cpu": "cpu", "soft": "soft:0"} {
		var result struct {
			Cases int
			Peak  float64 `json:"peak_gflops"`
		}
		lines := benchLines[gemmResult](t, &result, "gemm", "--device", device, "--shapes", "8x9x10,16x16x16", "--layouts", "NT,TN", "--repeats", "1")
		if len(lines) != 4 || result.Cases != 4 || (result.Peak > 0) != (device == "cpu") {
			t.Fatalf("%s: %d lines, result %+v", device, len(lines), result)
		}
		for i, r := range lines {
			if r.Device != name || r.Layout != []string{"NT", "TN"}[i%2] || r.M != []int{8, 16}[i/2] || !(r.GFLOPS > 0) || r.PeakFLOPS != result.Peak {
				t.Errorf("%s: %+v", device, r)
			}
		}
	}
}

// TestBenchLoRA: a line for each size, whose figures fit together, and a result that names the
// largest model that meets the reference.
func TestBenchLoRA(t *testing.T) {
	var result struct {
		Event     string
		Cases     int
		Reference float64 `json:"reference_records_per_second"`
		Largest   string
		Records   float64 `json:"records_per_second"`
	}
	lines := benchLines[loraResult](t, &result, "lora", "--sizes", "tiny,1m", "--batch", "2", "--context", "8", "--steps", "2")
	if len(lines) != 2 || result.Event != "result" || result.Cases != 2 || math.Abs(result.Reference-111.1) > 0.1 {
		t.Fatalf("%d lines, result %+v", len(lines), result)
	}
	largest, most := "", int64(0)
	for i, r := range lines {
		c, err := (&benchLoRACmd{Sizes: []string{r.Size}, Batch: 1, Context: 8, Steps: 1}).configs(nn.LoRAConfig{Rank: 2, Alpha: 4, Targets: []string{"c_attn"}})
		if err != nil {
			t.Fatal(err)
		}
		trainable := int64(2 * 4 * c[0].Channels * c[0].Layers) // A [2, C] and B [3C, 2] a layer
		if r.Size != []string{"tiny", "1m"}[i] || r.Trainable != trainable || r.Parameters != c[0].NumParameters()+trainable || r.Share != float64(trainable)/float64(r.Parameters) {
			t.Errorf("%+v, want %d trainable", r, trainable)
		}
		if want := 1000 * 2 / r.StepMS; math.Abs(r.Records-want) > 1e-6*want || math.Abs(r.Hours*3600*r.Records-2e6) > 1 || r.Meets != (r.Records >= result.Reference) {
			t.Errorf("%+v, want %v records/s", r, want)
		}
		if r.Meets && r.Parameters > most {
			largest, most = r.Size, r.Parameters
		}
	}
	if result.Largest != largest {
		t.Errorf("the largest that meets the reference is %q, want %q", result.Largest, largest)
	}
}

// TestBenchLoRASizes: the models are as large as they are called, and the adapters of the
// largest are a thousandth of it or less.
func TestBenchLoRASizes(t *testing.T) {
	var b benchLoRACmd
	p, err := kong.New(&b, kong.Vars{"sizes": sizeNames(), "all_linear": nn.AllLinear})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Parse(nil); err != nil {
		t.Fatal(err)
	}
	lora := nn.LoRAConfig{Rank: b.Rank, Alpha: 1, Targets: b.Targets}
	for i, millions := range []float64{1, 5, 14, 124} {
		n, err := lora.Count(loraSizes[i].config())
		if err != nil {
			t.Fatal(err)
		}
		if size := float64(n.Total) / 1e6; b.Sizes[i] != loraSizes[i].name || math.Abs(size/millions-1) > 0.04 {
			t.Errorf("%s has %.3g million parameters", b.Sizes[i], size)
		}
		if millions == 124 && float64(n.Trainable) > 0.001*float64(n.Total) {
			t.Errorf("%s: %v learn, want 0.1%% at most", b.Sizes[i], n)
		}
	}
}

// TestBenchGenerate: a line for reading a prompt and one for each batch, in both precisions or in the
// one that is asked for, whose figures fit together.
func TestBenchGenerate(t *testing.T) {
	var result struct {
		Event        string
		Cases, Batch int
		Ratio        float64
		Bandwidth    float64 `json:"bandwidth_gb_per_second"`
	}
	small := []string{"generate", "--size", "tiny", "--batch", "1,4", "--tokens", "6", "--rounds", "3"}
	lines := benchLines[generateResult](t, &result, append(small, "--prefill", "40")...)
	if len(lines) != 6 || result.Event != "result" || result.Cases != 6 || result.Batch != 4 || !(result.Bandwidth > 0) {
		t.Fatalf("%d lines, result %+v", len(lines), result)
	}
	for i, r := range lines {
		if r.Precision != []string{"f32", "bf16"}[i/3] || !(r.Slowest <= r.Speed && r.Speed <= r.Fastest) || !(r.Speed > 0) {
			t.Errorf("%+v", r)
		}
		tokens := float64(r.Batch) // of a step
		if i%3 == 0 {
			tokens = 40
			if r.Phase != "prefill" || r.Batch != 1 || r.Prompt != 40 || r.Tokens != 0 || r.Ratio != 0 {
				t.Errorf("%+v", r)
			}
		} else if r.Phase != "decode" || r.Batch != []int{0, 1, 4}[i%3] || r.Tokens != 6 || math.Abs(r.Ratio-r.Speed/lines[i/3*3+1].Speed) > 1e-9 {
			t.Errorf("%+v", r)
		}
		if math.Abs(r.StepMS*r.Speed/1000-tokens) > 1e-6 || math.Abs(r.GBs*r.StepMS*1e6-r.WeightBytes) > 1e-6*r.WeightBytes || math.Abs(r.OfBandwidth*result.Bandwidth-r.GBs) > 1e-6*r.GBs {
			t.Errorf("%+v", r)
		}
		// 64 channels, two layers of 12·64² weights, a head of 8192·64 that one position of a prompt needs.
		weights := 4 * float64(2*12*64*64+2*(3*64+64+256+64+4*64)+2*64+8192*64)
		if i >= 3 {
			weights /= 2
		}
		if math.Abs(r.WeightBytes/weights-1) > 0.01 || !(r.GFLOPS > 0 && r.OfPeak > 0) {
			t.Errorf("%d bytes of weights, want %v: %+v", int(r.WeightBytes), weights, r)
		}
	}
	if result.Ratio != lines[5].Ratio {
		t.Errorf("result %+v, lines %+v", result, lines)
	}
	if lines := benchLines[generateResult](t, &result, append(small, "--prefill", "0", "--precision", "bf16")...); len(lines) != 2 || lines[0].Precision != "bf16" || lines[0].Phase != "decode" {
		t.Errorf("%d lines in bf16 without prefill: %+v", len(lines), lines)
	}
}

// TestBenchRefuses: what cannot be timed is said in one line.
func TestBenchRefuses(t *testing.T) {
	refused := map[string][]string{
		`"c_atn" matches no Linear`:                 {"lora", "--targets", "c_atn"},
		`no size "huge"`:                            {"lora", "--sizes", "huge"},
		"context 129, want at most the 128 of tiny": {"lora", "--sizes", "tiny", "--context", "129"},
		"batch 0":                   {"lora", "--batch", "0"},
		"rank is 0":                 {"lora", "--rank", "0"},
		"the model's context of 35": {"generate", "--tokens", "33"},
		"batch [1 0]":               {"generate", "--batch", "1,0"},
		`no size "gpt5"`:            {"generate", "--size", "gpt5"},
		"it measures the CPU's":     {"kernels", "--device", "soft"},
		"--lib is for the CPU":      {"gemm", "--device", "soft", "--lib", "libopenblas.so.0"},
		"no layout \"XX\"":          {"gemm", "--layouts", "XX"},
	}
	if free := availableMemory(); free > 0 && free < 700<<30 {
		refused["gpt3 needs 1.59"] = []string{"generate", "--size", "gpt3", "--tokens", "1", "--batch", "1"}
		refused["try a smaller --batch"] = []string{"lora", "--sizes", "gpt3"}
	}
	for want, args := range refused {
		_, err := command(t, new(any), append([]string{"bench"}, args...)...)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v: error %v, want %s", args, err, want)
		}
	}
}
