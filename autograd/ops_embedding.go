package autograd

import "inkstone/tensor"

// Embedding returns the rows of table [V, C] that ids (Int32, [...]) name: [..., C].
func (t *Tape) Embedding(table *Variable, ids *tensor.Tensor) *Variable {
	var dims [tensor.MaxDims]int
	k := copy(dims[:], ids.Shape())
	dims[k] = table.Dim(1)
	y := t.new(table.Value.DType(), dims[:k+1]...) // [..., C]
	t.backend.Embedding(y.Value, table.Value, ids)
	n := t.record("Embedding", y, func(t *Tape, n *Node) {
		if dtable := n.add(t, 0); dtable != nil {
			t.backend.EmbeddingBackward(dtable, n.dy(), n.saved[0])
		}
	}, table)
	n.saved[0] = t.arena.View(ids)
	return y
}

// RoPE rotates x [B, T, H, D] by the angles of positions start, start+1, … (Su et al. 2021,
// "RoFormer", section 3.4.2). cos and sin are tables [positions, D/2]. With interleaved,
// neighbouring channels form a pair, as in Meta's Llama code; otherwise channel i pairs with
// i + D/2, as in Hugging Face's.
func (t *Tape) RoPE(x *Variable, cos, sin *tensor.Tensor, start int, interleaved bool) *Variable {
	y := t.like(x)
	t.backend.RoPE(y.Value, x.Value, cos, sin, start, interleaved, false)
	n := t.record("RoPE", y, func(t *Tape, n *Node) {
		if dx := n.write(t, 0); dx != nil { // the inverse of a rotation is its transpose
			t.backend.RoPE(dx, n.dy(), n.saved[0], n.saved[1], n.ints[0], n.ints[1] == 1, true)
		}
	}, x)
	n.saved[0], n.saved[1] = t.arena.View(cos), t.arena.View(sin)
	n.ints[0] = start
	n.ints[1] = 0
	if interleaved {
		n.ints[1] = 1
	}
	return y
}
