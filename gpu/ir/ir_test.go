package ir_test

import (
	"testing"

	"inkstone/gpu/ir"
)

// matmul is the example of the package comment.
func matmul() (*ir.Kernel, error) {
	const tile = 16
	b := ir.New("matmul", ir.Workgroup(tile, tile, 1))
	a := b.Buffer("a", ir.F32, ir.Read)  // [M, K]
	bb := b.Buffer("b", ir.F32, ir.Read) // [K, N]
	c := b.Buffer("c", ir.F32, ir.Write) // [M, N]
	m, n, k := b.Scalar("m", ir.I32), b.Scalar("n", ir.I32), b.Scalar("k", ir.I32)
	ta := b.Shared("ta", ir.F32, tile*tile)
	tb := b.Shared("tb", ir.F32, tile*tile)

	x, y := b.LocalID(0), b.LocalID(1)
	row, col := b.GlobalID(1), b.GlobalID(0)
	here := y.Mul(tile).Add(x)
	acc := b.VarOf(b.F32(0)).Named("acc")
	b.For(0, k, tile, func(k0 ir.Value) {
		ka, kb := k0.Add(x), k0.Add(y)
		b.IfElse(row.Lt(m).And(ka.Lt(k)),
			func() { ta.Store(here, a.Load(row.Mul(k).Add(ka))) },
			func() { ta.Store(here, 0) })
		b.IfElse(kb.Lt(k).And(col.Lt(n)),
			func() { tb.Store(here, bb.Load(kb.Mul(n).Add(col))) },
			func() { tb.Store(here, 0) })
		b.Barrier()
		b.Range(tile, func(i ir.Value) {
			p := ta.Load(y.Mul(tile).Add(i))
			q := tb.Load(i.Mul(tile).Add(x))
			acc.Set(p.FMA(q, acc))
		}).Unroll()
		b.Barrier()
	})
	b.If(row.Lt(m).And(col.Lt(n)), func() { c.Store(row.Mul(n).Add(col), acc) })
	return b.Build()
}

func TestExample(t *testing.T) {
	k, err := matmul()
	if err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + k.Text())
}
