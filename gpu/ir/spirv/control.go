package spirv

import "inkstone/gpu/ir"

// block writes the instructions of a block and reports whether it ends with a Break, after
// which nothing may follow.
func (e *emitter) block(block []*ir.Instr) (ended bool) {
	for _, in := range block {
		switch in.Op {
		case ir.OpIf:
			e.branch(in)
		case ir.OpFor:
			e.counted(in)
		case ir.OpLoop:
			e.endless(in)
		case ir.OpBreak:
			e.do(opBranch, e.leave[len(e.leave)-1])
			return true
		case ir.OpBarrier:
			e.do(opControlBarrier, e.u32(scopeWorkgroup), e.u32(scopeWorkgroup), e.u32(e.barrier()))
		case ir.OpCopyAsync: // Vulkan has no such copies
			e.block(in.Body)
		case ir.OpCopyWait:
		default:
			e.values[in.ID] = e.instr(in)
		}
	}
	return false
}

// barrier returns the memory semantics of a Barrier. In the Vulkan memory model they say that
// what was written becomes available, and visible.
func (e *emitter) barrier() int {
	if e.vulkan {
		return semanticsBarrier | semanticsMake
	}
	return semanticsBarrier
}

// at begins the block of a label.
func (e *emitter) at(label id) {
	e.do(opLabel, label)
	e.label = label
}

// arm writes a block that goes on at a label.
func (e *emitter) arm(label id, block []*ir.Instr, next id) {
	e.at(label)
	if !e.block(block) {
		e.do(opBranch, next)
	}
}

func (e *emitter) branch(in *ir.Instr) {
	then, merge := e.id(), e.id()
	otherwise := merge
	if len(in.Else) > 0 {
		otherwise = e.id()
	}
	e.do(opSelectionMerge, merge, 0)
	e.do(opBranchCond, e.values[in.Args[0].ID], then, otherwise)
	e.arm(then, in.Body, merge)
	if len(in.Else) > 0 {
		e.arm(otherwise, in.Else, merge)
	}
	e.at(merge)
}

// counted writes a For: the counter is a phi of the header.
func (e *emitter) counted(in *ir.Instr) {
	before, header, test, body, next, merge := e.label, e.id(), e.id(), e.id(), e.id(), e.id()
	t, after := e.typ(in.Type), e.id()
	e.do(opBranch, header)
	e.at(header)
	i := e.get(opPhi, t, e.values[in.Args[0].ID], before, after, next)
	e.values[in.ID] = i
	hint := word(0)
	if in.Unroll {
		hint = loopUnroll
	}
	e.do(opLoopMerge, merge, next, hint)
	e.do(opBranch, test)
	e.at(test)
	less := opULess
	if in.Type == ir.I32 {
		less = opSLess
	}
	e.do(opBranchCond, e.get(less, e.typ(ir.Bool), i, e.values[in.Args[1].ID]), body, merge)
	e.leave = append(e.leave, merge)
	e.arm(body, in.Body, next)
	e.leave = e.leave[:len(e.leave)-1]
	e.at(next)
	e.do(opIAdd, t, after, i, e.values[in.Args[2].ID])
	e.do(opBranch, header)
	e.at(merge)
}

func (e *emitter) endless(in *ir.Instr) {
	header, body, next, merge := e.id(), e.id(), e.id(), e.id()
	e.do(opBranch, header)
	e.at(header)
	e.do(opLoopMerge, merge, next, 0)
	e.do(opBranch, body)
	e.leave = append(e.leave, merge)
	e.arm(body, in.Body, next)
	e.leave = e.leave[:len(e.leave)-1]
	e.at(next)
	e.do(opBranch, header)
	e.at(merge)
}
