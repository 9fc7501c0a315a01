package nn

import (
	"fmt"
	"testing"

	"inkstone/tensor"
)

// benchConfig is a Llama of 124 million parameters: GPT-2's smallest shape with the layers of
// Llama.
func benchConfig() *Config {
	return &Config{ModelType: LlamaType, Vocab: 50257, Context: 1024, Channels: 768, Layers: 12, Heads: 12, KVHeads: 12, HeadSize: 64,
		Hidden: 2048, Activation: "silu", NormEps: 1e-5, RopeTheta: 10000, TiedHead: true, InitStd: 0.02, BOS: -1, EOS: -1}
}

// frozenBench runs f with that model, frozen in each precision. Its weights are 0, which takes
// as long as any.
func frozenBench(b *testing.B, f func(b *testing.B, m *Frozen, cpu *tensor.CPU)) {
	m := build(benchConfig(), &builder{dtype: tensor.Float32, blank: true})
	for _, p := range []tensor.Precision{tensor.F32, tensor.BF16} {
		cpu := tensor.NewCPU(0)
		cpu.SetPrecision(p)
		frozen, err := Freeze(m, cpu)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprint("precision=", p), func(b *testing.B) { f(b, frozen, cpu) })
		cpu.Close()
	}
}

// BenchmarkDecode writes a token of one sequence and of eight, greedily.
func BenchmarkDecode(b *testing.B) {
	frozenBench(b, func(b *testing.B, m *Frozen, cpu *tensor.CPU) {
		for _, rows := range []int{1, 8} {
			b.Run(fmt.Sprint("batch=", rows), func(b *testing.B) {
				const most = 16
				g, prompts := NewBatchGenerator(m, cpu), make([][]int32, rows)
				for i := range prompts {
					prompts[i] = []int32{int32(i)}
				}
				b.ResetTimer()
				for range b.N {
					if _, err := g.Generate(prompts, most, samplers(rows, Sampling{}), nil); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N*most*rows)/b.Elapsed().Seconds(), "tokens/s")
			})
		}
	})
}

// BenchmarkPrefill reads a prompt of 512 tokens.
func BenchmarkPrefill(b *testing.B) {
	frozenBench(b, func(b *testing.B, m *Frozen, cpu *tensor.CPU) {
		g, prompt := NewGenerator(m, cpu), randomIDs(512, 50257)
		b.ResetTimer()
		for i := range b.N {
			prompt[0] = int32(i) // else the generator knows it
			if err := g.Start(prompt); err != nil {
				b.Fatal(err)
			}
			g.Logits()
		}
		b.ReportMetric(float64(b.N*len(prompt))/b.Elapsed().Seconds(), "tokens/s")
	})
}
