package kernels

import "inkstone/gpu/ir"

// The backward of attention computes the probabilities again from lse, so that they need no
// memory (Dao 2023, "FlashAttention-2", algorithm 2). With
//
//	pᵢⱼ = exp(scale·qᵢ·kⱼ − lseᵢ),  δᵢ = doᵢ·oᵢ,  dsᵢⱼ = pᵢⱼ·(doᵢ·vⱼ − δᵢ)·scale
//
// the gradients are dqᵢ = Σⱼ dsᵢⱼ·kⱼ, dkⱼ = Σᵢ dsᵢⱼ·qᵢ and dvⱼ = Σᵢ pᵢⱼ·doᵢ. Three kernels run one after another:
// AttentionDelta, AttentionDQ, and AttentionDKV.

// AttentionDelta computes δ = Σ do∘o over each head, [B, H, T].
//
// Buffers: delta [B, H, T], o, do [B, T, H, D].
type AttentionDelta struct{ Rows }

// Build builds the kernel.
func (k AttentionDelta) Build() (*ir.Kernel, error) {
	if err := k.check(); err != nil {
		return nil, err
	}
	b := k.begin("attention_delta")
	delta := b.Buffer("delta", ir.F32, ir.Write)
	o, do := b.Buffer("o", ir.F32, ir.Read), b.Buffer("do", ir.F32, ir.Read)
	a := &attention{b: b}
	k.each(b, func(r *row) {
		a.T, a.H = b.Scalar("T", ir.I32), b.Scalar("H", ir.I32)
		out, dout := a.operand(o), a.operand(do)
		pair := r.index.Div(a.T)
		t := r.index.Sub(pair.Mul(a.T))
		batch := pair.Div(a.H)
		head := pair.Sub(batch.Mul(a.H))
		x := out.at(batch, head).Add(t.Mul(out.position))
		y := dout.at(batch, head).Add(t.Mul(dout.position))
		sum := r.total(func(d, _ ir.Value) ir.Value { return o.Load(x.Add(d)).Mul(do.Load(y.Add(d))) })
		r.once(func() { delta.Store(r.index, sum) })
	})
	return b.Build()
}

// Launch returns the launch for heads of D.
func (k AttentionDelta) Launch(s AttentionSizes, D int, o, do Heads) Launch {
	l := k.launch(s.B*s.H*s.T, D)
	l.ints(s.T, s.H)
	for _, h := range []Heads{o, do} {
		l.ints(h.Offset, h.Batch, h.Position, h.Head)
	}
	return l
}

// AttentionDQ computes dq. A workgroup takes Rows queries of a head and goes over the keys.
//
// Buffers: dq, do, q, k, v, lse, delta.
type AttentionDQ struct{ AttentionTile }

// Build builds the kernel.
func (k AttentionDQ) Build() (*ir.Kernel, error) {
	if err := k.check(); err != nil {
		return nil, err
	}
	a := k.begin("attention_dq")
	b := a.b
	buffer := func(name string) *ir.Array { return b.Buffer(name, ir.F32, ir.Read) }
	dqs := b.Buffer("dq", ir.F32, ir.Write)
	dos, qs, ks, vs, lses, deltas := buffer("do"), buffer("q"), buffer("k"), buffer("v"), buffer("lse"), buffer("delta")
	a.scalars()
	dq, do, q, key, value := a.operand(dqs), a.operand(dos), a.operand(qs), a.operand(ks), a.operand(vs)
	queries, gradients, tile := a.shared("queries", k.Rows), a.shared("gradients", k.Rows), a.shared("tile", k.Cols)

	a.queryBlock()
	a.fetch(queries, k.Rows, q, q.at(a.batch, a.head), a.first, a.T)
	a.fetch(gradients, k.Rows, do, do.at(a.batch, a.head), a.first, a.T)
	query := func(i int) ir.Value { return a.first.Add(a.row(i)) }
	lse := a.values(lses, a.head, query, k.Rows/k.LanesY)
	delta := a.values(deltas, a.head, query, k.Rows/k.LanesY)
	keyBase, valueBase := key.at(a.batch, a.keyHead), value.at(a.batch, a.keyHead)

	sum, s, dp := a.newSums("dq"), a.newScores("s"), a.newScores("dp")
	b.For(0, a.keysSeen(), k.Cols, func(j0 ir.Value) {
		a.fetch(tile, k.Cols, value, valueBase, j0, a.S)
		b.Barrier()
		a.dot(dp, gradients, tile)
		b.Barrier()
		a.fetch(tile, k.Cols, key, keyBase, j0, a.S)
		b.Barrier()
		a.dot(s, queries, tile)
		a.each(s, func(i, j int, v *ir.Var) {
			p := a.probability(v.Get(), lse[i], a.sees(query(i), j0.Add(a.col(j))))
			v.Set(p.Mul(dp[i][j].Get().Sub(delta[i])).Mul(a.scale))
		})
		a.putWeights(s)
		b.Barrier()
		a.weigh(sum, tile)
		b.Barrier()
	})
	one := b.F32(1)
	a.store(dq, dq.at(a.batch, a.head), a.T, sum, func(int) ir.Value { return one })
	return b.Build()
}

// probability returns exp(scale·product − lse), or 0 where the query does not see the key.
func (a *attention) probability(product, lse, sees ir.Value) ir.Value {
	return sees.Select(product.Mul(a.scale).Sub(lse).Exp(), 0)
}

// Launch returns the launch. B·H is at most 65535.
func (k AttentionDQ) Launch(s AttentionSizes, scale float32, dq, do, q, key, value Heads) Launch {
	return s.launch([3]int{ceilDiv(s.T, k.Rows), s.B * s.H, 1}, scale, dq, do, q, key, value)
}

// AttentionDKV computes dk and dv. A workgroup takes Rows keys of a head and goes over the
// queries of all query heads that share it, in order.
//
// Buffers: dk, dv, do, q, k, v, lse, delta.
type AttentionDKV struct{ AttentionTile }

// Build builds the kernel.
func (k AttentionDKV) Build() (*ir.Kernel, error) {
	if err := k.check(); err != nil {
		return nil, err
	}
	a := k.begin("attention_dkv")
	b := a.b
	buffer := func(name string) *ir.Array { return b.Buffer(name, ir.F32, ir.Read) }
	dks, dvs := b.Buffer("dk", ir.F32, ir.Write), b.Buffer("dv", ir.F32, ir.Write)
	dos, qs, ks, vs, lses, deltas := buffer("do"), buffer("q"), buffer("k"), buffer("v"), buffer("lse"), buffer("delta")
	a.scalars()
	dk, dv, do, q := a.operand(dks), a.operand(dvs), a.operand(dos), a.operand(qs)
	key, value := a.operand(ks), a.operand(vs)
	keys, values, tile := a.shared("keys", k.Rows), a.shared("values", k.Rows), a.shared("tile", k.Cols)

	a.first = b.GroupID(0).Mul(k.Rows)
	keyHeads := a.H.Div(a.G)
	a.batch = b.GroupID(1).Div(keyHeads)
	a.keyHead = b.GroupID(1).Sub(a.batch.Mul(keyHeads))
	a.fetch(keys, k.Rows, key, key.at(a.batch, a.keyHead), a.first, a.S)
	a.fetch(values, k.Rows, value, value.at(a.batch, a.keyHead), a.first, a.S)
	start := b.I32(0)
	if k.Causal { // queries before see none of the keys
		start = a.first.Sub(a.offset).Max(0).Div(k.Cols).Mul(k.Cols)
	}

	sumK, sumV, s, dp := a.newSums("dk"), a.newSums("dv"), a.newScores("s"), a.newScores("dp")
	firstHead := a.keyHead.Mul(a.G)
	b.For(firstHead, firstHead.Add(a.G), 1, func(head ir.Value) {
		queryBase, gradientBase := q.at(a.batch, head), do.at(a.batch, head)
		b.For(start, a.T, k.Cols, func(i0 ir.Value) {
			query := func(j int) ir.Value { return i0.Add(a.col(j)) }
			lse := a.values(lses, head, query, k.Cols/k.LanesX)
			delta := a.values(deltas, head, query, k.Cols/k.LanesX)
			a.fetch(tile, k.Cols, q, queryBase, i0, a.T)
			b.Barrier()
			a.dot(s, keys, tile)
			a.each(s, func(i, j int, v *ir.Var) {
				v.Set(a.probability(v.Get(), lse[j], a.sees(query(j), a.first.Add(a.row(i)))))
			})
			a.putWeights(s)
			b.Barrier()
			a.fetch(tile, k.Cols, do, gradientBase, i0, a.T)
			b.Barrier()
			a.weigh(sumV, tile)
			a.dot(dp, values, tile)
			a.each(s, func(i, j int, v *ir.Var) {
				v.Set(v.Get().Mul(dp[i][j].Get().Sub(delta[j])).Mul(a.scale))
			})
			b.Barrier()
			a.fetch(tile, k.Cols, q, queryBase, i0, a.T)
			a.putWeights(s)
			b.Barrier()
			a.weigh(sumK, tile)
			b.Barrier()
		})
	})
	one := b.F32(1)
	a.store(dk, dk.at(a.batch, a.keyHead), a.S, sumK, func(int) ir.Value { return one })
	a.store(dv, dv.at(a.batch, a.keyHead), a.S, sumV, func(int) ir.Value { return one })
	return b.Build()
}

// Launch returns the launch. The number of key heads in the batch is at most 65535.
func (k AttentionDKV) Launch(s AttentionSizes, scale float32, dk, dv, do, q, key, value Heads) Launch {
	return s.launch([3]int{ceilDiv(s.S, k.Rows), s.B * s.H / s.G, 1}, scale, dk, dv, do, q, key, value)
}
