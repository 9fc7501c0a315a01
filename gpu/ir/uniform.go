package ir

// Uniformity tells which lanes agree, on a value or on the way they go.
type Uniformity uint8

const (
	Uniform         Uniformity = iota // all active lanes of the workgroup
	SubgroupUniform                   // all active lanes of each subgroup
	Divergent                         // none, as far as is known
)

// String returns "uniform", "subgroup-uniform" or "divergent".
func (u Uniformity) String() string {
	return [...]string{"uniform", "subgroup-uniform", "divergent"}[u]
}

// Uniformities is the result of the uniformity analysis of a kernel.
//
// A value is uniform if it is computed from uniform ones; parameters and the workgroup's place
// are. What is loaded from memory that the kernel writes is not, unless Builder.Uniform
// promises it. The way of the lanes through the body is as uniform as the conditions around,
// and a variable as uniform as what it is set to and where. A break where lanes part makes its
// whole loop a place where they have parted.
type Uniformities struct {
	k      *Kernel
	values []Uniformity // by Instr.ID
	flow   []Uniformity // by Instr.ID: of the lanes that come to an instruction
	vars   []Uniformity
	loops  map[*Instr]Uniformity // what breaks do to a loop
	group  Uniformity            // what agrees in a subgroup
	again  bool
}

// Analyse runs the uniformity analysis: it assumes that all is uniform and corrects that until
// nothing changes.
func Analyse(k *Kernel) *Uniformities {
	u := &Uniformities{
		k:      k,
		values: make([]Uniformity, k.ids),
		flow:   make([]Uniformity, k.ids),
		vars:   make([]Uniformity, len(k.Vars)),
		loops:  map[*Instr]Uniformity{},
		group:  SubgroupUniform,
	}
	if k.Lanes() == k.Subgroup {
		u.group = Uniform
	}
	for _, in := range k.Inputs {
		u.values[in.ID] = u.input(in)
	}
	for u.again = true; u.again; {
		u.again = false
		u.block(k.Body, Uniform, nil)
	}
	return u
}

// Value returns which lanes agree on the result of an instruction.
func (u *Uniformities) Value(in *Instr) Uniformity { return u.values[in.ID] }

// Var returns which lanes agree on what a variable holds, wherever it is read.
func (u *Uniformities) Var(v *Var) Uniformity { return u.vars[v.Index] }

// Flow returns which lanes come to an instruction together.
func (u *Uniformities) Flow(in *Instr) Uniformity { return u.flow[in.ID] }

func (u *Uniformities) input(in *Instr) Uniformity {
	switch in.Op {
	case OpLocalID, OpGlobalID:
		if u.k.Workgroup[in.Imm] > 1 {
			return Divergent
		}
	case OpLocalIndex:
		if u.k.Lanes() > 1 {
			return Divergent
		}
	case OpLane:
		if u.k.Subgroup > 1 {
			return Divergent
		}
	case OpSubgroupID:
		return u.group
	}
	return Uniform
}

// block visits the instructions of a block that lanes enter with the given uniformity, inside
// the given loop.
func (u *Uniformities) block(block []*Instr, flow Uniformity, loop *Instr) {
	for _, in := range block {
		u.flow[in.ID] = flow
		u.values[in.ID] = u.result(in)
		switch in.Op {
		case OpSet:
			u.raise(&u.vars[in.Var.Index], max(flow, u.args(in)))
		case OpIf:
			inner := max(flow, u.args(in))
			u.block(in.Body, inner, loop)
			u.block(in.Else, inner, loop)
		case OpCopyAsync:
			u.block(in.Body, flow, loop)
		case OpFor, OpLoop:
			u.block(in.Body, max(flow, u.args(in), u.loops[in]), in)
		case OpBreak:
			if loop != nil && flow > u.loops[loop] {
				u.loops[loop] = flow
				u.again = true
			}
		}
	}
}

// raise makes *x at least to, and notes a change.
func (u *Uniformities) raise(x *Uniformity, to Uniformity) {
	if to > *x {
		*x, u.again = to, true
	}
}

func (u *Uniformities) args(in *Instr) Uniformity {
	most := Uniform
	for _, a := range in.Args {
		most = max(most, u.values[a.ID])
	}
	return most
}

func (u *Uniformities) result(in *Instr) Uniformity {
	switch in.Op {
	case OpLoad:
		if in.Array.Access != Read {
			return Divergent
		}
	case OpAtomicAdd, OpAtomicMax:
		return Divergent
	case OpGet:
		return u.vars[in.Var.Index]
	case OpUniform:
		return Uniform
	case OpSubgroupAdd, OpSubgroupMin, OpSubgroupMax, OpBroadcast:
		return min(u.group, u.args(in))
	case OpShuffle, OpShuffleXor: // another lane's value is one's own if all agree
		return u.values[in.Args[0].ID]
	}
	if in.Type.IsMatrix() {
		return max(u.group, u.args(in))
	}
	return u.args(in)
}
