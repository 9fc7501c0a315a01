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

// EmbeddingBackward adds row i of dy to dtable[ids[i]], in order of i. Rows whose id is not in
// the table are left out.
//
// Workgroup i stands for ids[i]: if the id occurs before, it ends there, otherwise it adds all
// rows with the id. So no two workgroups write to the same row of the table, and the additions
// are those of the CPU, in the same order. Up to n ids are read for each.
//
// Buffers: dtable [V, C], dy [n, C], ids [n] (I32).
type EmbeddingBackward struct{ Lanes int }

// Build builds the kernel.
func (k EmbeddingBackward) Build() (*ir.Kernel, error) {
	b := ir.New(fmt.Sprintf("embedding_backward_%d", k.Lanes), ir.Workgroup(k.Lanes, 1, 1))
	dtable := b.Buffer("dtable", ir.F32, ir.ReadWrite)
	dy, ids := b.Buffer("dy", ir.F32, ir.Read), b.Buffer("ids", ir.I32, ir.Read)
	n, vocab, cols := b.Scalar("n", ir.I32), b.Scalar("V", ir.I32), b.Scalar("C", ir.I32)
	self := groupNumber(b)
	c := b.GroupID(2).Mul(k.Lanes).Add(b.LocalIndex())
	id := ids.Load(self.Min(n.Sub(1)))
	b.If(self.Lt(n).And(id.Ge(0)).And(id.Lt(vocab)).And(c.Lt(cols)), func() {
		at := id.Mul(cols).Add(c)
		sum, first := b.VarOf(b.F32(0)).Named("sum"), b.VarOf(b.Bool(true)).Named("first")
		visit := func(i, other ir.Value) {
			b.If(other.Eq(id), func() {
				b.If(i.Lt(self), func() { first.Set(b.Bool(false)) })
				b.If(first.Get().And(i.Eq(self)), func() { sum.Set(dtable.Load(at)) })
				b.If(first.Get(), func() { sum.Set(sum.Get().Add(dy.Load(i.Mul(cols).Add(c)))) })
			})
		}
		quads := n.Shr(2)
		b.For(0, quads, 1, func(q ir.Value) {
			other := ids.LoadVec(4, q)
			for e := range 4 {
				visit(q.Mul(4).Add(e), other.At(e))
			}
			b.BreakIf(first.Get().Not())
		})
		b.If(first.Get(), func() {
			b.For(quads.Mul(4), n, 1, func(i ir.Value) { visit(i, ids.Load(i)) })
		})
		b.If(first.Get(), func() { dtable.Store(at, sum) })
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
