package irtest

import (
	"fmt"
	"math"

	"inkstone/gpu/ir"
)

// numbersOf returns n small whole numbers, whose products and sums float16 holds exactly.
func numbersOf(n, seed int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32((i*31+seed)*7919%11 - 5)
	}
	return x
}

// product returns a [m, k] times b [k, n].
func product(a, b []float32, m, n, k int) []float32 {
	c := make([]float32, m*n)
	for i := range m {
		for j := range n {
			for l := range k {
				c[i*n+j] += a[i*k+l] * b[l*n+j]
			}
		}
	}
	return c
}

// matmuls returns matrix products: by tiles, by tiles and registers, by cooperative matrices.
func matmuls(subgroup int) []Case {
	cases := []Case{tiled(8), tiled(16), blocked()}
	for _, s := range []ir.Shape{{M: 8, N: 8, K: 8}, {M: 16, N: 16, K: 16}, {M: 16, N: 8, K: 16}} {
		cases = append(cases, matrices(s, ir.F16, ir.F32, subgroup, false), matrices(s, ir.F16, ir.F16, subgroup, false))
	}
	square := ir.Shape{M: 16, N: 16, K: 16}
	return append(cases, matrices(square, ir.BF16, ir.F32, subgroup, false), matrices(square, ir.BF16, ir.F32, subgroup, true))
}

// tiled multiplies with square tiles in shared memory; sizes are not multiples of the tile.
func tiled(tile int) Case {
	const m, n, k = 35, 50, 21
	b := ir.New(fmt.Sprintf("matmul_tiled_%d", tile), ir.Workgroup(tile, tile, 1))
	x, y, z := b.Buffer("a", ir.F32, ir.Read), b.Buffer("b", ir.F32, ir.Read), b.Buffer("c", ir.F32, ir.Write)
	M, N, K := b.Scalar("m", ir.I32), b.Scalar("n", ir.I32), b.Scalar("k", ir.I32)
	ta, tb := b.Shared("ta", ir.F32, tile*tile), b.Shared("tb", ir.F32, tile*tile)
	i, j := b.LocalID(1), b.LocalID(0)
	row, col := b.GlobalID(1).Named("row"), b.GlobalID(0).Named("col")
	here := i.Mul(tile).Add(j).Named("here")
	acc := b.VarOf(b.F32(0)).Named("acc")
	load := func(from, to *ir.Array, inside ir.Value, at func() ir.Value) {
		b.IfElse(inside, func() { to.Store(here, from.Load(at())) }, func() { to.Store(here, 0) })
	}
	b.For(0, K, tile, func(k0 ir.Value) {
		ka, kb := k0.Add(j), k0.Add(i)
		load(x, ta, row.Lt(M).And(ka.Lt(K)), func() ir.Value { return row.Mul(K).Add(ka) })
		load(y, tb, kb.Lt(K).And(col.Lt(N)), func() ir.Value { return kb.Mul(N).Add(col) })
		b.Barrier()
		b.Range(tile, func(l ir.Value) {
			acc.Set(ta.Load(i.Mul(tile).Add(l)).FMA(tb.Load(l.Mul(tile).Add(j)), acc))
		}).Unroll()
		b.Barrier()
	})
	b.If(row.Lt(M).And(col.Lt(N)), func() { z.Store(row.Mul(N).Add(col), acc) })
	p, q := numbersOf(m*k, 1), numbersOf(k*n, 2)
	return Case{Name: b.Name(), Kernel: b.MustBuild(), Grid: [3]int{(n + tile - 1) / tile, (m + tile - 1) / tile, 1},
		Buffers: [][]byte{bytesOf(p), bytesOf(q), bytesOf(make([]float32, m*n))},
		Scalars: []uint32{m, n, k}, Check: equal(2, product(p, q, m, n, k))}
}

// blocked multiplies with a block of 4×4 elements in each lane, loaded by vectors.
func blocked() Case {
	const m, n, k, tile, depth = 64, 32, 24, 32, 8
	b := ir.New("matmul_blocked", ir.Workgroup(8, 8, 1))
	x, y, z := b.Buffer("a", ir.F32, ir.Read), b.Buffer("b", ir.F32, ir.Read), b.Buffer("c", ir.F32, ir.Write)
	ta, tb := b.Shared("ta", ir.F32, depth*tile), b.Shared("tb", ir.F32, depth*tile)
	l := b.LocalIndex()
	i, j := b.LocalID(1), b.LocalID(0)
	row0, col0 := b.GroupID(1).Mul(tile), b.GroupID(0).Mul(tile)
	var acc [4]*ir.Var
	for r := range acc {
		acc[r] = b.VarOf(b.F32(0).Splat(4))
	}
	b.For(0, k, depth, func(k0 ir.Value) {
		// Each of 64 lanes moves a vector of 4: of a row of A, which it turns, and of a row of B.
		ar, ak := l.Div(2), l.Rem(2)
		v := x.LoadVec(4, row0.Add(ar).Mul(k/4).Add(k0.Div(4)).Add(ak))
		for e := range 4 {
			ta.Store(ak.Mul(4).Add(e).Mul(tile).Add(ar), v.At(e))
		}
		bk, bc := l.Div(8), l.Rem(8)
		tb.StoreVec(bk.Mul(tile/4).Add(bc), y.LoadVec(4, k0.Add(bk).Mul(n/4).Add(col0.Div(4)).Add(bc)))
		b.Barrier()
		b.Range(depth, func(d ir.Value) {
			p, q := ta.LoadVec(4, d.Mul(tile/4).Add(i)), tb.LoadVec(4, d.Mul(tile/4).Add(j))
			for r := range acc {
				acc[r].Set(p.At(r).FMA(q, acc[r]))
			}
		})
		b.Barrier()
	})
	for r := range acc {
		z.StoreVec(row0.Add(i.Mul(4)).Add(r).Mul(n/4).Add(col0.Div(4)).Add(j), acc[r].Get())
	}
	p, q := numbersOf(m*k, 3), numbersOf(k*n, 4)
	return Case{Name: b.Name(), Kernel: b.MustBuild(), Grid: [3]int{n / tile, m / tile, 1},
		Buffers: [][]byte{bytesOf(p), bytesOf(q), bytesOf(make([]float32, m*n))}, Check: equal(2, product(p, q, m, n, k))}
}

// matrices multiplies with cooperative matrices: A from a buffer, B, stored by columns, through
// shared memory; or A too, with shared. Each subgroup of the workgroup has a row of tiles.
func matrices(s ir.Shape, elem, sum ir.Type, subgroup int, shared bool) Case {
	const groups, steps = 2, 3
	m, n, k := 2*s.M, groups*s.N, steps*s.K
	name := fmt.Sprintf("matrices_%v_%v_%v_%d", s, elem, sum, subgroup)
	if shared {
		name += "_shared"
	}
	b := ir.New(name, ir.Workgroup(2*subgroup, 1, 1), ir.Subgroup(subgroup))
	x, y, z := b.Buffer("a", elem, ir.Read), b.Buffer("b", elem, ir.Read), b.Buffer("c", sum, ir.ReadWrite)
	tile := b.Shared("tile", elem, s.K*s.N)
	left := x
	if shared {
		left = b.Shared("left", elem, m*k)
		b.For(b.LocalIndex(), m*k, 2*subgroup, func(i ir.Value) { left.Store(i, x.Load(i)) })
	}
	row, col := b.SubgroupID().Mul(s.M), b.GroupID(0).Mul(s.N)
	at := row.Mul(n).Add(col)
	acc := b.VarOf(b.MatrixFill(ir.Matrix(sum, ir.MatrixAcc, s), 0))
	b.For(0, k, s.K, func(k0 ir.Value) {
		b.For(b.LocalIndex(), s.K*s.N, 2*subgroup, func(i ir.Value) { // tile[c, r] = B[c, r]
			c, r := i.Div(s.K), i.Rem(s.K)
			tile.Store(i, y.Load(col.Add(c).Mul(k).Add(k0).Add(r)))
		})
		b.Barrier()
		p := left.LoadMatrix(ir.Matrix(elem, ir.MatrixA, s), row.Mul(k).Add(k0), k, ir.RowMajor)
		q := tile.LoadMatrix(ir.Matrix(elem, ir.MatrixB, s), 0, s.K, ir.ColumnMajor)
		acc.Set(p.MatrixMulAdd(q, acc.Get()))
		b.Barrier()
	})
	z.StoreMatrix(at, acc.Get(), n, ir.RowMajor)
	p, q := numbersOf(m*k, 5), numbersOf(k*n, 6)
	turned := make([]float32, k*n)
	for l := range k {
		for j := range n {
			turned[j*k+l] = q[l*n+j]
		}
	}
	want := product(p, q, m, n, k)
	c := Case{Name: name, Kernel: b.MustBuild(), Grid: [3]int{groups, 1, 1},
		Buffers: [][]byte{halves(elem, p), halves(elem, turned), bytesOf(make([]float32, m*n))}, Check: equal(2, want)}
	if sum == ir.F16 {
		c.Buffers[2] = bytesOf(make([]uint16, m*n))
		c.Check = equal(2, view[uint16](halves(ir.F16, want)))
	}
	return c
}

func halves(t ir.Type, x []float32) []byte {
	out := make([]uint16, len(x))
	for i, v := range x {
		out[i] = toHalf(t, v)
	}
	return bytesOf(out)
}

// softmax normalises a row with one workgroup, through subgroups and shared memory.
func softmax(subgroup int) Case {
	const lanes, rows, cols = 64, 3, 150
	name := fmt.Sprintf("softmax_%d", subgroup)
	b := ir.New(name, ir.Workgroup(lanes, 1, 1), ir.Subgroup(subgroup))
	x, y := b.Buffer("x", ir.F32, ir.Read), b.Buffer("y", ir.F32, ir.Write)
	n := b.Scalar("cols", ir.I32)
	parts := b.Shared("parts", ir.F32, lanes/subgroup)
	first := b.GroupID(0).Mul(n)
	each := func(f func(at ir.Value)) {
		b.For(b.LocalIndex(), n, lanes, func(i ir.Value) { f(first.Add(i)) })
	}
	// reduce combines a value of every lane of the workgroup.
	reduce := func(v ir.Value, within func(ir.Value) ir.Value, two func(ir.Value, ir.Operand) ir.Value) ir.Value {
		whole := within(v)
		b.If(b.Lane().Eq(0), func() { parts.Store(b.SubgroupID(), whole) })
		b.Barrier()
		total := b.VarOf(parts.Load(0))
		b.For(1, lanes/subgroup, 1, func(i ir.Value) { total.Set(two(total.Get(), parts.Load(i))) })
		b.Barrier()
		return total.Get()
	}
	top, sum := b.VarOf(b.F32(-math.MaxFloat32)), b.VarOf(b.F32(0))
	each(func(at ir.Value) { top.Set(top.Get().Max(x.Load(at))) })
	most := reduce(top.Get(), ir.Value.SubgroupMax, ir.Value.Max)
	each(func(at ir.Value) { sum.Set(x.Load(at).Sub(most).Exp().Add(sum)) })
	scale := b.F32(1).Div(reduce(sum.Get(), ir.Value.SubgroupAdd, ir.Value.Add))
	each(func(at ir.Value) { y.Store(at, x.Load(at).Sub(most).Exp().Mul(scale)) })

	p, want := make([]float32, rows*cols), make([]float64, rows*cols)
	for r := range rows {
		total := 0.0
		for c := range cols {
			i := r*cols + c
			p[i] = float32(math.Sin(float64(i)) * 5)
			want[i] = math.Exp(float64(p[i]))
			total += want[i]
		}
		for c := range cols {
			want[r*cols+c] /= total
		}
	}
	return Case{Name: name, Kernel: b.MustBuild(), Grid: [3]int{rows, 1, 1},
		Buffers: [][]byte{bytesOf(p), bytesOf(make([]float32, rows*cols))},
		Scalars: []uint32{cols}, Check: near(1, want, 4e-6, 0)}
}

// philox makes random numbers: Philox4x32-10 (Salmon, Moraes, Dror and Shaw, SC 2011), which
// needs 32×32-bit products of 64 bits.
func philox() []Case {
	const blocks, m0, m1, w0, w1 = 70, 0xD2511F53, 0xCD9E8D57, 0x9E3779B9, 0xBB67AE85
	key := [2]uint32{0xa4093822, 0x299f31d0}
	b := ir.New("philox", ir.Workgroup(64, 1, 1))
	y := b.Buffer("y", ir.U32, ir.Write)
	k0, k1 := b.Scalar("key0", ir.U32), b.Scalar("key1", ir.U32)
	i := b.GlobalID(0)
	b.If(i.Lt(blocks), func() {
		c := [4]ir.Value{i.To(ir.U32), b.U32(0), b.U32(0), b.U32(0)}
		a, d := k0, k1
		for range 10 {
			h0, l0 := c[0].MulHi(b.U32(m0)), c[0].Mul(b.U32(m0))
			h1, l1 := c[2].MulHi(b.U32(m1)), c[2].Mul(b.U32(m1))
			c = [4]ir.Value{h1.Xor(c[1]).Xor(a), l1, h0.Xor(c[3]).Xor(d), l0}
			a, d = a.Add(b.U32(w0)), d.Add(b.U32(w1))
		}
		y.StoreVec(i, b.Vec(c[0], c[1], c[2], c[3]))
	})
	var want []uint32
	for n := range uint32(blocks) {
		c, k := [4]uint32{n}, key
		for range 10 {
			p, q := uint64(m0)*uint64(c[0]), uint64(m1)*uint64(c[2])
			c = [4]uint32{uint32(q>>32) ^ c[1] ^ k[0], uint32(q), uint32(p>>32) ^ c[3] ^ k[1], uint32(p)}
			k[0] += w0
			k[1] += w1
		}
		want = append(want, c[:]...)
	}
	return []Case{{Name: "philox", Kernel: b.MustBuild(), Grid: [3]int{2, 1, 1},
		Buffers: [][]byte{bytesOf(make([]uint32, 4*blocks))}, Scalars: key[:], Check: equal(0, want)}}
}
