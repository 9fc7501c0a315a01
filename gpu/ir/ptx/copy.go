package ptx

import (
	"strconv"

	"inkstone/gpu/ir"
)

// HasAsyncCopy reports whether a target copies from buffers to shared memory beside what its
// threads do, and not through their registers.
func (t Target) HasAsyncCopy() bool { return t.has(smAsync) }

// copyAsync writes a CopyAsync. cp.async reads as many bytes as its last operand says and fills up
// with zeros; it leaves the L1 cache out (.cg) where it can, which is for 16 bytes (PTX ISA,
// "cp.async").
func (e *emitter) copyAsync(in *ir.Instr) {
	if !e.t.HasAsyncCopy() {
		e.block(in.Body)
		return
	}
	e.need(smAsync, 70)
	n := int(in.Imm)
	bytes := strconv.Itoa(n * in.Array.Elem.Size())
	to, from := e.element(in.Array, in.Args[0], n), e.element(in.From, in.Args[1], n)
	cache := "ca"
	if bytes == "16" {
		cache = "cg"
	}
	operands := []string{to.address, from.address, bytes}
	if inside := in.Args[2]; inside.Op != ir.OpConst || inside.Imm == 0 {
		operands = append(operands, e.choose(word, e.arg(in, 2), bytes, "0"))
	}
	e.do("cp.async."+cache+".shared.global", operands...)
}
