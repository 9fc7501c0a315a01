package ptx

import (
	"strconv"

	"inkstone/gpu/ir"
)

// block writes the instructions of a block.
func (e *emitter) block(block []*ir.Instr) {
	for _, in := range block {
		e.remark(in)
		switch in.Op {
		case ir.OpIf:
			e.branch(in)
		case ir.OpFor:
			e.counted(in)
		case ir.OpLoop:
			e.endless(in)
		case ir.OpBreak:
			e.do("bra", e.leave[len(e.leave)-1])
		case ir.OpBarrier:
			e.do("bar.sync", "0")
		case ir.OpCopyAsync:
			e.copyAsync(in)
		case ir.OpCopyWait:
			if e.t.HasAsyncCopy() {
				e.do("cp.async.wait_all")
			}
		default:
			e.instr(in)
		}
		e.comment = "" // of an instruction that needed none
	}
}

// unless jumps to a label in the lanes for which a predicate does not hold.
func (e *emitter) unless(p, label string) { e.do("@!"+p+" bra", label) }

func (e *emitter) branch(in *ir.Instr) {
	end := e.label()
	otherwise := end
	if len(in.Else) > 0 {
		otherwise = e.label()
	}
	e.unless(e.arg(in, 0), otherwise)
	e.block(in.Body)
	if len(in.Else) > 0 {
		e.do("bra", end)
		e.at(otherwise)
		e.block(in.Else)
	}
	e.at(end)
}

// counted writes a For. Its counter is a register that changes: whoever uses it is inside.
func (e *emitter) counted(in *ir.Instr) {
	if turns, ok := unrolled(in); ok {
		e.unroll(in, turns)
		return
	}
	head, end := e.label(), e.label()
	t := suffix(in.Type)
	i := e.get(word, "mov."+bits(in.Type), e.arg(in, 0))
	e.values[in.ID] = []string{i}
	e.at(head)
	e.unless(e.get(predicate, "setp.lt."+t, i, e.arg(in, 1)), end)
	e.loop(in, end)
	e.do("add."+t, i, i, e.arg(in, 2))
	e.do("bra", head)
	e.at(end)
}

// maxUnrolled is how many instructions unrolling may make of a loop.
const maxUnrolled = 4096

// unrolled returns the values of the counter of a loop that is to be unrolled: NVIDIA's compiler
// of PTX leaves that to whoever writes it.
func unrolled(in *ir.Instr) (turns []int64, ok bool) {
	if !in.Unroll {
		return nil, false
	}
	var bounds [3]int64
	for i, a := range in.Args {
		if a.Op != ir.OpConst {
			return nil, false
		}
		if bounds[i] = int64(a.Imm); in.Type == ir.I32 {
			bounds[i] = int64(int32(a.Imm))
		}
	}
	size := count(in.Body)
	for i := bounds[0]; i < bounds[1]; i += bounds[2] {
		if turns = append(turns, i); len(turns)*size > maxUnrolled {
			return nil, false
		}
	}
	return turns, true
}

// count returns how many instructions a block has, those of blocks inside included.
func count(block []*ir.Instr) int {
	n := 1
	for _, in := range block {
		n += count(in.Body) + count(in.Else)
	}
	return n
}

// unroll writes the body of a loop once for each value of its counter.
func (e *emitter) unroll(in *ir.Instr, turns []int64) {
	end := e.label()
	for _, i := range turns {
		e.values[in.ID] = []string{e.get(word, "mov."+bits(in.Type), strconv.FormatInt(i, 10))}
		e.loop(in, end)
	}
	e.at(end)
}

func (e *emitter) endless(in *ir.Instr) {
	head, end := e.label(), e.label()
	e.at(head)
	e.loop(in, end)
	e.do("bra", head)
	e.at(end)
}

// loop writes the body of a loop that a Break leaves for a label.
func (e *emitter) loop(in *ir.Instr, end string) {
	e.leave = append(e.leave, end)
	e.block(in.Body)
	e.leave = e.leave[:len(e.leave)-1]
}
