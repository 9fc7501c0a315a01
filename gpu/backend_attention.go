package gpu

import (
	"inkstone/gpu/kernels"
	"inkstone/tensor"
)

// Attention works as tensor.Backend says.
func (b *Backend) Attention(o, lse, q, k, v *tensor.Tensor, scale float64, causal bool) {
	if b.attention(o, lse, q, k, v, scale, causal) {
		return
	}
	defer b.onCPU("Attention", read(q), read(k), read(v), write(o), write(lse))()
	b.CPU.Attention(o, lse, q, k, v, scale, causal)
}

func (b *Backend) attention(o, lse, q, k, v *tensor.Tensor, scale float64, causal bool) bool {
	s, D, ok := b.attentionSizes(lse, q, k, v, causal, o)
	if !ok {
		return false
	}
	ho, hq, hk, hv := b.heads(o), b.heads(q), b.heads(k), b.heads(v)
	work := 4 * s.B * s.H * s.T * s.S * D
	if s.T <= kernels.FewQueries && b.decode(s, D, o, lse, q, k, v, float32(scale), causal, work) {
		return true
	}
	kernel := kernels.Attention{AttentionTile: b.device.tuning.Attention(D, causal).Fit(ho, hq, hk, hv)}
	return run(b, kernel, kernel.Launch(s, float32(scale), ho, hq, hk, hv), work,
		at(write(o)), write(lse), at(read(q)), at(read(k)), at(read(v)))
}

// decode attends with few queries. Where they are too few to keep the device busy, the keys are
// cut into parts.
func (b *Backend) decode(s kernels.AttentionSizes, D int, o, lse, q, k, v *tensor.Tensor, scale float32, causal bool, work int) bool {
	ho, hq, hk, hv := b.heads(o), b.heads(q), b.heads(k), b.heads(v)
	kernel, parts := b.device.tuning.AttentionDecode(s, D, causal)
	kernel = kernel.Fit(hq, hk)
	if parts == 1 {
		return run(b, kernel, kernel.Launch(s, 1, scale, ho, hq, hk, hv), work,
			at(write(o)), write(lse), at(read(q)), at(read(k)), at(read(v)))
	}
	first := roundUp(parts*o.Len(), unit/4) // the parts' log-sum-exps lie behind their outputs
	room, ok := b.scratch(first + parts*lse.Len())
	if !ok {
		return false
	}
	defer b.drop(room)
	combine := kernels.AttentionCombine{Lanes: kernel.Lanes}
	if !compiled(b, kernel) || !compiled(b, combine) || !b.ready(write(o), write(lse), read(q), read(k), read(v)) {
		return false
	}
	whole := kernels.Heads{Batch: s.T * s.H * D, Position: s.H * D, Head: D}
	run(b, kernel, kernel.Launch(s, parts, scale, whole, hq, hk, hv), work,
		room.writing(0), room.writing(first), at(read(q)), at(read(k)), at(read(v)))
	run(b, combine, combine.Launch(s, parts, D, ho), cheap*parts*o.Len(), at(write(o)), write(lse), room.reading(0), room.reading(first))
	return true
}

// AttentionBackward works as tensor.Backend says.
func (b *Backend) AttentionBackward(dq, dk, dv, do, q, k, v, o, lse *tensor.Tensor, scale float64, causal bool) {
	if b.attentionBackward(dq, dk, dv, do, q, k, v, o, lse, scale, causal) {
		return
	}
	defer b.onCPU("AttentionBackward", read(do), read(q), read(k), read(v), read(o), read(lse), write(dq), write(dk), write(dv))()
	b.CPU.AttentionBackward(dq, dk, dv, do, q, k, v, o, lse, scale, causal)
}

func (b *Backend) attentionBackward(dq, dk, dv, do, q, k, v, o, lse *tensor.Tensor, scale float64, causal bool) bool {
	s, D, ok := b.attentionSizes(lse, q, k, v, causal, o, do, dq)
	if !ok || !headed(dk, k) || !headed(dv, k) {
		return false
	}
	hdq, hdk, hdv, hdo, hq, hk, hv, ho := b.heads(dq), b.heads(dk), b.heads(dv), b.heads(do), b.heads(q), b.heads(k), b.heads(v), b.heads(o)
	delta, ok := b.scratch(lse.Len())
	if !ok {
		return false
	}
	defer b.drop(delta)
	work := 5 * s.B * s.H * s.T * s.S * D
	tile := b.device.tuning.AttentionBackward(D, causal)
	first := kernels.AttentionDelta{Rows: b.device.tuning.Rows(D)}
	second := kernels.AttentionDQ{AttentionTile: tile.Fit(hdq, hdo, hq, hk, hv)}
	third := kernels.AttentionDKV{AttentionTile: tile.Fit(hdk, hdv, hdo, hq, hk, hv)}
	if !compiled(b, first) || !compiled(b, second) || !compiled(b, third) || !b.ready(read(do), read(q), read(k), read(v), read(o), read(lse), write(dq), write(dk), write(dv)) {
		return false
	}
	run(b, first, first.Launch(s, D, ho, hdo), cheap*o.Len(), delta.writing(0), at(read(o)), at(read(do)))
	run(b, second, second.Launch(s, float32(scale), hdq, hdo, hq, hk, hv), work,
		at(write(dq)), at(read(do)), at(read(q)), at(read(k)), at(read(v)), read(lse), delta.reading(0))
	run(b, third, third.Launch(s, float32(scale), hdk, hdv, hdo, hq, hk, hv), work,
		at(write(dk)), at(write(dv)), at(read(do)), at(read(q)), at(read(k)), at(read(v)), read(lse), delta.reading(0))
	return true
}

// attentionSizes returns the sizes of an attention, and whether the operands fit each other and
// the kernels. likeQ are tensors of q's shape.
func (b *Backend) attentionSizes(lse, q, k, v *tensor.Tensor, causal bool, likeQ ...*tensor.Tensor) (s kernels.AttentionSizes, D int, ok bool) {
	if q.NDim() != 4 || k.NDim() != 4 || !floats(lse, q) || !lse.IsContiguous() || !headed(q, q) || !headed(k, k) || !headed(v, k) {
		return s, 0, false
	}
	s = kernels.AttentionSizes{B: q.Dim(0), T: q.Dim(1), S: k.Dim(1), H: q.Dim(2)}
	D = q.Dim(3)
	if k.Dim(0) != s.B || k.Dim(3) != D || s.H%k.Dim(2) != 0 || causal && s.S < s.T || s.B*s.H > 65535 {
		return s, D, false
	}
	s.G = s.H / k.Dim(2)
	for _, t := range likeQ {
		if !headed(t, q) {
			return s, D, false
		}
	}
	return s, D, lse.NDim() == 3 && lse.Dim(0) == s.B && lse.Dim(1) == s.H && lse.Dim(2) == s.T
}

// headed reports whether t is Float32 [B, T, H, D] of x's shape with contiguous heads.
func headed(t, x *tensor.Tensor) bool {
	return floats(t) && tensor.SameShape(t, x) && (t.Strides()[3] == 1 || t.Dim(3) == 1)
}

func (b *Backend) heads(t *tensor.Tensor) kernels.Heads {
	s := t.Strides()
	return kernels.Heads{Offset: b.rest(t), Batch: s[0], Position: s[1], Head: s[2]}
}
