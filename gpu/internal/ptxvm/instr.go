package ptxvm

import (
	"strings"
)

// instr is an instruction: what it does to a thread, or what a warp or block has to do first.
type instr struct {
	guard   int  // slot of the predicate; -1 for none
	not     bool // it has to be false
	kind    kind
	do      func(t *thread)
	collect func(w []*thread) // kind collective: for all lanes of a warp at once
	line    int
	text    string
}

type kind uint8

const (
	plain      kind = iota
	exits           // ret
	barrier         // bar.sync
	collective      // shuffles and matrices
)

// instruction reads one instruction.
func (p *parser) instruction(not bool, guard, op, rest string) {
	in := instr{guard: -1, not: not, line: p.line, text: p.text}
	if guard != "" {
		in.guard = p.operand(guard, 'p')
	}
	args := operands(rest)
	name, _, _ := strings.Cut(op, ".")
	switch {
	case op == "ret":
		in.kind = exits
		p.want(args, 0)
	case op == "bra":
		p.want(args, 1)
		p.targets = append(p.targets, jump{len(p.e.code), args[0], p.line, p.text})
	case op == "bar.sync":
		p.want(args, 1)
		in.kind = barrier
	case name == "shfl":
		in.kind, in.collect = collective, p.shuffle(op, args)
	case name == "wmma":
		in.kind, in.collect = collective, p.matrix(op, args)
	case name == "ldmatrix":
		in.kind, in.collect = collective, p.loadMatrices(op, args)
	case name == "mma":
		in.kind, in.collect = collective, p.multiply(op, args)
	case name == "cp":
		in.do = p.copyAsync(op, args)
	case name == "ld" || name == "st":
		in.do = p.access(op, args)
	case name == "atom":
		in.do = p.atomic(op, args)
	default:
		in.do = p.compute(op, args)
	}
	if in.kind != plain && in.guard >= 0 {
		p.fail("not read under a predicate")
	}
	p.e.code = append(p.e.code, in)
}

func (p *parser) want(args []string, n int) {
	if len(args) != n {
		p.fail("%d operands, want %d", len(args), n)
	}
}

// require makes sure that the module asks for what an instruction needs.
func (p *parser) require(target, version int) {
	if p.m.Target < target || p.m.Version < version {
		p.fail("this needs sm_%d and PTX %d.%d", target, version/10, version%10)
	}
}
