package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func randomHeads[T float32 | float64](r *rand.Rand, shape ...int) *Tensor {
	t := New(dtypeOf[T](), shape...)
	x := Data[T](t)
	for i := range x {
		x[i] = T(r.NormFloat64())
	}
	return t
}

// attentionResult runs forward and backward with q, k and v side by side in one buffer.
func attentionResult[T float32 | float64](c *CPU, B, T_, S, H, KV, D int, causal bool) (all []*Tensor) {
	r := rand.New(rand.NewPCG(1, 2))
	dtype := dtypeOf[T]()
	qs, ks := randomHeads[T](r, B, T_, H+2, D), randomHeads[T](r, B, S, 2*KV, D)
	q, k, v := qs.Slice(2, 1, H+1), ks.Slice(2, 0, KV), ks.Slice(2, KV, 2*KV)
	o, lse, do := New(dtype, B, T_, H, D), New(dtype, B, H, T_), randomHeads[T](r, B, T_, H, D)
	c.Attention(o, lse, q, k, v, 0.3, causal)
	dqs, dks := New(dtype, B, T_, H+2, D), randomHeads[T](r, B, S, 2*KV, D)
	c.AttentionBackward(dqs.Slice(2, 1, H+1), dks.Slice(2, 0, KV), dks.Slice(2, KV, 2*KV), do, q, k, v, o, lse, 0.3, causal)
	return []*Tensor{o, lse, dqs, dks, qs, ks, do}
}

// TestAttention compares float32 with float64, whose kernel is held against the
// definition, one thread with three, bit by bit, and the forward with the definition.
func TestAttention(t *testing.T) {
	one, three := NewCPU(1), NewCPU(3)
	defer one.Close()
	defer three.Close()
	for _, s := range []struct {
		B, T, S, H, KV, D int
		causal            bool
	}{
		{2, 35, 35, 4, 4, 48, true}, {1, 130, 130, 6, 2, 16, true}, {2, 1, 77, 4, 1, 24, true},
		{1, 70, 90, 2, 1, 7, true}, {2, 40, 9, 4, 2, 8, false}, {1, 65, 65, 3, 3, 64, true},
	} {
		t.Run(fmt.Sprintf("%+v", s), func(t *testing.T) {
			a := attentionResult[float32](one, s.B, s.T, s.S, s.H, s.KV, s.D, s.causal)
			b := attentionResult[float32](three, s.B, s.T, s.S, s.H, s.KV, s.D, s.causal)
			want := attentionResult[float64](one, s.B, s.T, s.S, s.H, s.KV, s.D, s.causal)
			for n := range 4 {
				x, y, z := Data[float32](a[n]), Data[float32](b[n]), Data[float64](want[n])
				for i := range x {
					if math.Float32bits(x[i]) != math.Float32bits(y[i]) {
						t.Fatalf("result %d[%d] = %v on one thread, %v on three", n, i, x[i], y[i])
					}
					if e := math.Abs(float64(x[i]) - z[i]); !(e <= 2e-5*(1+math.Abs(z[i]))) {
						t.Fatalf("result %d[%d] = %v, want %v", n, i, x[i], z[i])
					}
				}
			}
			q, k := want[4], want[5]
			for b := range s.B {
				for h := range s.H {
					kv, i := h/(s.H/s.KV), s.T-1 // the last query sees every key
					var sum, o float64
					for j := range s.S {
						var dot float64
						for d := range s.D {
							dot += q.At(b, i, h+1, d) * k.At(b, j, kv, d)
						}
						p := math.Exp(0.3 * dot)
						sum += p
						o += p * k.At(b, j, s.KV+kv, 0)
					}
					if e := math.Abs(want[0].At(b, i, h, 0) - o/sum); !(e < 1e-12) {
						t.Fatalf("o[%d %d %d] = %v, want %v", b, i, h, want[0].At(b, i, h, 0), o/sum)
					}
				}
			}
		})
	}
}

func TestAttentionDoesNotAllocate(t *testing.T) {
	c := NewCPU(2)
	defer c.Close()
	r := rand.New(rand.NewPCG(1, 2))
	q, k, v, do := randomHeads[float32](r, 2, 70, 3, 8), randomHeads[float32](r, 2, 70, 3, 8), randomHeads[float32](r, 2, 70, 3, 8), randomHeads[float32](r, 2, 70, 3, 8)
	o, lse := New(Float32, 2, 70, 3, 8), New(Float32, 2, 3, 70)
	dq, dk, dv := New(Float32, 2, 70, 3, 8), New(Float32, 2, 70, 3, 8), New(Float32, 2, 70, 3, 8)
	if n := testing.AllocsPerRun(50, func() {
		c.Attention(o, lse, q, k, v, 0.3, true)
		c.AttentionBackward(dq, dk, dv, do, q, k, v, o, lse, 0.3, true)
	}); n > 0.5 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func BenchmarkAttention(b *testing.B) {
	c := NewCPU(2)
	defer c.Close()
	r := rand.New(rand.NewPCG(1, 2))
	for _, s := range [][4]int{{48, 35, 4, 48}, {4, 64, 12, 64}, {4, 256, 12, 64}, {4, 1024, 12, 64}} {
		B, T, H, D := s[0], s[1], s[2], s[3]
		qkv, dqkv := randomHeads[float32](r, B, T, 3*H, D), randomHeads[float32](r, B, T, 3*H, D)
		o, do, lse := New(Float32, B, T, H, D), randomHeads[float32](r, B, T, H, D), New(Float32, B, H, T)
		part := func(t *Tensor, i int) *Tensor { return t.Slice(2, i*H, (i+1)*H) }
		q, k, v := part(qkv, 0), part(qkv, 1), part(qkv, 2)
		b.Run(fmt.Sprintf("Forward/B=%d,T=%d,H=%d,D=%d", B, T, H, D), func(b *testing.B) {
			for b.Loop() {
				c.Attention(o, lse, q, k, v, 0.125, true)
			}
		})
		b.Run(fmt.Sprintf("Both/B=%d,T=%d,H=%d,D=%d", B, T, H, D), func(b *testing.B) {
			for b.Loop() {
				c.Attention(o, lse, q, k, v, 0.125, true)
				c.AttentionBackward(part(dqkv, 0), part(dqkv, 1), part(dqkv, 2), do, q, k, v, o, lse, 0.125, true)
			}
		})
	}
}
