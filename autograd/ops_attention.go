package autograd

import (
	"fmt"

	"inkstone/tensor"
)

// Attention returns softmax(q·kᵀ·scale + mask)·v, [B, T, H, D], for q [B, T, H, D] and
// k, v [B, S, H/G, D] (Vaswani et al. 2017, section 3.2.1; groups: Ainslie et al. 2023).
// Query i stands at position S−T+i; if causal it sees keys up to there. Neither forward nor
// backward stores a [T, S] matrix (Dao et al. 2022, FlashAttention). Kept: q, k, v, the
// output, and one log-sum-exp a row.
func (t *Tape) Attention(q, k, v *Variable, scale float64, causal bool) *Variable {
	checkDType("Attention", q, k, v)
	o := t.like(q)
	lse := t.arena.New(q.Value.DType(), q.Dim(0), q.Dim(2), q.Dim(1)) // [B, H, T]
	t.backend.Attention(o.Value, lse, q.Value, k.Value, v.Value, scale, causal)
	n := t.record("Attention", o, func(t *Tape, n *Node) {
		dq, dk, dv := n.scratchOrWrite(t, 0), n.scratchOrWrite(t, 1), n.scratchOrWrite(t, 2)
		t.backend.AttentionBackward(dq, dk, dv, n.dy(), n.x(0), n.x(1), n.x(2), n.y(), n.saved[0], n.floats[0], n.ints[0] == 1)
	}, q, k, v)
	n.setAttention(lse, scale, causal)
	return o
}

// AttentionSegments is causal Attention for sequences that lie one after the other in a row,
// q [1, T, H, D] and k, v [1, T, H/G, D]: no query sees a key of another sequence. starts
// (Int32 [n], rising from 0) says where each begins. Kept: what Attention keeps, and starts.
func (t *Tape) AttentionSegments(q, k, v *Variable, starts *tensor.Tensor, scale float64) *Variable {
	checkDType("AttentionSegments", q, k, v)
	checkStarts("AttentionSegments", starts, q.Shape())
	o := t.like(q)
	H, T := q.Dim(2), q.Dim(1)
	lse := t.arena.New(q.Value.DType(), T*H) // of sequence after sequence, [H, its length] each
	for i := range starts.Len() {
		lo, hi := segment(starts, i, T)
		cut := func(x *tensor.Tensor) *tensor.Tensor { return t.arena.Slice(x, 1, lo, hi) }
		t.backend.Attention(cut(o.Value), t.cutLSE(lse, H, lo, hi), cut(q.Value), cut(k.Value), cut(v.Value), scale, true)
	}
	n := t.record("AttentionSegments", o, func(t *Tape, n *Node) {
		dq, dk, dv := n.scratchOrWrite(t, 0), n.scratchOrWrite(t, 1), n.scratchOrWrite(t, 2)
		lse, starts := n.saved[0], n.saved[1]
		H, T := n.y().Dim(2), n.y().Dim(1)
		for i := range starts.Len() {
			lo, hi := segment(starts, i, T)
			cut := func(x *tensor.Tensor) *tensor.Tensor { return t.arena.Slice(x, 1, lo, hi) }
			t.backend.AttentionBackward(cut(dq), cut(dk), cut(dv), cut(n.dy()), cut(n.x(0)), cut(n.x(1)), cut(n.x(2)), cut(n.y()),
				t.cutLSE(lse, H, lo, hi), n.floats[0], true)
		}
	}, q, k, v)
	n.setAttention(lse, scale, true)
	n.saved[1] = t.arena.View(starts)
	return o
}

// cutLSE views the log-sum-exps of one sequence, [1, H, hi−lo].
func (t *Tape) cutLSE(lse *tensor.Tensor, heads, lo, hi int) *tensor.Tensor {
	return t.arena.Reshape(t.arena.Slice(lse, 0, heads*lo, heads*hi), 1, heads, hi-lo)
}

// segment returns where sequence i of a row of T places begins and ends.
func segment(starts *tensor.Tensor, i, T int) (lo, hi int) {
	s := tensor.Values[int32](starts)
	if i+1 < len(s) {
		T = int(s[i+1])
	}
	return int(s[i]), T
}

// checkStarts panics unless starts cuts a single row into sequences that are not empty.
func checkStarts(op string, starts *tensor.Tensor, row []int) {
	s := tensor.Values[int32](starts)
	ok := len(row) > 1 && row[0] == 1 && len(s) > 0 && s[0] == 0 && int(s[len(s)-1]) < row[1]
	for i := 1; ok && i < len(s); i++ {
		ok = s[i-1] < s[i]
	}
	if !ok {
		panic(fmt.Sprintf("autograd: %s: sequences that start at %v in %v, want one row and starts that rise from 0", op, s, row))
	}
}

// AttentionPacked is Attention for queries, keys and values that lie side by side, as one
// linear layer makes them: qkv [B, T, 3·H·D], result [B, T, H·D].
func (t *Tape) AttentionPacked(qkv *Variable, heads int, scale float64, causal bool) *Variable {
	B, T, C := qkv.Dim(0), qkv.Dim(1), qkv.Dim(2)/3
	o := t.new(qkv.Value.DType(), B, T, C)
	lse := t.arena.New(qkv.Value.DType(), B, heads, T)
	q, k, v := t.unpack(qkv.Value, heads)
	t.backend.Attention(t.arena.Reshape(o.Value, B, T, heads, C/heads), lse, q, k, v, scale, causal)
	n := t.record("AttentionPacked", o, func(t *Tape, n *Node) {
		dqkv := n.write(t, 0)
		if dqkv == nil {
			return
		}
		heads := n.saved[0].Dim(1)
		q, k, v := t.unpack(n.x(0), heads)
		dq, dk, dv := t.unpack(dqkv, heads)
		o := t.arena.Reshape(n.y(), q.Shape()...)
		do := t.arena.Reshape(n.dy(), q.Shape()...)
		t.backend.AttentionBackward(dq, dk, dv, do, q, k, v, o, n.saved[0], n.floats[0], n.ints[0] == 1)
	}, qkv)
	n.setAttention(lse, scale, causal)
	return o
}

func (n *Node) setAttention(lse *tensor.Tensor, scale float64, causal bool) {
	n.saved[0], n.floats[0] = lse, scale
	n.ints[0] = 0
	if causal {
		n.ints[0] = 1
	}
}

// unpack views qkv [B, T, 3·C] as three tensors [B, T, H, D], C = H·D.
func (t *Tape) unpack(qkv *tensor.Tensor, heads int) (q, k, v *tensor.Tensor) {
	all := t.arena.Reshape(qkv, qkv.Dim(0), qkv.Dim(1), 3*heads, qkv.Dim(2)/3/heads)
	return t.arena.Slice(all, 2, 0, heads), t.arena.Slice(all, 2, heads, 2*heads), t.arena.Slice(all, 2, 2*heads, 3*heads)
}
