package kernels_test

import (
	"fmt"
	"testing"

	"inkstone/gpu/kernels"
	"inkstone/tensor"
)

// heads returns where [B, T, H, D] lies if position is the distance between positions.
func heads(T, D, offset, position int) kernels.Heads {
	return kernels.Heads{Offset: offset, Batch: T * position, Position: position, Head: D}
}

// unpack returns [B, T, H, D] that lies as h says, as a tensor.
func unpack(x []float32, h kernels.Heads, B, T, H, D int) *tensor.Tensor {
	var y []float32
	for b := range B {
		for t := range T {
			for i := range H {
				y = append(y, x[h.Offset+b*h.Batch+t*h.Position+i*h.Head:][:D]...)
			}
		}
	}
	return wide(y, B, T, H, D)
}

func TestAttention(t *testing.T) {
	for _, c := range []struct {
		kernels.AttentionSizes
		kernels.AttentionTile
	}{
		{kernels.AttentionSizes{B: 2, T: 5, S: 5, H: 2, G: 1}, kernels.AttentionTile{HeadDim: 3, Rows: 4, Cols: 4, LanesX: 2, LanesY: 2}},
		{kernels.AttentionSizes{B: 1, T: 1, S: 9, H: 2, G: 2}, kernels.AttentionTile{HeadDim: 8, Rows: 4, Cols: 8, LanesX: 4, LanesY: 4}},
		{kernels.AttentionSizes{B: 1, T: 7, S: 33, H: 3, G: 3}, kernels.AttentionTile{HeadDim: 20, Rows: 8, Cols: 8, LanesX: 2, LanesY: 4}},
		{kernels.AttentionSizes{B: 1, T: 18, S: 18, H: 4, G: 2}, kernels.AttentionTile{HeadDim: 16, Rows: 8, Cols: 16, LanesX: 4, LanesY: 4}},
		{kernels.AttentionSizes{B: 1, T: 9, S: 11, H: 1, G: 1}, kernels.AttentionTile{HeadDim: 64, Rows: 16, Cols: 8, LanesX: 8, LanesY: 8}},
	} {
		for _, c.Causal = range []bool{false, true} {
			t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) { checkAttention(t, c.AttentionSizes, c.AttentionTile) })
		}
	}
}

func checkAttention(t *testing.T, s kernels.AttentionSizes, tile kernels.AttentionTile) {
	const scale = 0.3
	B, T, S, H, D := s.B, s.T, s.S, s.H, tile.HeadDim
	KV := H / s.G
	// Keys and values lie packed, [B, S, 2, KV, D], and so do their gradients; the others do not.
	q, do := normal(rng(1), B*T*H*D), normal(rng(2), B*T*H*D)
	kv := normal(rng(3), B*S*2*KV*D)
	hq, hk, hv := heads(T, D, 0, H*D), heads(S, D, 0, 2*KV*D), heads(S, D, KV*D, 2*KV*D)
	q64, do64 := wide(q, B, T, H, D), wide(do, B, T, H, D)
	k64, v64 := unpack(kv, hk, B, S, KV, D), unpack(kv, hv, B, S, KV, D)
	w := func(shape ...int) *tensor.Tensor { return tensor.New(tensor.Float64, shape...) }
	wantO, wantLSE, wantDq, wantDk, wantDv := w(B, T, H, D), w(B, H, T), w(B, T, H, D), w(B, S, KV, D), w(B, S, KV, D)
	cpu.Attention(wantO, wantLSE, q64, k64, v64, scale, tile.Causal)
	cpu.AttentionBackward(wantDq, wantDk, wantDv, do64, q64, k64, v64, wantO, wantLSE, scale, tile.Causal)

	tile = tile.Fit(hq, hk, hv)
	if tile.Wide != (D%4 == 0) {
		t.Fatalf("wide: %v", tile.Wide)
	}
	o, lse, delta, dq, dkv := empty(len(q)), empty(B*H*T), empty(B*H*T), empty(len(q)), empty(len(kv))
	f := kernels.Attention{AttentionTile: tile}
	run(t, f, f.Launch(s, scale, hq, hq, hk, hv), o, lse, q, kv, kv)
	bound := float64(S+D) * 4 * eps
	near(t, "o", o, wantO, bound)
	near(t, "lse", lse, wantLSE, bound)

	d := kernels.AttentionDelta{Rows: kernels.Rows{Lanes: 16, Subgroup: 8, Narrow: true}}
	run(t, d, d.Launch(s, D, hq, hq), delta, o, do)
	dQ := kernels.AttentionDQ{AttentionTile: tile}
	run(t, dQ, dQ.Launch(s, scale, hq, hq, hq, hk, hv), dq, do, q, kv, kv, lse, delta)
	near(t, "dq", dq, wantDq, 4*bound)
	dKV := kernels.AttentionDKV{AttentionTile: tile}
	dv := empty(len(kv))
	run(t, dKV, dKV.Launch(s, scale, hk, hv, hq, hq, hk, hv), dkv, dv, do, q, kv, kv, lse, delta)
	// On a device dk and dv are one buffer; here they are two, each with the other's gaps.
	for _, g := range []struct {
		name string
		got  []float32
		h    kernels.Heads
		want *tensor.Tensor
	}{{"dk", dkv, hk, wantDk}, {"dv", dv, hv, wantDv}} {
		got := make([]float32, 0, B*S*KV*D)
		for _, v := range tensor.Data[float64](unpack(g.got, g.h, B, S, KV, D)) {
			got = append(got, float32(v))
		}
		near(t, g.name, got, g.want, 4*float64(s.G)*bound)
		for _, v := range got {
			if v == -12345 {
				t.Fatalf("%s: not written", g.name)
			}
		}
	}
}

func TestAttentionDecode(t *testing.T) {
	const scale = 0.3
	for _, c := range []struct {
		kernels.AttentionSizes
		D, parts int
		kernels.Rows
	}{
		{kernels.AttentionSizes{B: 2, T: 1, S: 33, H: 4, G: 2}, 8, 1, kernels.Rows{Lanes: 16}},
		{kernels.AttentionSizes{B: 1, T: 3, S: 70, H: 2, G: 1}, 20, 3, kernels.Rows{Lanes: 16, Subgroup: 4}},
		{kernels.AttentionSizes{B: 1, T: 4, S: 5, H: 2, G: 1}, 3, 5, kernels.Rows{Lanes: 8, Subgroup: 8}},
	} {
		for _, causal := range []bool{false, true} {
			s, D, KV := c.AttentionSizes, c.D, c.H/c.G
			q, key, value := normal(rng(1), s.B*s.T*s.H*D), normal(rng(2), s.B*s.S*KV*D), normal(rng(3), s.B*s.S*KV*D)
			hq, hk := heads(s.T, D, 0, s.H*D), heads(s.S, D, 0, KV*D)
			want, wantLSE := tensor.New(tensor.Float64, s.B, s.T, s.H, D), tensor.New(tensor.Float64, s.B, s.H, s.T)
			cpu.Attention(want, wantLSE, wide(q, s.B, s.T, s.H, D), wide(key, s.B, s.S, KV, D), wide(value, s.B, s.S, KV, D), scale, causal)
			o, lse := empty(len(q)), empty(s.B*s.H*s.T)
			k := kernels.AttentionDecode{Rows: c.Rows, HeadDim: D, Causal: causal, Split: c.parts > 1}.Fit(hq, hk)
			if !k.Split {
				run(t, k, k.Launch(s, 1, scale, hq, hq, hk, hk), o, lse, q, key, value)
			} else {
				parts, lses := empty(c.parts*len(q)), empty(c.parts*len(lse))
				run(t, k, k.Launch(s, c.parts, scale, hq, hq, hk, hk), parts, lses, q, key, value)
				m := kernels.AttentionCombine{Lanes: 8}
				run(t, m, m.Launch(s, c.parts, D, hq), o, lse, parts, lses)
			}
			near(t, "o", o, want, 400*eps)
			near(t, "lse", lse, wantLSE, 400*eps)
		}
	}
}
