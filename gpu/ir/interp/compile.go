package interp

import "inkstone/gpu/ir"

// step carries out one instruction for the active lanes.
type step func(s *state)

// program is a compiled kernel.
type program struct {
	k          *ir.Kernel
	w          int  // lanes of a workgroup
	check      bool // with the checks of Options.Check
	words      int  // registers
	loops      int
	setup      []step
	groupSetup []step // at the start of each workgroup
	body       []step
	slots      []slot // by Instr.ID, for the debugger
	vars       []slot // by Var.Index
}

// slot is where a value is: lanes·n words from word at on. Element c of a vector is the plane
// of n words from at + c·n on; n is 1 for a value that is computed once for all lanes,
// otherwise the number of lanes. The elements of a matrix stand together, one matrix for each
// subgroup.
type slot struct {
	at, n, lanes int
}

func (s slot) words() int            { return s.n * s.lanes }
func (s slot) uniform() bool         { return s.n == 1 }
func (s slot) plane(c int) slot      { return slot{s.at + c*s.n, s.n, 1} }
func (s *state) u(x slot) []uint32   { return s.r[x.at : x.at+x.words()] }
func (s *state) fl(x slot) []float32 { return s.f[x.at : x.at+x.words()] }
func (s *state) in(x slot) []int32   { return s.i[x.at : x.at+x.words()] }

// compiler turns instructions into steps. It gives out registers, and takes them back after
// the last use of a value.
type compiler struct {
	*program
	flow   *ir.Uniformities
	trace  bool // for a debugger: registers are not used twice
	life   *lifetimes
	free   map[int][]int  // registers by number of words
	steps  []step         // of the block being compiled
	spread []map[int]slot // by block, outermost first: wide copies of uniform values, by Instr.ID
	inner  []*loop        // loops around, innermost last
}

// loop is a loop being compiled.
type loop struct {
	index  int  // in state.broken
	breaks bool // lanes may leave it by a Break
}

// compile compiles a kernel. A program to trace keeps all values and calls state.trace before
// every instruction.
func compile(k *ir.Kernel, check, trace bool) *program {
	c := &compiler{
		program: &program{k: k, w: k.Lanes(), check: check, slots: make([]slot, k.IDs())},
		flow:    ir.Analyse(k),
		trace:   trace,
		free:    map[int][]int{},
		life:    measure(k),
		spread:  []map[int]slot{{}},
	}
	for _, in := range k.Inputs {
		c.input(in)
	}
	for _, v := range k.Vars {
		c.vars = append(c.vars, c.alloc(v.Type, !trace && c.flow.Var(v) == ir.Uniform))
	}
	c.body = c.block(k.Body)
	return c.program
}

// alloc gives registers to a value, used ones if there are.
func (c *compiler) alloc(t ir.Type, uniform bool) slot {
	s := c.shape(t, uniform)
	if list := c.free[s.words()]; len(list) > 0 {
		s.at = list[len(list)-1]
		c.free[s.words()] = list[:len(list)-1]
		return s
	}
	return c.reserve(s)
}

// reserve gives registers that nothing else has had.
func (c *compiler) reserve(s slot) slot {
	s.at = c.words
	c.words += s.words()
	return s
}

// shape returns a slot for a value, without registers.
func (c *compiler) shape(t ir.Type, uniform bool) slot {
	switch {
	case t.IsMatrix():
		rows, cols := t.Dims()
		return slot{n: rows * cols, lanes: c.w / c.k.Subgroup}
	case uniform:
		return slot{n: 1, lanes: t.Lanes()}
	}
	return slot{n: c.w, lanes: t.Lanes()}
}

func (c *compiler) release(s slot) {
	if !c.trace {
		c.free[s.words()] = append(c.free[s.words()], s.at)
	}
}

func (c *compiler) emit(f step) { c.steps = append(c.steps, f) }

// block compiles a block to steps.
func (c *compiler) block(block []*ir.Instr) []step {
	outer := c.steps
	c.steps = nil
	c.spread = append(c.spread, map[int]slot{})
	for _, in := range block {
		if c.trace {
			c.emit(func(s *state) {
				if !s.trace(in) {
					s.err = errStopped
				}
			})
		}
		c.instr(in)
		for _, dead := range c.life.ends[in.ID] {
			c.release(c.slots[dead.ID])
		}
	}
	last := len(c.spread) - 1
	for _, s := range c.spread[last] {
		c.release(s)
	}
	c.spread = c.spread[:last]
	steps := c.steps
	c.steps = outer
	return steps
}

// arg returns where an operand is, as wide as asked for: a uniform value that must be wide is
// copied to all lanes, once a block.
func (c *compiler) arg(in *ir.Instr, wide bool) slot {
	x := c.slots[in.ID]
	if !wide || !x.uniform() || in.Type.IsMatrix() || c.w == 1 {
		return x
	}
	for _, block := range c.spread {
		if s, ok := block[in.ID]; ok {
			return s
		}
	}
	spread := func(d slot) step {
		return func(s *state) {
			for e := range d.lanes {
				fill(s.u(d.plane(e)), s.r[x.at+e])
			}
		}
	}
	if !in.Op.IsInput() {
		d := c.alloc(in.Type, false)
		c.spread[len(c.spread)-1][in.ID] = d
		c.emit(spread(d))
		return d
	}
	d := c.reserve(c.shape(in.Type, false)) // written before the body, so nothing else may use it
	c.spread[0][in.ID] = d
	if perGroup(in.Op) {
		c.groupSetup = append(c.groupSetup, spread(d))
	} else {
		c.setup = append(c.setup, spread(d))
	}
	return d
}

// perGroup reports whether an input differs between workgroups.
func perGroup(op ir.Op) bool { return op == ir.OpGroupID || op == ir.OpGlobalID }

func fill(d []uint32, v uint32) {
	for i := range d {
		d[i] = v
	}
}

// result gives registers to the result of an instruction. They are not shared with operands.
func (c *compiler) result(in *ir.Instr) slot {
	d := c.alloc(in.Type, c.once(in))
	c.slots[in.ID] = d
	return d
}

// once reports whether a value is computed once for all lanes. For a debugger, none is: it can
// then show each lane's, and a test can compare the two ways.
func (c *compiler) once(in *ir.Instr) bool { return !c.trace && c.flow.Value(in) == ir.Uniform }

// input computes an input: most of them once, numbers of the workgroup for each.
func (c *compiler) input(in *ir.Instr) {
	d := c.result(in)
	wg := c.k.Workgroup
	axis := int(in.Imm)
	stride := [3]int{1, wg[0], wg[0] * wg[1]}
	each := func(f func(s *state, lane int) int) step {
		return func(s *state) {
			for l := range s.u(d) {
				s.r[d.at+l] = uint32(f(s, l))
			}
		}
	}
	local := func(lane int) int { return lane / stride[axis] % wg[axis] }
	switch in.Op {
	case ir.OpConst:
		c.setup = append(c.setup, each(func(*state, int) int { return int(in.Imm) }))
	case ir.OpScalar:
		c.setup = append(c.setup, each(func(s *state, _ int) int { return int(s.args.Scalars[axis]) }))
	case ir.OpNumGroups:
		c.setup = append(c.setup, each(func(s *state, _ int) int { return s.grid[axis] }))
	case ir.OpLocalIndex:
		c.setup = append(c.setup, each(func(_ *state, lane int) int { return lane }))
	case ir.OpSubgroupID:
		c.setup = append(c.setup, each(func(_ *state, lane int) int { return lane / c.k.Subgroup }))
	case ir.OpLane:
		c.setup = append(c.setup, each(func(_ *state, lane int) int { return lane % c.k.Subgroup }))
	case ir.OpLocalID:
		c.setup = append(c.setup, each(func(_ *state, lane int) int { return local(lane) }))
	case ir.OpGroupID:
		c.groupSetup = append(c.groupSetup, each(func(s *state, _ int) int { return s.group[axis] }))
	case ir.OpGlobalID:
		c.groupSetup = append(c.groupSetup, each(func(s *state, lane int) int { return s.group[axis]*wg[axis] + local(lane) }))
	}
}

// instr compiles one instruction.
func (c *compiler) instr(in *ir.Instr) {
	switch op := in.Op; {
	case op == ir.OpLoad, op == ir.OpStore, op == ir.OpAtomicAdd, op == ir.OpAtomicMax:
		c.memory(in)
	case op == ir.OpGet, op == ir.OpSet:
		c.variable(in)
	case op == ir.OpIf:
		c.branch(in)
	case op == ir.OpFor:
		c.counted(in)
	case op == ir.OpLoop:
		c.endless(in)
	case op == ir.OpBreak:
		c.leave()
	case op == ir.OpBarrier:
		c.barrier(in)
	case op == ir.OpCopyAsync:
		c.copyAsync(in)
	case op == ir.OpCopyWait:
		c.copyWait()
	case op == ir.OpUniform:
		c.uniform(in)
	case op.IsSubgroup():
		c.exchange(in)
	case op.IsMatrix():
		c.matrix(in)
	default:
		c.compute(in)
	}
}
