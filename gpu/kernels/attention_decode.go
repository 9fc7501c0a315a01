package kernels

import (
	"errors"
	"fmt"
	"math"

	"inkstone/gpu/ir"
)

// AttentionDecode computes what Attention does, for few queries, as decoding has: a workgroup
// takes one query of a head, each of its lanes the score of a key and then columns of the sum
// of values, so that every key and value is read once a query. With Split the keys are cut into
// parts, whose results AttentionCombine puts together (Dao, Haziza, Massa and Sizov 2023,
// "Flash-Decoding for long-context inference").
//
// Buffers: o, lse, q, k, v; with Split o [parts, B, T, H, D] and lse [parts, B, H, T].
type AttentionDecode struct {
	Rows
	HeadDim int
	Causal  bool
	Split   bool
	Wide    bool // D, strides and offsets of q and k are multiples of 4
}

// Fit returns k for operands that lie as given: Wide if it can be.
func (k AttentionDecode) Fit(q, key Heads) AttentionDecode {
	k.Wide = AttentionTile{HeadDim: k.HeadDim}.Fit(q, key).Wide
	return k
}

// Build builds the kernel.
func (k AttentionDecode) Build() (*ir.Kernel, error) {
	if err := k.check(); err != nil {
		return nil, err
	}
	if k.Narrow || k.HeadDim < 1 {
		return nil, errors.New("kernels: AttentionDecode: want a head size, and not Narrow")
	}
	name := fmt.Sprintf("attention_decode_%d", k.HeadDim)
	b := k.begin(marked(name, mark{"causal", k.Causal}, mark{"wide", k.Wide}, mark{"split", k.Split}))
	a := &attention{AttentionTile: AttentionTile{HeadDim: k.HeadDim, Causal: k.Causal, Wide: k.Wide}, b: b}
	buffer := func(name string) *ir.Array { return b.Buffer(name, ir.F32, ir.Read) }
	o, lse := b.Buffer("o", ir.F32, ir.Write), b.Buffer("lse", ir.F32, ir.Write)
	qs, ks, vs := buffer("q"), buffer("k"), buffer("v")
	a.sizes()
	out, queries, keys, values := a.operand(o), a.operand(qs), a.operand(ks), a.operand(vs)
	weights := b.Shared("weights", ir.F32, k.Lanes)

	lane := b.LocalIndex()
	r := &row{b: b, rows: k.Rows, lane: lane, count: k.Lanes}
	t, pair := b.GroupID(2), b.GroupID(1)
	a.batch = pair.Div(a.H)
	a.head = pair.Sub(a.batch.Mul(a.H))
	a.keyHead = a.head.Div(a.G)
	from, to := b.I32(0), a.S
	if k.Causal {
		to = a.offset.Add(t).Add(1)
	}
	place, line := out.at(a.batch, a.head).Add(t.Mul(out.position)), pair.Mul(a.T).Add(t)
	if k.Split {
		share, part := b.Scalar("share", ir.I32), b.GroupID(0)
		from = part.Mul(share)
		to = from.Add(share).Min(to)
		place = place.Add(part.Mul(b.Scalar("o_part", ir.I32)))
		line = line.Add(part.Mul(b.Scalar("lse_part", ir.I32)))
	}
	query := queries.at(a.batch, a.head).Add(t.Mul(queries.position))
	keyBase, valueBase := keys.at(a.batch, a.keyHead), values.at(a.batch, a.keyHead)

	largest, total := b.VarOf(b.F32(lowest)).Named("largest"), b.VarOf(b.F32(0)).Named("total")
	columns := ceilDiv(k.HeadDim, k.Lanes)
	var sum []*ir.Var
	for range columns {
		sum = append(sum, b.VarOf(b.F32(0)).Named("sum"))
	}
	b.For(from, to, k.Lanes, func(j0 ir.Value) {
		j := j0.Add(lane)
		score := b.VarOf(b.F32(float32(math.Inf(-1)))).Named("score")
		b.If(j.Lt(to), func() { score.Set(k.product(b, qs, ks, query, keyBase.Add(j.Mul(keys.position))).Mul(a.scale)) })
		m := r.max(score.Get())[0].Max(largest)
		shrink := largest.Get().Sub(m).Exp()
		p := score.Get().Sub(m).Exp()
		largest.Set(m)
		total.Set(total.Get().FMA(shrink, p))
		weights.Store(lane, p)
		for _, s := range sum {
			s.Set(s.Get().Mul(shrink))
		}
		b.Barrier()
		b.Range(to.Sub(j0).Min(k.Lanes), func(i ir.Value) {
			w, at := weights.Load(i), valueBase.Add(j0.Add(i).Mul(values.position))
			for c, s := range sum {
				k.column(b, lane, c, func(d ir.Value) { s.Set(vs.Load(at.Add(d)).FMA(w, s.Get())) })
			}
		})
		if !k.meets() { // otherwise the next maximum has a barrier
			b.Barrier()
		}
	})
	all := r.sum(total.Get())[0]
	some := all.Ne(0) // NaN is some
	scale := some.Select(b.F32(1).Div(all), 0)
	for c, s := range sum {
		k.column(b, lane, c, func(d ir.Value) { o.Store(place.Add(d), s.Get().Mul(scale)) })
	}
	r.once(func() {
		lse.Store(line, some.Select(largest.Get().Add(all.Log()), math.Inf(-1)))
	})
	return b.Build()
}

// product returns the product of a query and a key, which begin at x and y.
func (k AttentionDecode) product(b *ir.Builder, q, key *ir.Array, x, y ir.Value) ir.Value {
	sum := b.VarOf(b.F32(0)).Named("product")
	if !k.Wide {
		b.Range(k.HeadDim, func(d ir.Value) { sum.Set(q.Load(x.Add(d)).FMA(key.Load(y.Add(d)), sum.Get())) })
		return sum.Get()
	}
	x, y = x.Shr(2), y.Shr(2)
	b.Range(k.HeadDim/4, func(d ir.Value) {
		u, v := q.LoadVec(4, x.Add(d)), key.LoadVec(4, y.Add(d))
		s := sum.Get()
		for e := range 4 {
			s = u.At(e).FMA(v.At(e), s)
		}
		sum.Set(s)
	})
	return sum.Get()
}

// column adds body for the lane's column number c of a head, if it has one.
func (k AttentionDecode) column(b *ir.Builder, lane ir.Value, c int, body func(d ir.Value)) {
	d := lane.Add(c * k.Lanes)
	if (c+1)*k.Lanes <= k.HeadDim {
		body(d)
		return
	}
	b.If(d.Lt(k.HeadDim), func() { body(d) })
}

// Launch returns the launch for keys cut into a number of parts, 1 without Split. B·H, T and
// parts are at most 65535. With Split, o is contiguous, [B, T, H, D] for each part.
func (k AttentionDecode) Launch(s AttentionSizes, parts int, scale float32, o, q, key, value Heads) Launch {
	l := s.launch([3]int{parts, s.B * s.H, s.T}, scale, o, q, key, value)
	if k.Split {
		l.ints(ceilDiv(s.S, parts), s.B*s.T*s.H*k.HeadDim, s.B*s.H*s.T)
	}
	return l
}

// AttentionCombine puts the results of parts of the keys together:
//
//	lse = log Σ exp(lseₚ),  o = Σ exp(lseₚ − lse)·oₚ
//
// Buffers: o, lse [B, H, T], oParts [parts, B, T, H, D], lseParts [parts, B, H, T].
type AttentionCombine struct{ Lanes int }

// Build builds the kernel.
func (k AttentionCombine) Build() (*ir.Kernel, error) {
	b := ir.New(fmt.Sprintf("attention_combine_%d", k.Lanes), ir.Workgroup(k.Lanes, 1, 1))
	a := &attention{b: b}
	o, lse := b.Buffer("o", ir.F32, ir.Write), b.Buffer("lse", ir.F32, ir.Write)
	os, lses := b.Buffer("o_parts", ir.F32, ir.Read), b.Buffer("lse_parts", ir.F32, ir.Read)
	parts, T, H, D := b.Scalar("parts", ir.I32), b.Scalar("T", ir.I32), b.Scalar("H", ir.I32), b.Scalar("D", ir.I32)
	oPart, lsePart := b.Scalar("o_part", ir.I32), b.Scalar("lse_part", ir.I32)
	out := a.operand(o)

	t, pair := b.GroupID(2), b.GroupID(1)
	batch := pair.Div(H)
	head := pair.Sub(batch.Mul(H))
	line := pair.Mul(T).Add(t)
	from := batch.Mul(T).Add(t).Mul(H).Add(head).Mul(D)
	place := out.at(batch, head).Add(t.Mul(out.position))
	largest, sum := b.VarOf(b.F32(lowest)).Named("largest"), b.VarOf(b.F32(0)).Named("sum")
	b.Range(parts, func(p ir.Value) { largest.Set(largest.Get().Max(lses.Load(p.Mul(lsePart).Add(line)))) })
	m := largest.Get()
	b.Range(parts, func(p ir.Value) {
		sum.Set(sum.Get().Add(lses.Load(p.Mul(lsePart).Add(line)).Sub(m).Exp()))
	})
	whole := m.Add(sum.Get().Log())
	d := b.GlobalID(0)
	b.If(d.Lt(D), func() {
		v := b.VarOf(b.F32(0)).Named("v")
		b.Range(parts, func(p ir.Value) {
			w := lses.Load(p.Mul(lsePart).Add(line)).Sub(whole).Exp()
			v.Set(os.Load(p.Mul(oPart).Add(from).Add(d)).FMA(w, v.Get()))
		})
		o.Store(place.Add(d), v)
	})
	b.If(d.Eq(0), func() { lse.Store(line, whole) })
	return b.Build()
}

// Launch returns the launch for a number of parts and heads of D.
func (k AttentionCombine) Launch(s AttentionSizes, parts, D int, o Heads) Launch {
	l := Launch{Grid: [3]int{ceilDiv(D, k.Lanes), s.B * s.H, s.T}}
	l.ints(parts, s.T, s.H, D, s.B*s.T*s.H*D, s.B*s.H*s.T)
	l.ints(o.Offset, o.Batch, o.Position, o.Head)
	return l
}
