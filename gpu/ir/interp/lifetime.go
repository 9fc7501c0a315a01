package interp

import "inkstone/gpu/ir"

// lifetimes tells when the registers of values can be given to others.
type lifetimes struct {
	ends map[int][]*ir.Instr // by ID of the instruction after which the values are not used any more
}

// measure finds the last use of every value. A value that is used in a loop it does not belong
// to lives until that loop's end, and an element of a vector shares the vector's registers.
func measure(k *ir.Kernel, n int) *lifetimes {
	m := &measurer{
		order: make([]int, n),
		depth: make([]int, n),
		last:  make([]*ir.Instr, n),
	}
	m.block(k.Body)
	life := &lifetimes{ends: map[int][]*ir.Instr{}}
	for _, in := range m.values {
		life.ends[m.last[in.ID].ID] = append(life.ends[m.last[in.ID].ID], in)
	}
	return life
}

type measurer struct {
	now    int
	order  []int       // by ID: when the registers of an instruction's operands are free
	depth  []int       // by ID: loops around the definition
	last   []*ir.Instr // by ID: the instruction after which a value is not used any more
	loops  []*ir.Instr
	values []*ir.Instr // that have registers of their own
}

func (m *measurer) block(block []*ir.Instr) {
	for _, in := range block {
		m.depth[in.ID] = len(m.loops)
		loop := in.Op == ir.OpFor || in.Op == ir.OpLoop
		if loop {
			m.loops = append(m.loops, in)
			m.depth[in.ID]++ // its counter belongs to the inside
		}
		m.block(in.Body)
		m.block(in.Else)
		if loop {
			m.loops = m.loops[:len(m.loops)-1]
		}
		m.now++
		m.order[in.ID] = m.now // a loop comes after its body: its bounds live to its end
		for _, a := range in.Args {
			m.use(root(a), in)
		}
		if in.Type != ir.Void && root(in) == in {
			m.values = append(m.values, in)
			if m.last[in.ID] == nil || in.Op == ir.OpFor { // the loop itself uses its counter
				m.last[in.ID] = in
			}
		}
	}
}

// use notes that an instruction uses a value.
func (m *measurer) use(x, by *ir.Instr) {
	if x.Op.IsInput() {
		return
	}
	if d := m.depth[x.ID]; d < len(m.loops) {
		by = m.loops[d]
	}
	// The outer loop's order is not known yet, but it is later than all inside it.
	if old := m.last[x.ID]; old == nil || m.later(by, old) {
		m.last[x.ID] = by
	}
}

func (m *measurer) later(x, y *ir.Instr) bool {
	if m.order[x.ID] == 0 || m.order[y.ID] == 0 {
		return m.order[x.ID] == 0
	}
	return m.order[x.ID] > m.order[y.ID]
}

// root returns the value whose registers a value is in.
func root(in *ir.Instr) *ir.Instr {
	for in.Op == ir.OpExtract {
		in = in.Args[0]
	}
	return in
}
