package interp

import (
	"math"
	"sync/atomic"
	"unsafe"

	"inkstone/gpu/ir"
	"inkstone/kernels"
)

// number returns the place of an array in state.mem.
func (p *program) number(a *ir.Array) int {
	if a.Space == ir.Shared {
		return len(p.k.Buffers) + a.Index
	}
	return a.Index
}

// lanes returns the lanes to work on for a value in x: one for all if it is uniform.
func (s *state) lanes(x slot) []int32 {
	if x.n == 1 {
		return s.all[:1]
	}
	return s.active
}

// memory compiles loads, stores and atomic operations.
func (c *compiler) memory(in *ir.Instr) {
	wide := in.Op != ir.OpLoad || c.flow.Value(in) != ir.Uniform
	index := c.arg(in.Args[0], wide)
	m := c.number(in.Array)
	if c.check {
		c.checkAccess(in, m, index)
	}
	half := in.Array.Elem.Size() == 2
	switch {
	case in.Op == ir.OpLoad && half:
		c.loadHalf(in, m, index, c.result(in))
	case in.Op == ir.OpLoad && in.Type.Lanes() == 1:
		c.load(in, m, index, c.result(in))
	case in.Op == ir.OpLoad:
		c.loadVec(in, m, index, c.result(in))
	case in.Op == ir.OpStore && half:
		c.storeHalf(in, m, index, c.arg(in.Args[1], true))
	case in.Op == ir.OpStore:
		c.store(in, m, index, c.arg(in.Args[1], true))
	default:
		c.atomic(in, m, index, c.arg(in.Args[1], true))
	}
}

func (c *compiler) load(in *ir.Instr, m int, index, to slot) {
	c.emit(func(s *state) {
		words, d, index := s.mem[m].words, s.u(to), s.u(index)
		if len(s.active) == len(s.all) && len(index) == len(s.all) {
			for l, i := range index {
				if uint(i) >= uint(len(words)) {
					s.outOfBounds(in, l, i, len(words))
					return
				}
				d[l] = words[i]
			}
			return
		}
		for _, l := range s.lanes(to) {
			i := index[l]
			if uint(i) >= uint(len(words)) {
				s.outOfBounds(in, int(l), i, len(words))
				return
			}
			d[l] = words[i]
		}
	})
}

func (c *compiler) loadVec(in *ir.Instr, m int, index, d slot) {
	n := d.lanes
	c.emit(func(s *state) {
		words, to, index := s.mem[m].words, s.u(d), s.u(index)
		for _, l := range s.lanes(d) {
			i := index[l]
			if uint(i) >= uint(len(words)/n) {
				s.outOfBounds(in, int(l), i, len(words)/n)
				return
			}
			for e, v := range words[int(i)*n:][:n] {
				to[e*d.n+int(l)] = v
			}
		}
	})
}

// loadHalf gathers 16-bit elements and then widens all of them.
func (c *compiler) loadHalf(in *ir.Instr, m int, index, d slot) {
	n := d.lanes
	widen := kernels.F32FromF16
	if in.Array.Elem == ir.BF16 {
		widen = kernels.F32FromBF16
	}
	c.emit(func(s *state) {
		halfs, index := s.mem[m].halfs, s.u(index)
		for _, l := range s.lanes(d) {
			i := index[l]
			if uint(i) >= uint(len(halfs)/n) {
				s.outOfBounds(in, int(l), i, len(halfs)/n)
				return
			}
			for e, v := range halfs[int(i)*n:][:n] {
				s.half[e*d.n+int(l)] = v
			}
		}
		widen(s.fl(d), s.half[:d.words()])
	})
}

func (c *compiler) store(in *ir.Instr, m int, index, x slot) {
	n := x.lanes
	c.emit(func(s *state) {
		words, index, x, plane := s.mem[m].words, s.u(index), s.u(x), x.n
		for _, l := range s.active {
			i := index[l]
			if uint(i) >= uint(len(words)/n) {
				s.outOfBounds(in, int(l), i, len(words)/n)
				return
			}
			to := words[int(i)*n:][:n]
			for e := range to {
				to[e] = x[e*plane+int(l)]
			}
		}
	})
}

// storeHalf rounds the values of all lanes and then scatters those of the active ones.
func (c *compiler) storeHalf(in *ir.Instr, m int, index, x slot) {
	n := x.lanes
	round := kernels.F16FromF32
	if in.Array.Elem == ir.BF16 {
		round = kernels.BF16FromF32
	}
	c.emit(func(s *state) {
		halfs, index := s.mem[m].halfs, s.u(index)
		round(s.half[:x.words()], s.fl(x))
		for _, l := range s.active {
			i := index[l]
			if uint(i) >= uint(len(halfs)/n) {
				s.outOfBounds(in, int(l), i, len(halfs)/n)
				return
			}
			to := halfs[int(i)*n:][:n]
			for e := range to {
				to[e] = s.half[e*x.n+int(l)]
			}
		}
	})
}

// atomic compiles AtomicAdd and AtomicMax: lanes take turns in ascending order, workgroups on
// other goroutines at any time.
func (c *compiler) atomic(in *ir.Instr, m int, index, x slot) {
	d := c.result(in)
	var f func(old, x uint32) uint32
	switch {
	case in.Op == ir.OpAtomicMax && in.Type == ir.I32:
		f = func(old, x uint32) uint32 { return uint32(max(int32(old), int32(x))) }
	case in.Op == ir.OpAtomicMax:
		f = func(old, x uint32) uint32 { return max(old, x) }
	case in.Type == ir.F32:
		f = func(old, x uint32) uint32 {
			return math.Float32bits(math.Float32frombits(old) + math.Float32frombits(x))
		}
	default:
		f = func(old, x uint32) uint32 { return old + x }
	}
	c.emit(func(s *state) {
		words, index, x, d := s.mem[m].words, s.u(index), s.u(x), s.u(d)
		for _, l := range s.active {
			i := index[l]
			if uint(i) >= uint(len(words)) {
				s.outOfBounds(in, int(l), i, len(words))
				return
			}
			at := (*uint32)(unsafe.Pointer(&words[i]))
			for {
				old := atomic.LoadUint32(at)
				if atomic.CompareAndSwapUint32(at, old, f(old, x[l])) {
					d[l] = old
					break
				}
			}
		}
	})
}

// variable compiles Get and Set.
func (c *compiler) variable(in *ir.Instr) {
	v := c.vars[in.Var.Index]
	if in.Op == ir.OpGet {
		if c.check {
			c.checkSet(in, v)
		}
		d := c.result(in)
		c.emit(func(s *state) { copy(s.u(d), s.u(v)) })
		return
	}
	x := c.arg(in.Args[0], !v.uniform())
	c.emit(func(s *state) {
		if v.uniform() || len(s.active) == len(s.all) {
			copy(s.u(v), s.u(x))
			return
		}
		if in.Var.Type.IsMatrix() {
			s.eachSubgroup(func(g int) { copy(s.u(v.matrix(g)), s.u(x.matrix(g))) })
			return
		}
		to, from := s.u(v), s.u(x)
		for e := 0; e < len(to); e += v.n {
			for _, l := range s.active {
				to[e+int(l)] = from[e+int(l)]
			}
		}
	})
	if c.check {
		c.emit(func(s *state) { s.shadow.set(in.Var, s.active) })
	}
}

// checkSet notes that a variable is read in a lane that has not set it.
func (c *compiler) checkSet(in *ir.Instr, v slot) {
	c.emit(func(s *state) {
		for _, l := range s.active {
			if !s.shadow.vars[in.Var.Index][l] {
				s.fail(in, int(l), Uninitialised, "variable %s", in.Var.Name)
				return
			}
		}
	})
}
