package ptx

import (
	"fmt"
	"strconv"

	"inkstone/gpu/ir"
)

// prologue writes what does not depend on anything: addresses of memory, and the inputs.
func (e *emitter) prologue() {
	for _, a := range e.k.Buffers {
		generic := e.get(long, "ld.param.u64", "["+param(a.Name)+"]")
		e.buffers = append(e.buffers, e.get(long, "cvta.to.global.u64", generic))
	}
	at, bytes := sharedLayout(e.k)
	for i, a := range e.k.Shared {
		if bytes <= StaticShared {
			e.shared = append(e.shared, e.get(word, "mov.u32", sharedName(a)))
			continue
		}
		r := e.get(word, "mov.u32", dynamicShared)
		e.shared = append(e.shared, e.get(word, "add.u32", r, strconv.Itoa(at[i])))
	}
	for _, in := range e.k.Inputs {
		e.values[in.ID] = []string{e.input(in)}
	}
	if e.mma {
		e.spots()
	}
}

// input returns the value of an input.
func (e *emitter) input(in *ir.Instr) string {
	axis := string("xyz"[in.Imm%3])
	switch in.Op {
	case ir.OpConst:
		return e.constant(in.Type, in.Imm)
	case ir.OpScalar:
		s := e.k.Scalars[in.Imm]
		return e.get(classOf(s.Type), "ld.param."+suffix(s.Type), "["+param(s.Name)+"]")
	case ir.OpLocalID:
		return e.get(word, "mov.u32", "%tid."+axis)
	case ir.OpGroupID:
		return e.get(word, "mov.u32", "%ctaid."+axis)
	case ir.OpNumGroups:
		return e.get(word, "mov.u32", "%nctaid."+axis)
	case ir.OpGlobalID:
		group, lane := e.get(word, "mov.u32", "%ctaid."+axis), e.get(word, "mov.u32", "%tid."+axis)
		return e.get(word, "mad.lo.s32", group, strconv.Itoa(e.k.Workgroup[in.Imm]), lane)
	case ir.OpSubgroupID: // warps are cut from the lanes in the order of their numbers
		return e.get(word, "shr.u32", e.localIndex(), "5")
	case ir.OpLane:
		return e.get(word, "and.b32", e.localIndex(), "31")
	}
	return e.localIndex()
}

// localIndex returns the number of the lane in its workgroup.
func (e *emitter) localIndex() string {
	w := e.k.Workgroup
	n := e.get(word, "mov.u32", "%tid.x")
	if w[1] > 1 {
		n = e.get(word, "mad.lo.s32", e.get(word, "mov.u32", "%tid.y"), strconv.Itoa(w[0]), n)
	}
	if w[2] > 1 {
		n = e.get(word, "mad.lo.s32", e.get(word, "mov.u32", "%tid.z"), strconv.Itoa(w[0]*w[1]), n)
	}
	return n
}

// constant returns a scalar as an operand.
func (e *emitter) constant(t ir.Type, bits uint32) string {
	switch t {
	case ir.Bool: // there are no predicates as numbers
		return e.get(predicate, "setp.ne.u32", strconv.Itoa(int(bits)), "0")
	case ir.I32:
		return strconv.Itoa(int(int32(bits)))
	case ir.U32:
		return strconv.FormatUint(uint64(bits), 10)
	}
	return fmt.Sprintf("0f%08X", bits)
}
