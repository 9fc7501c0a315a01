package tensor

import (
	"fmt"

	"inkstone/kernels"
)

// attentionRows is how many query rows of a head one task of the forward takes.
const attentionRows = 64

// attentionJob holds the arguments of one attention for its tasks.
type attentionJob[T float32 | float64] struct {
	q, k, v, o, do, dq, dk, dv heads[T]
	lse                        []T // [B, H, T]
	shape                      attentionShape
	scale                      T
	causal                     bool
}

// attentionShape holds the sizes of q [B, T, H, D] and k [B, S, H/G, D], with KV = H/G.
type attentionShape struct{ B, T, H, S, KV, D int }

// heads is a view of [B, T, H, D] whose last dimension is contiguous.
type heads[T float32 | float64] struct {
	data                  []T
	batch, position, head int // strides
}

// at returns the memory of one head from a position on.
func (h *heads[T]) at(b, t, head int) []T {
	return h.data[b*h.batch+t*h.position+head*h.head:]
}

func headsOf[T float32 | float64](op string, t *Tensor) heads[T] {
	if t.strides[3] != 1 && t.shape[3] > 1 {
		panic(fmt.Sprintf("tensor: %s: shape %v, strides %v: the last dimension must be contiguous", op, t.Shape(), t.Strides()))
	}
	return heads[T]{storage[T](t), t.strides[0], t.strides[1], t.strides[2]}
}

// Attention works as Backend says. The work is split by batch, head and block of 64
// queries; kernels.AttentionForward has the method.
func (c *CPU) Attention(o, lse, q, k, v *Tensor, scale float64, causal bool) {
	s := checkAttention("Attention", lse, q, k, v, causal, o)
	if q.Len() == 0 {
		return
	}
	n := s.B * s.H * s.blocks()
	grain := 1 + (1<<17)/(min(s.T, attentionRows)*s.S*s.D) // tasks of a chunk: some 10 µs
	switch q.dtype {
	case Float32:
		For(c.pool, n, grain, forwardJob[float32](o, lse, q, k, v, s, scale, causal), attentionChunk[float32])
	case Float64:
		For(c.pool, n, grain, forwardJob[float64](o, lse, q, k, v, s, scale, causal), attentionChunk[float64])
	default:
		panic(badType("Attention", q))
	}
}

// AttentionBackward works as Backend says. The work is split by batch and key head: the
// queries of a group are taken in order, for they add to the same dk and dv.
func (c *CPU) AttentionBackward(dq, dk, dv, do, q, k, v, o, lse *Tensor, scale float64, causal bool) {
	s := checkAttention("AttentionBackward", lse, q, k, v, causal, o, do, dq)
	if !SameShape(dk, k) || !SameShape(dv, v) || dk.dtype != k.dtype || dv.dtype != v.dtype {
		panic(fmt.Sprintf("tensor: AttentionBackward: dk %v for k %v, dv %v for v %v", dk.Shape(), k.Shape(), dv.Shape(), v.Shape()))
	}
	if k.Len() == 0 {
		return
	}
	switch q.dtype {
	case Float32:
		For(c.pool, s.B*s.KV, 1, backwardJob[float32](dq, dk, dv, do, q, k, v, o, lse, s, scale, causal), attentionBackwardChunk[float32])
	case Float64:
		For(c.pool, s.B*s.KV, 1, backwardJob[float64](dq, dk, dv, do, q, k, v, o, lse, s, scale, causal), attentionBackwardChunk[float64])
	default:
		panic(badType("AttentionBackward", q))
	}
}

// checkAttention panics unless the shapes fit; likeQ are tensors of q's shape.
func checkAttention(op string, lse, q, k, v *Tensor, causal bool, likeQ ...*Tensor) attentionShape {
	if q.ndim != 4 || k.ndim != 4 || !SameShape(k, v) || q.dtype != k.dtype || q.dtype != v.dtype ||
		q.shape[0] != k.shape[0] || q.shape[3] != k.shape[3] || k.shape[2] == 0 || q.shape[2]%k.shape[2] != 0 {
		panic(fmt.Sprintf("tensor: %s: q %v, k %v, v %v: want [B, T, H, D] and twice [B, S, H/G, D]", op, q.Shape(), k.Shape(), v.Shape()))
	}
	s := attentionShape{q.shape[0], q.shape[1], q.shape[2], k.shape[1], k.shape[2], q.shape[3]}
	if s.S == 0 || causal && s.S < s.T {
		panic(fmt.Sprintf("tensor: %s: q %v, k %v: %d queries at the end of %d keys", op, q.Shape(), k.Shape(), s.T, s.S))
	}
	for _, t := range likeQ {
		if !SameShape(t, q) || t.dtype != q.dtype {
			panic(fmt.Sprintf("tensor: %s: output or its gradient %v, q %v", op, t.Shape(), q.Shape()))
		}
	}
	if lse.ndim != 3 || lse.shape[0] != s.B || lse.shape[1] != s.H || lse.shape[2] != s.T || lse.dtype != q.dtype {
		panic(fmt.Sprintf("tensor: %s: lse %v, want [%d %d %d]", op, lse.Shape(), s.B, s.H, s.T))
	}
	return s
}

// blocks returns the number of query blocks of a head.
func (s *attentionShape) blocks() int { return (s.T + attentionRows - 1) / attentionRows }

func forwardJob[T float32 | float64](o, lse, q, k, v *Tensor, s attentionShape, scale float64, causal bool) attentionJob[T] {
	const op = "Attention"
	return attentionJob[T]{
		o: headsOf[T](op, o), q: headsOf[T](op, q), k: headsOf[T](op, k), v: headsOf[T](op, v),
		lse: Data[T](lse), shape: s, scale: T(scale), causal: causal,
	}
}

func backwardJob[T float32 | float64](dq, dk, dv, do, q, k, v, o, lse *Tensor, s attentionShape, scale float64, causal bool) attentionJob[T] {
	const op = "AttentionBackward"
	j := forwardJob[T](o, lse, q, k, v, s, scale, causal)
	j.do, j.dq, j.dk, j.dv = headsOf[T](op, do), headsOf[T](op, dq), headsOf[T](op, dk), headsOf[T](op, dv)
	return j
}

// attentionChunk computes tasks [lo, hi) of the forward.
func attentionChunk[T float32 | float64](j *attentionJob[T], lo, hi int) {
	s := &j.shape
	scratch := takeScratch[T](kernels.AttentionScratch(min(s.T, attentionRows), s.D))
	for task := lo; task < hi; task++ {
		// The last queries see the most keys: they go first, so that no thread ends late.
		block := s.blocks() - 1 - task%s.blocks()
		head := task / s.blocks()
		b, h := head/s.H, head%s.H
		kv := h / (s.H / s.KV)
		t := block * attentionRows
		rows := min(attentionRows, s.T-t)
		kernels.AttentionForward(j.o.at(b, t, h), j.o.position, j.lse[(b*s.H+h)*s.T+t:][:rows],
			j.q.at(b, t, h), j.q.position, j.k.at(b, 0, kv), j.k.position, j.v.at(b, 0, kv), j.v.position,
			rows, s.S, s.D, max(0, s.S-s.T)+t, j.scale, j.causal, *scratch)
	}
	putScratch(scratch)
}

// attentionBackwardChunk computes (batch, key head) pairs [lo, hi) of the backward.
func attentionBackwardChunk[T float32 | float64](j *attentionJob[T], lo, hi int) {
	s := &j.shape
	scratch := takeScratch[T](kernels.AttentionScratch(s.T, s.D))
	for task := lo; task < hi; task++ {
		b, kv := task/s.KV, task%s.KV
		for t := range s.S {
			clear(j.dk.at(b, t, kv)[:s.D])
			clear(j.dv.at(b, t, kv)[:s.D])
		}
		if s.T == 0 {
			continue
		}
		group := s.H / s.KV
		for h := kv * group; h < (kv+1)*group; h++ {
			kernels.AttentionBackward(j.dq.at(b, 0, h), j.dq.position, j.dk.at(b, 0, kv), j.dk.position, j.dv.at(b, 0, kv), j.dv.position,
				j.do.at(b, 0, h), j.do.position, j.q.at(b, 0, h), j.q.position, j.k.at(b, 0, kv), j.k.position, j.v.at(b, 0, kv), j.v.position,
				j.o.at(b, 0, h), j.o.position, j.lse[(b*s.H+h)*s.T:][:s.T],
				s.T, s.S, s.D, max(0, s.S-s.T), j.scale, j.causal, *scratch)
		}
	}
	putScratch(scratch)
}
