package interp

import "inkstone/gpu/ir"

// shadow is what Check mode knows of memory: for each element of the arrays that the kernel
// writes, who read and wrote it.
//
// Two accesses of an element race if they come from different lanes, at least one writes, not
// both are atomic, and no barrier stands between them; between workgroups nothing does.
type shadow struct {
	s     *state
	epoch int32    // barriers that the workgroup has passed
	group int32    // number of the workgroup, from 1
	cells [][]cell // by number of the array; nil if the kernel does not write it
	fresh []bool   // by number: contents are undefined at the start
	vars  [][]bool // by variable and lane: it has been set

	copying bool     // a CopyAsync is being carried out
	flights []flight // begun by CopyAsync and not waited for
}

// cell is the past of one element.
type cell struct {
	reads, writes past
	flying        bool // a copy to it is under way
}

// past keeps three accesses, enough to find one that races with another if there is any: the
// latest, the latest of another lane of its workgroup, and the latest of another workgroup.
type past struct {
	latest, otherLane, otherGroup access
}

// access is one access; group 0 means none.
type access struct {
	group, lane, epoch, line int32
	atomic                   bool
}

func newShadow(s *state, o Options) *shadow {
	h := &shadow{s: s, cells: make([][]cell, len(s.mem)), fresh: make([]bool, len(s.mem))}
	copy(h.fresh, o.Fresh)
	k := s.p.k
	for i := range k.Shared {
		h.fresh[len(k.Buffers)+i] = true
	}
	k.Walk(func(in *ir.Instr) {
		switch in.Op {
		case ir.OpStore, ir.OpAtomicAdd, ir.OpAtomicMax, ir.OpMatStore:
			if n := s.p.number(in.Array); h.cells[n] == nil {
				h.cells[n] = make([]cell, s.mem[n].len())
			}
		}
	})
	for range k.Vars {
		h.vars = append(h.vars, make([]bool, s.p.w))
	}
	return h
}

// startGroup forgets what lay in shared memory and in variables.
func (h *shadow) startGroup() {
	h.group++
	h.epoch = 0
	h.flights = h.flights[:0]
	for _, cells := range h.cells[len(h.s.p.k.Buffers):] {
		clear(cells)
	}
	for _, v := range h.vars {
		clear(v)
	}
}

func (h *shadow) set(v *ir.Var, lanes []int32) {
	for _, l := range lanes {
		h.vars[v.Index][l] = true
	}
}

// conflict returns an access of the past that x races with.
func (p *past) conflict(x access) (access, bool) {
	for _, y := range []*access{&p.latest, &p.otherLane, &p.otherGroup} {
		switch {
		case y.group == 0, x.atomic && y.atomic:
		case y.group != x.group, y.lane != x.lane && y.epoch == x.epoch:
			return *y, true
		}
	}
	return access{}, false
}

func (p *past) add(x access) {
	switch {
	case p.latest.group != x.group:
		p.otherGroup, p.otherLane = p.latest, access{}
	case p.latest.lane != x.lane:
		p.otherLane = p.latest
	}
	p.latest = x
}

// checkAccess compiles the checks of a load, a store or an atomic operation.
func (c *compiler) checkAccess(in *ir.Instr, m int, index slot) {
	n := vectorLanes(in)
	c.emit(func(s *state) {
		size := s.mem[m].len() / n
		for _, l := range s.active {
			i := s.r[index.at+int(l)%index.n]
			if uint(i) >= uint(size) {
				s.outOfBounds(in, int(l), i, size)
				return
			}
			for e := range n {
				if s.shadow.touch(in, m, int(i)*n+e, int(l)); s.err != nil {
					return
				}
			}
		}
	})
}

// touch notes that a lane reads or writes an element, and what is wrong with that.
func (h *shadow) touch(in *ir.Instr, m, i, lane int) {
	atomic := in.Op == ir.OpAtomicAdd || in.Op == ir.OpAtomicMax
	reads := atomic || in.Op == ir.OpLoad || in.Op == ir.OpMatLoad
	writes := atomic || in.Op == ir.OpStore || in.Op == ir.OpMatStore
	if h.cells[m] == nil {
		if h.fresh[m] && reads {
			h.s.fail(in, lane, Uninitialised, "element %d of %s", i, in.Array.Name)
		}
		return
	}
	cell := &h.cells[m][i]
	if cell.flying {
		h.s.fail(in, lane, Race, "element %d of %s, to which a copy begun in line %d by lane %d is under way",
			i, in.Array.Name, cell.writes.latest.line, cell.writes.latest.lane)
		return
	}
	x := access{h.group, int32(lane), h.epoch, int32(in.Line), atomic}
	if y, ok := cell.writes.conflict(x); ok {
		h.race(in, i, lane, "written", y)
		return
	}
	if y, ok := cell.reads.conflict(x); ok && writes {
		h.race(in, i, lane, "read", y)
		return
	}
	if reads && h.fresh[m] && cell.writes.latest.group == 0 {
		h.s.fail(in, lane, Uninitialised, "element %d of %s", i, in.Array.Name)
		return
	}
	if reads {
		cell.reads.add(x)
	}
	if writes {
		cell.writes.add(x)
	}
	if writes && h.copying {
		cell.flying = true
		h.flights = append(h.flights, flight{cell, int32(lane)})
	}
}

func (h *shadow) race(in *ir.Instr, i, lane int, did string, y access) {
	where := "the same workgroup"
	if y.group != h.group {
		where = "another workgroup"
	}
	h.s.fail(in, lane, Race, "element %d of %s, %s in line %d by lane %d of %s without a barrier between",
		i, in.Array.Name, did, y.line, y.lane, where)
}
