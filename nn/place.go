package nn

import (
	"fmt"

	"inkstone/autograd"
	"inkstone/tensor"
)

// A place says where the tokens of a forward stand: behind those in a cache, or, as parts of
// several sequences, in one row.
type place struct {
	positions *tensor.Tensor // Int32 [T], counted from the beginning of each sequence
	cache     *Cache         // nil for none
	starts    *tensor.Tensor // Int32 [n], where each sequence of the row begins; nil for one sequence a row
	cos, sin  *tensor.Tensor // [N, D/2], the rotary angles along such a row
}

// behind is the place of ids [B, T] that follow what a cache holds.
func behind(t *autograd.Tape, c *Config, ids *tensor.Tensor, cache *Cache) place {
	past := cache.Len()
	if ids.NDim() != 2 {
		panic(fmt.Sprintf("nn: ids of shape %v, want [B, T]", ids.Shape()))
	}
	if past+ids.Dim(1) > c.Context {
		panic(fmt.Sprintf("nn: %d positions in a model with a context of %d", past+ids.Dim(1), c.Context))
	}
	positions := t.Arena().New(tensor.Int32, ids.Dim(1))
	for i, p := 0, tensor.Data[int32](positions); i < len(p); i++ {
		p[i] = int32(past + i)
	}
	return place{positions: positions, cache: cache}
}

// packed is the place of sequences one after the other in ids [1, N].
func packed(t *autograd.Tape, c *Config, ids, starts *tensor.Tensor) place {
	begins := tensor.Data[int32](starts)
	if ids.NDim() != 2 || ids.Dim(0) != 1 || len(begins) == 0 || begins[0] != 0 {
		panic(fmt.Sprintf("nn: ids of shape %v with sequences from %v, want [1, N] and starts that rise from 0", ids.Shape(), begins))
	}
	positions := t.Arena().New(tensor.Int32, ids.Dim(1))
	next, at := 0, int32(0)
	for i, p := 0, tensor.Data[int32](positions); i < len(p); i++ {
		if next < len(begins) && i == int(begins[next]) {
			next, at = next+1, 0
		}
		if int(at) == c.Context {
			panic(fmt.Sprintf("nn: a sequence of more than %d positions in a model with that context", c.Context))
		}
		p[i] = at
		at++
	}
	return place{positions: positions, starts: starts}
}

// turn looks up the rotary angles of a row of several sequences in the tables of a model,
// once for all its layers.
func (p *place) turn(t *autograd.Tape, cos, sin *tensor.Tensor) {
	look := func(table *tensor.Tensor) *tensor.Tensor {
		rows := t.Arena().New(table.DType(), p.positions.Len(), table.Dim(1))
		t.Backend().Embedding(rows, table, p.positions)
		return rows
	}
	p.cos, p.sin = look(cos), look(sin)
}

// rope rotates queries or keys [B, T, H, D] by the angles of their positions.
func (p *place) rope(t *autograd.Tape, x *autograd.Variable, cos, sin *tensor.Tensor) *autograd.Variable {
	if p.starts != nil {
		return t.RoPE(x, p.cos, p.sin, 0, false)
	}
	return t.RoPE(x, cos, sin, p.cache.Len(), false)
}

// attention is causal self-attention of q [B, T, H, D], each sequence to itself and to what
// the cache, which takes up k and v, has of it.
func (p *place) attention(t *autograd.Tape, layer int, q, k, v *autograd.Variable, scale float64) *autograd.Variable {
	if p.starts != nil {
		return t.AttentionSegments(q, k, v, p.starts, scale)
	}
	k, v = p.cache.extend(t, layer, k, v)
	return t.Attention(q, k, v, scale, true)
}
