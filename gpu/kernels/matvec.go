package kernels

import (
	"errors"
	"fmt"

	"inkstone/gpu/ir"
)

// MatVec computes products with few rows, as decoding does: c = α·a·b + β·c + bias for a
// [Vectors, K] and a b [K, N] whose columns lie side by side, b[k, n] at Offset + n·Col + k, so
// that c[m, n] is the product of two lines in memory. Every element of b is read once, and of
// the lanes Rows gives each column of b to, neighbours read neighbours. a's Col is 1, and c's.
//
// Buffers: c, a, b, bias [N] (with Bias).
type MatVec struct {
	Rows
	Vectors          int
	Bias, Accumulate bool
	Wide             bool // K, strides and offsets of a and b are multiples of 4
}

// Fit returns k for operands that lie as given: Wide if it can be.
func (k MatVec) Fit(K int, a, b Matrix) MatVec {
	k.Wide = (K|a.Offset|a.Row|b.Offset|b.Col)%4 == 0
	return k
}

// Build builds the kernel.
func (k MatVec) Build() (*ir.Kernel, error) {
	if err := k.check(); err != nil {
		return nil, err
	}
	if k.Vectors < 1 {
		return nil, errors.New("kernels: MatVec: no vectors")
	}
	b := k.begin(vectorName("matvec", k.Vectors, k.Bias, k.Accumulate, k.Wide))
	p := declareVectors(b, k.Bias, k.Accumulate)
	k.each(b, func(r *row) { // a row is a column of b
		p.scalars(b)
		var sum []*ir.Var
		for range k.Vectors {
			sum = append(sum, b.VarOf(b.F32(0)).Named("sum"))
		}
		line := p.bFirst.Add(r.index.Mul(p.bStride))
		width, cols := 1, r.cols
		if k.Wide {
			width, cols = 4, r.cols.Shr(2)
		}
		load := func(a *ir.Array, at ir.Value) []ir.Value {
			if !k.Wide {
				return []ir.Value{a.Load(at)}
			}
			v := a.LoadVec(4, at.Shr(2))
			return []ir.Value{v.At(0), v.At(1), v.At(2), v.At(3)}
		}
		b.For(r.lane, cols, r.count, func(i ir.Value) {
			at := i.Mul(width)
			y := load(p.b, line.Add(at))
			for m, s := range sum {
				total := s.Get()
				for e, x := range load(p.a, p.aFirst.Add(p.aRow.Mul(m)).Add(at)) {
					total = x.FMA(y[e], total)
				}
				s.Set(total)
			}
		})
		var partial []ir.Value
		for _, s := range sum {
			partial = append(partial, s.Get())
		}
		total := r.sum(partial...)
		r.once(func() {
			for m, s := range total {
				p.finish(m, r.index, s)
			}
		})
	})
	return b.Build()
}

// Launch returns the launch for b [K, N].
func (k MatVec) Launch(N, K int, c, a, b Matrix, alpha, beta float32) Launch {
	l := k.launch(N, K)
	l.vectors(c, a, b.Offset, b.Col, alpha, beta, k.Accumulate)
	return l
}

// VecMat computes what MatVec does for a b whose rows lie side by side, b[k, n] at
// Offset + k·Row + n: each lane takes a column, so that neighbours read neighbours, and LanesY of
// them share out its K numbers.
//
// Buffers: c, a, b, bias [N] (with Bias).
type VecMat struct {
	LanesX, LanesY   int
	Vectors          int
	Bias, Accumulate bool
}

// Build builds the kernel.
func (k VecMat) Build() (*ir.Kernel, error) {
	if k.Vectors < 1 || k.LanesX < 1 || k.LanesY < 1 {
		return nil, fmt.Errorf("kernels: VecMat: %d vectors, %d×%d lanes", k.Vectors, k.LanesY, k.LanesX)
	}
	name := vectorName("vecmat", k.Vectors, k.Bias, k.Accumulate, false)
	b := ir.New(fmt.Sprintf("%s_%dx%d", name, k.LanesY, k.LanesX), ir.Workgroup(k.LanesX, k.LanesY, 1))
	p := declareVectors(b, k.Bias, k.Accumulate)
	n, length := b.Scalar("N", ir.I32), b.Scalar("K", ir.I32)
	p.scalars(b)
	col, y := b.GlobalID(0), b.LocalID(1)
	var sum []*ir.Var
	for range k.Vectors {
		sum = append(sum, b.VarOf(b.F32(0)).Named("sum"))
	}
	b.If(col.Lt(n), func() {
		b.For(y, length, k.LanesY, func(i ir.Value) {
			v := p.b.Load(p.bFirst.Add(i.Mul(p.bStride)).Add(col))
			for m, s := range sum {
				s.Set(p.a.Load(p.aFirst.Add(p.aRow.Mul(m)).Add(i)).FMA(v, s.Get()))
			}
		})
	})
	if k.LanesY > 1 {
		k.add(b, sum)
	}
	b.If(y.Eq(0).And(col.Lt(n)), func() {
		for m, s := range sum {
			p.finish(m, col, s.Get())
		}
	})
	return b.Build()
}

// add adds up the sums of the lanes that share a column, in their order, in the first of them.
func (k VecMat) add(b *ir.Builder, sum []*ir.Var) {
	parts := b.Shared("parts", ir.F32, k.Vectors*k.LanesX*k.LanesY)
	y := b.LocalID(1)
	place := func(m int, y ir.Value) ir.Value {
		return y.Add(m * k.LanesY).Mul(k.LanesX).Add(b.LocalID(0))
	}
	for m, s := range sum {
		parts.Store(place(m, y), s)
	}
	b.Barrier()
	b.If(y.Eq(0), func() {
		for m, s := range sum {
			b.For(1, k.LanesY, 1, func(i ir.Value) { s.Set(s.Get().Add(parts.Load(place(m, i)))) })
		}
	})
}

// Launch returns the launch for b [K, N].
func (k VecMat) Launch(N, K int, c, a, b Matrix, alpha, beta float32) Launch {
	l := Launch{Grid: [3]int{ceilDiv(N, k.LanesX), 1, 1}}
	l.ints(N, K)
	l.vectors(c, a, b.Offset, b.Row, alpha, beta, k.Accumulate)
	return l
}

func vectorName(name string, vectors int, bias, accumulate, wide bool) string {
	return marked(fmt.Sprintf("%s%d", name, vectors), mark{"bias", bias}, mark{"accumulate", accumulate}, mark{"wide", wide})
}

// vectors holds the parameters of MatVec and VecMat.
type vectors struct {
	accumulate                   bool
	c, a, b, bias                *ir.Array
	cFirst, cRow, aFirst, aRow   ir.Value
	bFirst, bStride, alpha, beta ir.Value
}

func declareVectors(b *ir.Builder, bias, accumulate bool) *vectors {
	access := ir.Write
	if accumulate {
		access = ir.ReadWrite
	}
	p := &vectors{accumulate: accumulate, c: b.Buffer("c", ir.F32, access), a: b.Buffer("a", ir.F32, ir.Read), b: b.Buffer("b", ir.F32, ir.Read)}
	if bias {
		p.bias = b.Buffer("bias", ir.F32, ir.Read)
	}
	return p
}

func (p *vectors) scalars(b *ir.Builder) {
	p.cFirst, p.cRow = b.Scalar("c_offset", ir.I32), b.Scalar("c_row", ir.I32)
	p.aFirst, p.aRow = b.Scalar("a_offset", ir.I32), b.Scalar("a_row", ir.I32)
	p.bFirst, p.bStride = b.Scalar("b_offset", ir.I32), b.Scalar("b_stride", ir.I32)
	p.alpha = b.Scalar("alpha", ir.F32)
	if p.accumulate {
		p.beta = b.Scalar("beta", ir.F32)
	}
}

func (l *Launch) vectors(c, a Matrix, bOffset, bStride int, alpha, beta float32, accumulate bool) {
	l.ints(c.Offset, c.Row, a.Offset, a.Row, bOffset, bStride)
	l.floats(alpha)
	if accumulate {
		l.floats(beta)
	}
}

// finish stores c[m, col].
func (p *vectors) finish(m int, col, sum ir.Value) {
	at := p.cFirst.Add(p.cRow.Mul(m)).Add(col)
	v := sum.Mul(p.alpha)
	if p.accumulate {
		v = p.c.Load(at).FMA(p.beta, v)
	}
	if p.bias != nil {
		v = v.Add(p.bias.Load(col))
	}
	p.c.Store(at, v)
}
