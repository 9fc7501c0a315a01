package kernels

import "inkstone/gpu/ir"

// multiplyDouble adds the loop over K with two parts in shared memory.
func (g *gemm) multiplyDouble() {
	b := g.b
	b.If(g.from.Lt(g.to), func() { g.begin(g.from, b.I32(0))() })
	b.Barrier()
	part := b.VarOf(b.I32(0)).Named("part")
	b.For(g.from, g.to, g.TileK, func(k ir.Value) {
		this := part.Get()
		other := this.Xor(1)
		end := g.begin(g.next(k), other)
		g.use(this)
		g.compute()
		end()
		part.Set(other)
		b.Barrier() // all have stored to the other part, and are done with this one
	})
}

// begin adds what has the parts that begin at k on their way to shared memory, and returns what
// adds the end of that.
func (g *gemm) begin(k, part ir.Value) (end func()) {
	if g.hasMatrices() {
		values := g.fetch(k)
		return func() {
			g.use(part)
			g.put(values)
		}
	}
	g.use(part)
	g.left.copy(g, k)
	g.right.copy(g, k)
	return g.b.CopyWait
}

// copy is fetch and put in one, as asynchronous copies: of vectors where these stay side by side,
// otherwise of elements.
func (o *operand) copy(g *gemm, k ir.Value) {
	for i := range o.perLane {
		at, inside := o.source(g, k, i)
		if g.Full {
			inside = g.b.Bool(true)
		}
		line, along := o.element(g, i)
		switch {
		case o.wide && o.alongOuter:
			o.shared.CopyAsync(4, o.in(g, line.Mul(o.pitch/4).Add(along.Shr(2)), 4), o.array, at.Shr(2), inside)
		case o.alongOuter:
			o.shared.CopyAsync(1, o.in(g, line.Mul(o.pitch).Add(along), 1), o.array, at, inside)
		default:
			n := 1
			if o.wide {
				n = 4
			}
			for e := range n {
				o.shared.CopyAsync(1, o.in(g, along.Add(e).Mul(o.pitch).Add(line), 1), o.array, at.Add(e), inside)
			}
		}
	}
}
