package kernels

import (
	"math"

	"inkstone/gpu/ir"
)

// Attention computes softmax(q·kᵀ·scale + mask)·v for q [B, T, H, D] and k, v [B, S, H/G, D], and
// lse [B, H, T], the log-sum-exp of each row of scores, for the backward. With Causal a query
// sees the keys up to its own position.
//
// A workgroup takes Rows queries of a head and goes over the keys in tiles of Cols. The softmax
// of a row is kept as a running maximum and sum; what was summed under an older maximum is
// rescaled (Milakov and Gimelshein 2018; Dao 2023, "FlashAttention-2", algorithm 1). No memory
// for scores is needed.
//
// Buffers: o, lse, q, k, v.
type Attention struct{ AttentionTile }

// Build builds the kernel.
func (k Attention) Build() (*ir.Kernel, error) {
	if err := k.check(); err != nil {
		return nil, err
	}
	a := k.begin("attention")
	b := a.b
	o, lse := b.Buffer("o", ir.F32, ir.Write), b.Buffer("lse", ir.F32, ir.Write)
	q, key, value := b.Buffer("q", ir.F32, ir.Read), b.Buffer("k", ir.F32, ir.Read), b.Buffer("v", ir.F32, ir.Read)
	a.scalars()
	out, queries, keys, values := a.operand(o), a.operand(q), a.operand(key), a.operand(value)
	rows, tile := a.shared("queries", k.Rows), a.shared("tile", k.Cols)
	across := b.Shared("across", ir.F32, k.Rows*k.LanesX) // [Rows, LanesX]: a number of every lane of a row

	a.queryBlock()
	a.fetch(rows, k.Rows, queries, queries.at(a.batch, a.head), a.first, a.T)
	keyBase, valueBase := keys.at(a.batch, a.keyHead), values.at(a.batch, a.keyHead)

	sum, s := a.newSums("o"), a.newScores("s")
	var largest, total []*ir.Var
	for range sum {
		largest = append(largest, b.VarOf(b.F32(lowest)).Named("largest"))
		total = append(total, b.VarOf(b.F32(0)).Named("total"))
	}
	b.For(0, a.keysSeen(), k.Cols, func(j0 ir.Value) {
		a.fetch(tile, k.Cols, keys, keyBase, j0, a.S)
		b.Barrier()
		a.dot(s, rows, tile)
		a.each(s, func(i, j int, v *ir.Var) {
			sees := a.sees(a.first.Add(a.row(i)), j0.Add(a.col(j)))
			v.Set(sees.Select(v.Get().Mul(a.scale), math.Inf(-1)))
		})
		for i := range s {
			m := s[i][0].Get()
			for _, v := range s[i][1:] {
				m = m.Max(v.Get())
			}
			across.Store(a.row(i).Mul(k.LanesX).Add(a.x), m)
		}
		b.Barrier()
		a.fetch(tile, k.Cols, values, valueBase, j0, a.S)
		for i := range s {
			old := largest[i].Get()
			m := a.acrossLanes(across, i, old, ir.Value.Max)
			shrink := old.Sub(m).Exp()
			largest[i].Set(m)
			part := b.F32(0)
			for _, v := range s[i] {
				p := v.Get().Sub(m).Exp()
				v.Set(p)
				part = part.Add(p)
			}
			total[i].Set(total[i].Get().FMA(shrink, part))
			for _, v := range sum[i] {
				v.Set(v.Get().Mul(shrink))
			}
		}
		a.putWeights(s)
		b.Barrier()
		a.weigh(sum, tile)
		b.Barrier()
	})
	for i := range sum {
		across.Store(a.row(i).Mul(k.LanesX).Add(a.x), total[i])
	}
	b.Barrier()
	first := a.batch.Mul(a.H).Add(a.head).Mul(a.T)
	a.store(out, out.at(a.batch, a.head), a.T, sum, func(i int) ir.Value {
		l := a.acrossLanes(across, i, b.F32(0), ir.Value.Add)
		b.If(a.x.Eq(0), func() {
			lse.Store(first.Add(a.first).Add(a.row(i)), largest[i].Get().Add(l.Log()))
		})
		return b.F32(1).Div(l)
	})
	return b.Build()
}

// acrossLanes combines the numbers of all lanes of a row, beginning with start.
func (a *attention) acrossLanes(across *ir.Array, i int, start ir.Value, combine func(x ir.Value, y ir.Operand) ir.Value) ir.Value {
	v := start
	for x := range a.LanesX {
		v = combine(v, across.Load(a.row(i).Mul(a.LanesX).Add(x)))
	}
	return v
}

// queryBlock finds the workgroup's block of queries. The last ones see the most keys: they go
// first, so that no processor ends late.
func (a *attention) queryBlock() {
	b := a.b
	a.first = b.NumGroups(0).Sub(1).Sub(b.GroupID(0)).Mul(a.Rows)
	number := b.GroupID(1)
	a.batch = number.Div(a.H)
	a.head = number.Sub(a.batch.Mul(a.H))
	a.keyHead = a.head.Div(a.G)
}

// keysSeen returns the number of keys that some query of the block may see.
func (a *attention) keysSeen() ir.Value {
	if a.Causal {
		return a.offset.Add(a.first).Add(a.Rows).Min(a.S)
	}
	return a.S
}

// Launch returns the launch. B·H is at most 65535.
func (k Attention) Launch(s AttentionSizes, scale float32, o, q, key, value Heads) Launch {
	return s.launch([3]int{ceilDiv(s.T, k.Rows), s.B * s.H, 1}, scale, o, q, key, value)
}
