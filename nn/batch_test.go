package nn

import (
	"math"
	"slices"
	"testing"

	"inkstone/tensor"
)

func samplers(n int, s Sampling) []*Sampler {
	all := make([]*Sampler, n)
	for i := range all {
		all[i] = NewSampler(s, tensor.NewStream(4, "rows", i))
	}
	return all
}

// TestBatchGenerator: every row gets what a generator of its own would give it, whatever
// else is in the batch.
func TestBatchGenerator(t *testing.T) {
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	for name, c := range testConfigs() {
		c := *c
		c.EOS = 7
		m := newTestModel(t, &c, tensor.Float32)
		all := randomIDs(30, c.Vocab)
		prompts := [][]int32{all[:3], all[3:9], all[9:10], all[10:13], all[13:24]}
		g := NewBatchGenerator(m, cpu)
		for _, s := range []Sampling{{}, {Temperature: 1}, {Temperature: 0.9, TopK: 9, Repetition: 1.3}} {
			for range 2 { // the second time over the remains of the first
				got, err := g.Generate(prompts, 12, samplers(len(prompts), s), nil)
				if err != nil {
					t.Fatal(err)
				}
				for i, p := range prompts {
					one := NewGenerator(m, cpu)
					if err := one.Start(p); err != nil {
						t.Fatal(err)
					}
					one.Generate(12, samplers(len(prompts), s)[i], func(int32) bool { return true })
					if want := one.Sequence()[len(p):]; !slices.Equal(got[i], want) {
						t.Errorf("%s, %+v: row %d goes on %v, alone %v", name, s, i, got[i], want)
					}
				}
			}
		}
		got, err := g.Generate(prompts[:2], 12, samplers(2, Sampling{}), func(row int, added []int32) bool { return row == 1 && len(added) == 4 })
		if err != nil || len(got[1]) > 4 || len(got[0]) <= 4 && !slices.Contains(got[0], 7) {
			t.Errorf("%s: stopped rows are %v (%v)", name, got, err)
		}
		for what, bad := range map[string][][]int32{"empty": {{1}, {}}, "long": {all[:c.Context-5]}, "unknown": {{1, int32(c.Vocab)}}} {
			if _, err := g.Generate(bad, 12, samplers(2, Sampling{}), nil); err == nil {
				t.Errorf("%s: a prompt that is %s is accepted", name, what)
			}
		}
	}
}

// TestBatchGeneratorAllocatesNothing: after the first call, memory is taken for what Generate
// returns and none for a token, whatever the number of them.
func TestBatchGeneratorAllocatesNothing(t *testing.T) {
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	for name, c := range testConfigs() {
		for kind, m := range map[string]Model{
			"all weights": newTestModel(t, c, tensor.Float32),
			"adapters":    addTestLoRA(t, newTestModel(t, c, tensor.Float32), loraKinds()["lora"]),
		} {
			const B = 5
			g := NewBatchGenerator(m, cpu)
			ids, draw := randomIDs(15, c.Vocab), samplers(B, Sampling{Temperature: 1})
			prompts := [][]int32{ids[:3], ids[3:6], ids[6:9], ids[9:12], ids[10:15]}
			allocations := func(most int) float64 {
				return testing.AllocsPerRun(5, func() {
					if _, err := g.Generate(prompts, most, draw, nil); err != nil {
						t.Fatal(err)
					}
				})
			}
			allocations(16)
			few, many := allocations(1), allocations(16)
			if few != many || many > B+6 {
				t.Errorf("%s, %s: %v allocations for a token of each of %d rows, %v for 16", name, kind, few, B, many)
			}
		}
	}
}

// TestDrawAny: tokens come as often as their probabilities say, and impossible ones never.
func TestDrawAny(t *testing.T) {
	p := NewSampler(Sampling{Temperature: 2}, tensor.NewStream(1, "draw", 0))
	logits := []float32{2, float32(math.Inf(-1)), 0, 2.7725887} // e^(l/2): 2.718, 0, 1, 4
	counts := make([]int, 4)
	const n = 40000
	for range n {
		counts[p.Next(logits, nil)]++
	}
	for id, want := range []float64{2.71828 / 7.71828, 0, 1 / 7.71828, 4 / 7.71828} {
		if got := float64(counts[id]) / n; got < want-0.012 || got > want+0.012 || want == 0 && got > 0 {
			t.Errorf("token %d comes %.3f of the time, want %.3f", id, got, want)
		}
	}
}
