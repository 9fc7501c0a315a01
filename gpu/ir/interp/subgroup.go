package interp

import (
	"math"

	"inkstone/gpu/ir"
	"inkstone/kernels"
)

// exchange compiles an operation between the lanes of a subgroup. Lanes that are inactive take
// part with what they have; Check mode notes that.
func (c *compiler) exchange(in *ir.Instr) {
	size := c.k.Subgroup
	x := c.arg(in.Args[0], true)
	var from slot
	if in.Op == ir.OpShuffle {
		from = c.arg(in.Args[1], true)
	}
	wide := c.alloc(in.Type, false)
	if c.check {
		c.checkSubgroups(in)
	}
	switch in.Op {
	case ir.OpSubgroupAdd, ir.OpSubgroupMin, ir.OpSubgroupMax:
		c.butterfly(in, wide, x)
	case ir.OpBroadcast:
		c.emit(func(s *state) {
			d, x := s.u(wide), s.u(x)
			for l := range d {
				d[l] = x[l&^(size-1)|int(in.Imm)]
			}
		})
	case ir.OpShuffleXor:
		c.emit(func(s *state) {
			d, x := s.u(wide), s.u(x)
			for l := range d {
				d[l] = x[l^int(in.Imm)]
			}
		})
	case ir.OpShuffle:
		c.emit(func(s *state) {
			d, x, from := s.u(wide), s.u(x), s.u(from)
			for _, l := range s.active {
				if from[l] >= uint32(size) {
					s.fail(in, int(l), OutOfBounds, "lane %d of a subgroup of %d", int32(from[l]), size)
					return
				}
				d[l] = x[int(l)&^(size-1)|int(from[l])]
			}
		})
	}
	d := c.result(in)
	if d.uniform() {
		c.emit(func(s *state) { s.r[d.at] = s.r[wide.at+int(s.active[0])%wide.n] })
	} else {
		c.emit(func(s *state) { copy(s.u(d), s.u(wide)) })
	}
	c.release(wide)
}

// butterfly compiles the combination of the values of each subgroup in the order of a tree: lanes
// whose numbers differ in the lowest bit first. All lanes of a subgroup get the same bits.
func (c *compiler) butterfly(in *ir.Instr, d, x slot) {
	low, high := c.alloc(in.Type, false), c.alloc(in.Type, false)
	f := binary(plain(in.Op), in.Type)
	c.emit(func(s *state) {
		all, lows, highs := s.u(d), s.u(low), s.u(high)
		copy(all, s.u(x))
		for step := 1; step < c.k.Subgroup; step *= 2 {
			for l := range all {
				lows[l], highs[l] = all[l&^step], all[l|step]
			}
			f(s, d, low, high)
		}
	})
	c.release(low)
	c.release(high)
}

// plain returns the operation that a subgroup operation repeats.
func plain(op ir.Op) ir.Op {
	switch op {
	case ir.OpSubgroupMin:
		return ir.OpMin
	case ir.OpSubgroupMax:
		return ir.OpMax
	}
	return ir.OpAdd
}

// checkSubgroups notes that some lanes of a subgroup are missing.
func (c *compiler) checkSubgroups(in *ir.Instr) {
	size := c.k.Subgroup
	c.emit(func(s *state) {
		for i := 0; i < len(s.active); i += size {
			first := int(s.active[i])
			if first%size != 0 || i+size > len(s.active) || int(s.active[i+size-1]) != first+size-1 {
				s.fail(in, first, Barrier, "some lanes of the subgroup do not come here")
				return
			}
		}
	})
}

// eachSubgroup calls f with the number of every subgroup that has active lanes.
func (s *state) eachSubgroup(f func(g int)) {
	size := int32(s.p.k.Subgroup)
	last := int32(-1)
	for _, l := range s.active {
		if g := l / size; g != last {
			f(int(g))
			last = g
		}
	}
}

// matrix returns where subgroup g's matrix is.
func (x slot) matrix(g int) slot { return slot{x.at + g*x.n, x.n, 1} }

// matrix compiles an operation on cooperative matrices. A subgroup's matrix stands row by row,
// its elements as F32.
func (c *compiler) matrix(in *ir.Instr) {
	if c.check {
		c.checkSubgroups(in)
	}
	switch in.Op {
	case ir.OpMatFill:
		x, d := c.arg(in.Args[0], true), c.result(in)
		round := rounding(in.Type.Elem())
		c.emit(func(s *state) {
			s.eachSubgroup(func(g int) {
				m := s.fl(d.matrix(g))
				kernels.Fill(m, s.f[x.at+g*c.k.Subgroup])
				round(s, m)
			})
		})
	case ir.OpMatLoad, ir.OpMatStore:
		c.matrixMemory(in)
	case ir.OpMatMulAdd:
		x, y, z := c.slots[in.Args[0].ID], c.slots[in.Args[1].ID], c.slots[in.Args[2].ID]
		d := c.result(in)
		shape, round := in.Type.Shape(), rounding(in.Type.Elem())
		c.emit(func(s *state) {
			s.eachSubgroup(func(g int) {
				to := s.fl(d.matrix(g))
				copy(to, s.fl(z.matrix(g)))
				multiply(to, s.fl(x.matrix(g)), s.fl(y.matrix(g)), shape)
				round(s, to)
			})
		})
	}
}

// multiply adds x [M, K] times y [K, N] to d [M, N].
func multiply(d, x, y []float32, shape ir.Shape) {
	for i := range shape.M {
		row := d[i*shape.N:][:shape.N]
		for k := range shape.K {
			for j, v := range y[k*shape.N:][:shape.N] {
				row[j] = fma(x[i*shape.K+k], v, row[j])
			}
		}
	}
}

// rounding returns what rounds matrix elements to their type.
func rounding(elem ir.Type) func(s *state, m []float32) {
	narrow, widen := kernels.F16FromF32, kernels.F32FromF16
	switch elem {
	case ir.F32:
		return func(*state, []float32) {}
	case ir.BF16:
		narrow, widen = kernels.BF16FromF32, kernels.F32FromBF16
	}
	return func(s *state, m []float32) {
		half := make([]uint16, len(m))
		narrow(half, m)
		widen(m, half)
	}
}

// matrixMemory compiles LoadMatrix and StoreMatrix.
func (c *compiler) matrixMemory(in *ir.Instr) {
	at, stride := c.arg(in.Args[0], true), c.arg(in.Args[1], true)
	t := in.Type
	var x slot
	if in.Op == ir.OpMatStore {
		t = in.Args[2].Type
		x = c.slots[in.Args[2].ID]
	} else {
		x = c.result(in)
	}
	_, cols := t.Dims()
	m := c.number(in.Array)
	c.emit(func(s *state) {
		s.eachSubgroup(func(g int) {
			lane := g * c.k.Subgroup
			start, apart := s.r[at.at+lane], s.r[stride.at+lane]
			values, mem := s.fl(x.matrix(g)), &s.mem[m]
			for i := range values {
				offset := i/cols*int(apart) + i%cols
				if ir.Layout(in.Imm) == ir.ColumnMajor {
					offset = i%cols*int(apart) + i/cols
				}
				index := uint(start) + uint(offset)
				if s.err == nil && (int32(apart) < 0 || index >= uint(mem.len())) {
					s.fail(in, lane, OutOfBounds, "element %d of %s, which has %d", index, in.Array.Name, mem.len())
				}
				if s.err == nil && c.check {
					s.shadow.touch(in, m, int(index), lane)
				}
				if s.err != nil {
					return
				}
				if in.Op == ir.OpMatLoad {
					values[i] = mem.get(index, t.Elem())
				} else {
					mem.set(index, t.Elem(), values[i])
				}
			}
		})
	})
}

// get and set read and write one floating-point element.
func (m *memory) get(i uint, elem ir.Type) float32 {
	var x [1]float32
	switch elem {
	case ir.F16:
		kernels.F32FromF16(x[:], m.halfs[i:i+1])
	case ir.BF16:
		kernels.F32FromBF16(x[:], m.halfs[i:i+1])
	default:
		x[0] = math.Float32frombits(m.words[i])
	}
	return x[0]
}

func (m *memory) set(i uint, elem ir.Type, v float32) {
	x := [1]float32{v}
	switch elem {
	case ir.F16:
		kernels.F16FromF32(m.halfs[i:i+1], x[:])
	case ir.BF16:
		kernels.BF16FromF32(m.halfs[i:i+1], x[:])
	default:
		m.words[i] = math.Float32bits(v)
	}
}
