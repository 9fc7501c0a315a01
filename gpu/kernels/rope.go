package kernels

import "inkstone/gpu/ir"

// RoPE rotates x [B, T, H, D] by the angles of positions start, start+1, … (Su et al. 2021,
// "RoFormer", section 3.4.2). Pair i of a head turns by an angle whose cosine and sine stand in
// tables [positions, D/2]:
//
//	a′ = a·cos − b·sin,  b′ = a·sin + b·cos
//
// The pair (a, b) is (x[2i], x[2i+1]) with Interleaved, otherwise (x[i], x[i+D/2]). Inverse turns
// back, which is also the gradient. Heads lie side by side; batches and positions have strides.
// With InPlace dst is x.
//
// Buffers: dst, x, or the one of them with InPlace; cos, sin [positions, D/2].
type RoPE struct {
	Interleaved, Inverse, InPlace bool
}

// Build builds the kernel.
func (k RoPE) Build() (*ir.Kernel, error) {
	name := "rope_halves"
	if k.Interleaved {
		name = "rope_pairs"
	}
	if k.Inverse {
		name += "_inverse"
	}
	b := newElementwise(name + suffix(k.InPlace))
	dst, x := inOut(b, "dst", "x", k.InPlace)
	cos, sin := b.Buffer("cos", ir.F32, ir.Read), b.Buffer("sin", ir.F32, ir.Read)
	n := b.Scalar("n", ir.I32)
	steps, heads, half := b.Scalar("T", ir.I32), b.Scalar("H", ir.I32), b.Scalar("half", ir.I32)
	start := b.Scalar("start", ir.I32)
	to, from := declarePositions(b, "dst"), declarePositions(b, "x")
	sizes := []ir.Value{{}, steps, heads, half}
	b.For(b.GlobalID(0), n, b.NumGroups(0).Mul(elementLanes), func(i ir.Value) {
		var at [4]ir.Value
		unravel(i, sizes, func(d int, x ir.Value) { at[d] = x })
		p, t := at[3], at[1]
		angle := start.Add(t).Mul(half).Add(p)
		first, apart := p, half
		if k.Interleaved {
			first, apart = p.Mul(2), b.I32(1)
		}
		first = first.Add(at[2].Mul(half).Mul(2))
		xa := from.at(at[0], t).Add(first)
		da := to.at(at[0], t).Add(first)
		u, v := x.Load(xa), x.Load(xa.Add(apart))
		c, s := cos.Load(angle), sin.Load(angle)
		if k.Inverse {
			s = s.Neg()
		}
		dst.Store(da, u.Mul(c).Sub(v.Mul(s)))
		dst.Store(da.Add(apart), u.Mul(s).Add(v.Mul(c)))
	})
	return b.Build()
}

// Positions is where the heads of a position lie in a buffer, in elements: those of batch b,
// position t from Offset + b·Batch + t·Position on.
type Positions struct{ Offset, Batch, Position int }

// positions is Positions in a kernel.
type positions struct{ offset, batch, position ir.Value }

func declarePositions(b *ir.Builder, name string) positions {
	return positions{b.Scalar(name+"_offset", ir.I32), b.Scalar(name+"_batch", ir.I32), b.Scalar(name+"_position", ir.I32)}
}

func (p positions) at(batch, t ir.Value) ir.Value {
	return p.offset.Add(batch.Mul(p.batch)).Add(t.Mul(p.position))
}

// Launch returns the launch for x [B, T, H, D] with an even D. With InPlace dst and x are the
// same.
func (k RoPE) Launch(B, T, H, D, start int, dst, x Positions) Launch {
	n := B * T * H * D / 2
	l := Launch{Grid: [3]int{min(ceilDiv(n, elementLanes), maxGroups), 1, 1}}
	l.ints(n, T, H, D/2, start)
	l.ints(dst.Offset, dst.Batch, dst.Position)
	l.ints(x.Offset, x.Batch, x.Position)
	return l
}
