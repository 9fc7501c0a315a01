package interp

import "inkstone/gpu/ir"

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
