package interp

import "inkstone/gpu/ir"

// branch compiles an If. The lists of the lanes that go each way lie on the state's stack.
func (c *compiler) branch(in *ir.Instr) {
	loop := c.innermost()
	had := loop.breaks
	loop.breaks = false
	uniform := c.slots[in.Args[0].ID].uniform()
	cond := c.slots[in.Args[0].ID]
	then := c.block(in.Body)
	otherwise := c.block(in.Else)
	breaks := loop.breaks
	loop.breaks = had || breaks

	if uniform {
		c.emit(func(s *state) {
			if s.r[cond.at] != 0 {
				run(s, then)
			} else {
				run(s, otherwise)
			}
		})
		return
	}
	c.emit(func(s *state) {
		mark, outer := len(s.stack), s.active
		yes := 0
		for _, l := range outer {
			yes += int(s.r[cond.at+int(l)])
		}
		switch yes { // all lanes go one way: no lists
		case len(outer):
			run(s, then)
			return
		case 0:
			run(s, otherwise)
			return
		}
		for _, l := range outer {
			if s.r[cond.at+int(l)] != 0 {
				s.stack = append(s.stack, l)
			}
		}
		no := len(s.stack)
		for _, l := range outer {
			if len(otherwise) > 0 && s.r[cond.at+int(l)] == 0 {
				s.stack = append(s.stack, l)
			}
		}
		thenLanes, elseLanes := s.stack[mark:no], s.stack[no:]
		s.active = thenLanes
		run(s, then)
		if len(elseLanes) > 0 && s.err == nil {
			s.active = elseLanes
			run(s, otherwise)
		}
		s.active, s.stack = outer, s.stack[:mark]
		if breaks {
			s.dropBroken(loop.index)
		}
	})
}

// dropBroken makes those lanes inactive that have left a loop.
func (s *state) dropBroken(loop int) {
	mark := len(s.stack)
	for _, l := range s.active {
		if !s.broken[loop][l] {
			s.stack = append(s.stack, l)
		}
	}
	s.active = s.stack[mark:]
}

// leave compiles a Break.
func (c *compiler) leave() {
	loop := c.innermost()
	loop.breaks = true
	c.emit(func(s *state) {
		for _, l := range s.active {
			s.broken[loop.index][l] = true
		}
		s.active = nil
	})
}

// innermost returns the loop being compiled. Outside of loops it is one without breaks.
func (c *compiler) innermost() *loop {
	if len(c.inner) == 0 {
		return &loop{}
	}
	return c.inner[len(c.inner)-1]
}

// looped compiles the body of a loop.
func (c *compiler) looped(in *ir.Instr) ([]step, *loop) {
	l := &loop{index: c.loops}
	c.loops++
	c.inner = append(c.inner, l)
	body := c.block(in.Body)
	c.inner = c.inner[:len(c.inner)-1]
	return body, l
}

// turnsOf runs body while more finds lanes for another turn. Lanes that break are left out of
// the turns that follow; all of them are active again after the loop.
func (s *state) turnsOf(in *ir.Instr, l *loop, body []step, more func() bool, next func()) {
	outer, mark := s.active, len(s.stack)
	if l.breaks {
		clear(s.broken[l.index])
	}
	for more() {
		if s.turns == 0 {
			s.fail(in, int(s.active[0]), Runaway, "the turns of loops that were allowed are used up")
		}
		s.turns--
		run(s, body)
		if s.err != nil || len(s.active) == 0 {
			break
		}
		next()
		s.settle(mark)
	}
	s.active, s.stack = outer, s.stack[:mark]
}

// settle moves the list of active lanes down on the stack, over lists that are not used any more.
func (s *state) settle(mark int) {
	if len(s.stack) > mark {
		s.stack = append(s.stack[:mark], s.active...)
		s.active = s.stack[mark:]
	}
}

// counted compiles a For.
func (c *compiler) counted(in *ir.Instr) {
	i := c.result(in)
	wide := !i.uniform()
	from, to, step := c.arg(in.Args[0], wide), c.slots[in.Args[1].ID], c.slots[in.Args[2].ID]
	if wide {
		to, step = c.arg(in.Args[1], true), c.arg(in.Args[2], true)
	}
	body, l := c.looped(in)
	less := func(x, y uint32) bool { return x < y }
	if in.Type == ir.I32 {
		less = func(x, y uint32) bool { return int32(x) < int32(y) }
	}
	if c.check {
		c.emit(func(s *state) {
			for _, lane := range s.active {
				if at := step.at + int(lane)%step.n; !less(0, s.r[at]) {
					s.fail(in, int(lane), Undefined, "a step of %d", int32(s.r[at]))
					return
				}
			}
		})
	}
	if !wide {
		c.emit(func(s *state) {
			s.r[i.at] = s.r[from.at]
			s.turnsOf(in, l, body,
				func() bool { return less(s.r[i.at], s.r[to.at]) },
				func() { s.r[i.at] += s.r[step.at] })
		})
		return
	}
	c.emit(func(s *state) {
		copy(s.u(i), s.u(from))
		s.turnsOf(in, l, body,
			func() bool {
				return s.keep(func(lane int32) bool { return less(s.r[i.at+int(lane)], s.r[to.at+int(lane)]) })
			},
			func() { addTo(s.u(i), s.u(step)) })
	})
}

func addTo(d, x []uint32) {
	for i, v := range x {
		d[i] += v
	}
}

// keep leaves those lanes active that f holds for, and reports whether there are any.
func (s *state) keep(f func(lane int32) bool) bool {
	mark := len(s.stack)
	for _, l := range s.active {
		if f(l) {
			s.stack = append(s.stack, l)
		}
	}
	if kept := s.stack[mark:]; len(kept) < len(s.active) {
		s.active = kept
	} else {
		s.stack = s.stack[:mark]
	}
	return len(s.active) > 0
}

// endless compiles a Forever.
func (c *compiler) endless(in *ir.Instr) {
	body, l := c.looped(in)
	c.emit(func(s *state) { s.turnsOf(in, l, body, func() bool { return true }, func() {}) })
}

// barrier compiles a Barrier: in lock-step there is nothing to wait for.
func (c *compiler) barrier(in *ir.Instr) {
	c.emit(func(s *state) {
		if len(s.active) < len(s.all) {
			s.fail(in, int(s.active[0]), Barrier, "%d of %d lanes come here", len(s.active), len(s.all))
		}
		if s.shadow != nil {
			s.shadow.epoch++
		}
	})
}

// uniform compiles a promise that all lanes agree: the first one speaks for all.
func (c *compiler) uniform(in *ir.Instr) {
	x := c.slots[in.Args[0].ID]
	d := c.result(in)
	c.emit(func(s *state) {
		for e := range x.lanes {
			first := s.r[x.at+e*x.n+int(s.active[0])%x.n]
			s.r[d.at+e] = first
			if !s.p.check {
				continue
			}
			for _, l := range s.active {
				if v := s.r[x.at+e*x.n+int(l)%x.n]; v != first {
					s.fail(in, int(l), NotUniform, "%#x here, %#x in lane %d", v, first, s.active[0])
					return
				}
			}
		}
	})
}
