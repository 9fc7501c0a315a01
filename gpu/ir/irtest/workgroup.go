package irtest

import (
	"fmt"

	"inkstone/gpu/ir"
)

// workgroups returns the cases of numbers of lanes, shared memory and barriers.
func workgroups() []Case {
	return []Case{ids(), transpose(), treeSum(), bufferExchange(), uniformPromise()}
}

// ids stores all numbers of a lane in a grid of three dimensions.
func ids() Case {
	wg, grid := [3]int{4, 3, 2}, [3]int{2, 3, 2}
	b := ir.New("ids", ir.Workgroup(wg[0], wg[1], wg[2]))
	y := b.Buffer("y", ir.I32, ir.Write)
	at := b.GlobalID(2).Mul(wg[1] * grid[1]).Add(b.GlobalID(1)).Mul(wg[0] * grid[0]).Add(b.GlobalID(0)).Mul(8)
	for axis := range 3 {
		y.Store(at.Add(axis), b.LocalID(axis).Mul(100).Add(b.GroupID(axis)))
		y.Store(at.Add(4+axis), b.NumGroups(axis))
	}
	y.Store(at.Add(3), b.LocalIndex())
	y.Store(at.Add(7), 77)
	var want []int32
	for z := range wg[2] * grid[2] {
		for y := range wg[1] * grid[1] {
			for x := range wg[0] * grid[0] {
				p := [3]int{x, y, z}
				for a := range 3 {
					want = append(want, int32(p[a]%wg[a]*100+p[a]/wg[a]))
				}
				want = append(want, int32((z%wg[2]*wg[1]+y%wg[1])*wg[0]+x%wg[0]), int32(grid[0]), int32(grid[1]), int32(grid[2]), 77)
			}
		}
	}
	return Case{Name: "ids", Kernel: b.MustBuild(), Grid: grid, Buffers: [][]byte{bytesOf(make([]int32, len(want)))}, Check: equal(0, want)}
}

// transpose turns a matrix through a tile in shared memory.
func transpose() Case {
	const tile, rows, cols = 8, 24, 40
	b := ir.New("transpose", ir.Workgroup(tile, tile, 1))
	x, y := b.Buffer("x", ir.F32, ir.Read), b.Buffer("y", ir.F32, ir.Write)
	s := b.Shared("s", ir.F32, tile*(tile+1))
	i, j := b.LocalID(0), b.LocalID(1)
	s.Store(j.Mul(tile+1).Add(i), x.Load(b.GlobalID(1).Mul(cols).Add(b.GlobalID(0))))
	b.Barrier()
	row, col := b.GroupID(0).Mul(tile).Add(j), b.GroupID(1).Mul(tile).Add(i)
	y.Store(row.Mul(rows).Add(col), s.Load(i.Mul(tile+1).Add(j)))
	p, w := make([]float32, rows*cols), make([]float32, rows*cols)
	for r := range rows {
		for c := range cols {
			p[r*cols+c] = float32(r*cols + c)
			w[c*rows+r] = p[r*cols+c]
		}
	}
	return Case{Name: "transpose", Kernel: b.MustBuild(), Grid: [3]int{cols / tile, rows / tile, 1},
		Buffers: [][]byte{bytesOf(p), bytesOf(make([]float32, len(p)))}, Check: equal(1, w)}
}

// treeSum adds the elements of a workgroup in a tree, with a barrier for each level.
func treeSum() Case {
	const lanes, groups = 64, 3
	b := ir.New("tree_sum", ir.Workgroup(lanes, 1, 1))
	x, y := b.Buffer("x", ir.F32, ir.Read), b.Buffer("y", ir.F32, ir.Write)
	s := b.Shared("s", ir.F32, lanes)
	l := b.LocalIndex()
	s.Store(l, x.Load(b.GlobalID(0)))
	n := b.VarOf(b.I32(lanes / 2))
	b.While(func() ir.Value { return n.Get().Gt(0) }, func() {
		b.Barrier()
		b.If(l.Lt(n), func() { s.Store(l, s.Load(l).Add(s.Load(l.Add(n)))) })
		n.Set(n.Get().Shr(1))
	})
	b.If(l.Eq(0), func() { y.Store(b.GroupID(0), s.Load(0)) })
	p, w := make([]float32, lanes*groups), make([]float32, groups)
	for i := range p {
		p[i] = float32(i * i % 101)
		w[i/lanes] += p[i]
	}
	return Case{Name: "tree_sum", Kernel: b.MustBuild(), Grid: [3]int{groups, 1, 1},
		Buffers: [][]byte{bytesOf(p), bytesOf(make([]float32, groups))}, Check: equal(1, w)}
}

// bufferExchange passes values between the lanes of a workgroup through a buffer.
func bufferExchange() Case {
	const lanes, groups = 32, 4
	b := ir.New("buffer_exchange", ir.Workgroup(lanes, 1, 1))
	x := b.Buffer("x", ir.U32, ir.ReadWrite)
	first, l := b.GroupID(0).Mul(lanes), b.LocalIndex()
	b.Range(5, func(i ir.Value) {
		v := x.Load(first.Add(l.Add(1).Rem(lanes)))
		b.Barrier()
		x.Store(first.Add(l), v.Add(1))
		b.Barrier()
	})
	p, w := make([]uint32, lanes*groups), make([]uint32, lanes*groups)
	for i := range p {
		p[i] = uint32(i * 3)
	}
	for i := range w {
		w[i] = p[i/lanes*lanes+(i+5)%lanes] + 5
	}
	return Case{Name: "buffer_exchange", Kernel: b.MustBuild(), Grid: [3]int{groups, 1, 1},
		Buffers: [][]byte{bytesOf(p)}, Check: equal(0, w)}
}

// uniformPromise lets a barrier depend on what one lane wrote.
func uniformPromise() Case {
	const lanes, groups = 32, 3
	b := ir.New("uniform_promise", ir.Workgroup(lanes, 1, 1))
	y := b.Buffer("y", ir.I32, ir.Write)
	s := b.Shared("s", ir.I32, lanes+1)
	l := b.LocalIndex()
	b.If(l.Eq(5), func() { s.Store(lanes, b.GroupID(0)) })
	b.Barrier()
	b.Range(b.Uniform(s.Load(lanes)), func(i ir.Value) {
		s.Store(l, l.Add(i))
		b.Barrier()
		y.Store(b.GlobalID(0), s.Load(b.I32(lanes-1).Sub(l)))
		b.Barrier()
	})
	w := make([]int32, lanes*groups)
	for i := range w {
		if g := i / lanes; g > 0 {
			w[i] = int32(lanes - 1 - i%lanes + g - 1)
		}
	}
	return Case{Name: "uniform_promise", Kernel: b.MustBuild(), Grid: [3]int{groups, 1, 1},
		Buffers: [][]byte{bytesOf(make([]int32, len(w)))}, Check: equal(0, w)}
}

// subgroups returns the cases of operations between n lanes.
func subgroups(n int) []Case {
	var cases []Case
	for _, t := range []ir.Type{ir.F32, ir.I32, ir.U32} {
		cases = append(cases, exchange(n, t))
	}
	return append(cases, subgroupBranch(n), softmax(n))
}

// exchange stores the result of every operation, for two subgroups. Where lanes stand does not
// matter: each writes down who it is.
func exchange(n int, t ir.Type) Case {
	lanes := max(64, 2*n)
	name := fmt.Sprintf("subgroup%d_%v", n, t)
	b := ir.New(name, ir.Workgroup(lanes, 1, 1), ir.Subgroup(n))
	x, y := b.Buffer("x", t, ir.Read), b.Buffer("y", t, ir.Write)
	i := b.SubgroupID().Mul(n).Add(b.Lane())
	v := x.Load(i)
	results := []ir.Value{
		v.SubgroupAdd(), v.SubgroupMin(), v.SubgroupMax(), v.Broadcast(n - 1), v.ShuffleXor(1), v.ShuffleXor(n / 2),
		v.Shuffle(b.Lane().Mul(3).Add(1).Rem(n)), v.Add(v).Broadcast(0),
	}
	for k, r := range results {
		y.Store(i.Mul(len(results)).Add(k), r)
	}
	encode := func(v int) uint32 {
		if t == ir.F32 {
			return bits(float32(v))
		}
		return uint32(v)
	}
	p, w := make([]uint32, lanes), []uint32{}
	value := func(i int) int { return i*37%101 + 1 }
	for i := range p {
		p[i] = encode(value(i))
	}
	for i := range lanes {
		first, l := i/n*n, i%n
		sum, least, most := 0, 1000, 0
		for j := range n {
			v := value(first + j)
			sum, least, most = sum+v, min(least, v), max(most, v)
		}
		for _, v := range []int{sum, least, most, value(first + n - 1), value(first + l ^ 1), value(first + (l ^ n/2)),
			value(first + (3*l+1)%n), 2 * value(first)} {
			w = append(w, encode(v))
		}
	}
	return Case{Name: name, Kernel: b.MustBuild(), Grid: [3]int{1, 1, 1},
		Buffers: [][]byte{bytesOf(p), bytesOf(make([]uint32, len(w)))}, Check: equal(1, w)}
}

// subgroupBranch lets some subgroups go another way.
func subgroupBranch(n int) Case {
	lanes := 4 * n
	name := fmt.Sprintf("subgroup%d_branch", n)
	b := ir.New(name, ir.Workgroup(lanes, 1, 1), ir.Subgroup(n))
	x, y := b.Buffer("x", ir.I32, ir.Read), b.Buffer("y", ir.I32, ir.Write)
	g := b.SubgroupID()
	i := g.Mul(n).Add(b.Lane())
	out := b.VarOf(b.I32(-1))
	b.For(0, g, 1, func(k ir.Value) {
		out.Set(x.Load(i).Add(k).SubgroupAdd())
	})
	y.Store(i, out)
	p, w := make([]int32, lanes), make([]int32, lanes)
	for i := range p {
		p[i] = int32(i)
	}
	for i := range w {
		g := i / n
		if w[i] = -1; g > 0 {
			w[i] = int32(n*(g*n+g-1) + n*(n-1)/2)
		}
	}
	return Case{Name: name, Kernel: b.MustBuild(), Grid: [3]int{1, 1, 1},
		Buffers: [][]byte{bytesOf(p), bytesOf(make([]int32, lanes))}, Check: equal(1, w)}
}

// atomics returns the cases of atomic operations.
func atomics() []Case {
	return []Case{histogram(ir.U32), histogram(ir.I32), histogram(ir.F32), atomicMax()}
}

// histogram counts in shared memory, then adds to a buffer.
func histogram(t ir.Type) Case {
	const lanes, groups, bins = 64, 5, 7
	b := ir.New(fmt.Sprintf("histogram_%v", t), ir.Workgroup(lanes, 1, 1), ir.Atomics())
	x, y := b.Buffer("x", ir.U32, ir.Read), b.Buffer("y", t, ir.ReadWrite)
	s := b.Shared("s", t, bins)
	l := b.LocalIndex()
	one := b.I32(1).To(t)
	b.If(l.Lt(bins), func() { s.Store(l, b.I32(0).To(t)) })
	b.Barrier()
	s.AtomicAdd(x.Load(b.GlobalID(0)).Rem(bins), one)
	b.Barrier()
	b.If(l.Lt(bins), func() { y.AtomicAdd(l, s.Load(l)) })
	p, w := make([]uint32, lanes*groups), make([]uint32, bins)
	for i := range p {
		p[i] = uint32(i * i)
		w[p[i]%bins]++
	}
	if t == ir.F32 {
		for i, v := range w {
			w[i] = bits(float32(v))
		}
	}
	return Case{Name: b.Name(), Kernel: b.MustBuild(), Grid: [3]int{groups, 1, 1},
		Buffers: [][]byte{bytesOf(p), bytesOf(make([]uint32, bins))}, Check: equal(1, w)}
}

func atomicMax() Case {
	const lanes, groups = 64, 5
	b := ir.New("atomic_max", ir.Workgroup(lanes, 1, 1), ir.Atomics())
	x := b.Buffer("x", ir.I32, ir.Read)
	y, z := b.Buffer("y", ir.I32, ir.ReadWrite), b.Buffer("z", ir.U32, ir.ReadWrite)
	v := x.Load(b.GlobalID(0))
	y.AtomicMax(0, v)
	z.AtomicMax(0, v.To(ir.U32))
	p := make([]int32, lanes*groups)
	for i := range p {
		p[i] = int32(i*7919%1000) - 990
	}
	most, mostU := int32(-2000), uint32(0)
	for _, v := range p {
		most, mostU = max(most, v), max(mostU, uint32(v))
	}
	check, checkU := equal(1, []int32{most}), equal(2, []uint32{mostU})
	return Case{Name: "atomic_max", Kernel: b.MustBuild(), Grid: [3]int{groups, 1, 1},
		Buffers: [][]byte{bytesOf(p), bytesOf([]int32{-2000}), bytesOf([]uint32{0})},
		Check: func(b [][]byte) error {
			if err := check(b); err != nil {
				return err
			}
			return checkU(b)
		}}
}
