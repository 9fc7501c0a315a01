package kernels

import (
	"fmt"
	"math"

	"inkstone/gpu/ir"
)

// Embedding writes table[ids[i]] to row i of dst. A row whose id is not in the table becomes NaN.
//
// Buffers: dst [n, C], table [V, C], ids [n] (I32).
type Embedding struct{ Lanes int }

// Build builds the kernel.
func (k Embedding) Build() (*ir.Kernel, error) {
	rows := Rows{Lanes: k.Lanes}
	if err := rows.check(); err != nil {
		return nil, err
	}
	b := rows.begin("embedding")
	dst := b.Buffer("dst", ir.F32, ir.Write)
	table, ids := b.Buffer("table", ir.F32, ir.Read), b.Buffer("ids", ir.I32, ir.Read)
	rows.each(b, func(r *row) {
		vocab := b.Scalar("V", ir.I32)
		id := ids.Load(r.index)
		b.IfElse(id.Ge(0).And(id.Lt(vocab)), func() {
			first := id.Mul(r.cols)
			r.columns(func(c, at ir.Value) { dst.Store(at, table.Load(first.Add(c))) })
		}, func() {
			r.columns(func(c, at ir.Value) { dst.Store(at, math.NaN()) })
		})
	})
	return b.Build()
}

// Launch returns the launch for n ids and a table [V, C].
func (k Embedding) Launch(n, V, C int) Launch {
	l := Rows{Lanes: k.Lanes}.launch(n, C)
	l.ints(V)
	return l
}

// EmbeddingLinks chains the places of each id, for EmbeddingBackward: links[i] = 2·next + first,
// where next is the next place with the id of place i (n if there is none) and first is 1 if no
// place before has it. A lane compares its id with all n.
//
// Buffers: links [n] (I32), ids [n] (I32).
type EmbeddingLinks struct{ Lanes int }

// Build builds the kernel.
func (k EmbeddingLinks) Build() (*ir.Kernel, error) {
	b := ir.New(fmt.Sprintf("embedding_links_%d", k.Lanes), ir.Workgroup(k.Lanes, 1, 1))
	links, ids := b.Buffer("links", ir.I32, ir.Write), b.Buffer("ids", ir.I32, ir.Read)
	n := b.Scalar("n", ir.I32)
	self := groupNumber(b).Mul(k.Lanes).Add(b.LocalIndex())
	b.If(self.Lt(n), func() {
		id := ids.Load(self)
		next, first := b.VarOf(n).Named("next"), b.VarOf(b.I32(1)).Named("first")
		visit := func(i, other ir.Value) {
			same := other.Eq(id)
			next.Set(same.And(i.Gt(self)).Select(next.Get().Min(i), next.Get()))
			first.Set(same.And(i.Lt(self)).Select(b.I32(0), first.Get()))
		}
		quads := n.Shr(2)
		b.For(0, quads, 1, func(q ir.Value) {
			others := ids.LoadVec(4, q)
			for e := range 4 {
				visit(q.Mul(4).Add(e), others.At(e))
			}
		})
		b.For(quads.Mul(4), n, 1, func(i ir.Value) { visit(i, ids.Load(i)) })
		links.Store(self, next.Get().Mul(2).Add(first.Get()))
	})
	return b.Build()
}

// Launch returns the launch for n ids; n is below 2³⁰.
func (k EmbeddingLinks) Launch(n int) Launch {
	l := Launch{Grid: spread(ceilDiv(n, k.Lanes))}
	l.ints(n)
	return l
}

// EmbeddingBackward adds row i of dy to dtable[ids[i]], in order of i. Rows whose id is not in
// the table are left out.
//
// Workgroup i stands for ids[i]: if the id occurs before, it ends there, otherwise it follows the
// links and adds all rows with the id. So no two workgroups write to the same row of the table,
// and the additions are those of the CPU, in the same order.
//
// Buffers: dtable [V, C], dy [n, C], ids [n] (I32), links [n] (I32, of EmbeddingLinks).
type EmbeddingBackward struct{ Lanes int }

// Build builds the kernel.
func (k EmbeddingBackward) Build() (*ir.Kernel, error) {
	b := ir.New(fmt.Sprintf("embedding_backward_%d", k.Lanes), ir.Workgroup(k.Lanes, 1, 1))
	dtable := b.Buffer("dtable", ir.F32, ir.ReadWrite)
	dy := b.Buffer("dy", ir.F32, ir.Read)
	ids, links := b.Buffer("ids", ir.I32, ir.Read), b.Buffer("links", ir.I32, ir.Read)
	n, vocab, cols := b.Scalar("n", ir.I32), b.Scalar("V", ir.I32), b.Scalar("C", ir.I32)
	self := groupNumber(b)
	c := b.GroupID(2).Mul(k.Lanes).Add(b.LocalIndex())
	place := self.Min(n.Sub(1))
	id, first := ids.Load(place), links.Load(place).And(1).Ne(0)
	b.If(self.Lt(n).And(first).And(id.Ge(0)).And(id.Lt(vocab)).And(c.Lt(cols)), func() {
		at := id.Mul(cols).Add(c)
		sum, i := b.VarOf(dtable.Load(at)).Named("sum"), b.VarOf(self).Named("i")
		b.While(func() ir.Value { return i.Get().Lt(n) }, func() {
			sum.Set(sum.Get().Add(dy.Load(i.Get().Mul(cols).Add(c))))
			i.Set(links.Load(i.Get()).Shr(1))
		})
		dtable.Store(at, sum)
	})
	return b.Build()
}

// Launch returns the launch for n ids and a table [V, C].
func (k EmbeddingBackward) Launch(n, V, C int) Launch {
	l := Launch{Grid: spread(n)}
	l.Grid[2] = ceilDiv(C, k.Lanes)
	l.ints(n, V, C)
	return l
}
