package interp

import (
	"math"

	"inkstone/gpu/ir"
	"inkstone/kernels"
)

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
