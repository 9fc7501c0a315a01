package ptx

import (
	"fmt"
	"strings"

	"inkstone/gpu/ir"
)

// Module returns a kernel as a module with one entry, named like the kernel. Its parameters are
// the addresses of the buffers, then the scalars. Errors are *UnsupportedError.
func Module(k *ir.Kernel, t Target) (string, error) {
	if k.Subgroup != 0 && k.Subgroup != WarpSize {
		return "", &UnsupportedError{k.Name, fmt.Sprintf("subgroups of %d lanes", k.Subgroup)}
	}
	e := &emitter{k: k, t: t, sm: baseSM, version: baseVersion, lines: strings.Split(k.Text(), "\n")}
	if err := e.matrices(); err != nil {
		return "", err
	}
	e.size()
	e.prologue()
	e.block(k.Body)
	e.do("ret")
	return e.header() + e.code.String() + "}\n", nil
}

// emitter writes one kernel.
type emitter struct {
	k           *ir.Kernel
	t           Target
	sm, version int // what the instructions so far ask for

	code    strings.Builder
	lines   []string // of the kernel's text
	comment string   // for the next instruction

	regs    [len(prefixes)]int // registers by class
	values  [][]string         // by Instr.ID: a register or number for each element
	vars    [][]string         // by Var.Index: registers
	buffers []string           // by buffer: the register with its address
	shared  []string           // by shared array: the register with its address

	labels  int
	leave   []string // where a Break goes, by loop, innermost last
	layouts layouts  // of matrices of wmma

	mma        bool    // matrices are those of mma
	spot, sums [2]spot // by layout: the lane's places in matrices of mma
}

// class is a kind of register.
type class int

const (
	predicate class = iota // Bool
	word                   // I32, U32, two 16-bit matrix elements, addresses of shared memory
	float                  // F32
	long                   // addresses
	half                   // a 16-bit element on its way
)

var (
	prefixes = [...]string{predicate: "%p", word: "%r", float: "%f", long: "%rd", half: "%h"}
	types    = [...]string{predicate: ".pred", word: ".b32", float: ".f32", long: ".b64", half: ".b16"}
)

// need raises what the module asks for.
func (e *emitter) need(sm, version int) { e.sm, e.version = max(e.sm, sm), max(e.version, version) }

// reg returns a new register.
func (e *emitter) reg(c class) string {
	e.regs[c]++
	return fmt.Sprintf("%s%d", prefixes[c], e.regs[c])
}

// classOf returns the class of the elements of values of a type.
func classOf(t ir.Type) class {
	switch {
	case t.IsMatrix() && t.Elem() != ir.F32:
		return word
	case t == ir.Bool:
		return predicate
	case t.IsFloat():
		return float
	}
	return word
}

// fresh returns new registers for a value.
func (e *emitter) fresh(t ir.Type) []string {
	n := t.Lanes()
	if t.IsMatrix() {
		n = e.fragment(t)
	}
	out := make([]string, n)
	for i := range out {
		out[i] = e.reg(classOf(t))
	}
	return out
}

// do writes an instruction.
func (e *emitter) do(op string, operands ...string) {
	e.code.WriteByte('\t')
	e.code.WriteString(op)
	for i, o := range operands {
		if i > 0 {
			e.code.WriteByte(',')
		}
		e.code.WriteByte(' ')
		e.code.WriteString(o)
	}
	e.code.WriteByte(';')
	if e.comment != "" {
		e.code.WriteString(" // ")
		e.code.WriteString(e.comment)
		e.comment = ""
	}
	e.code.WriteByte('\n')
}

// get writes an instruction whose result goes to a new register, which it returns.
func (e *emitter) get(c class, op string, operands ...string) string {
	d := e.reg(c)
	e.do(op, append([]string{d}, operands...)...)
	return d
}

// label returns a new label; at puts it here.
func (e *emitter) label() string {
	e.labels++
	return fmt.Sprintf("$L%d", e.labels)
}

func (e *emitter) at(label string) { fmt.Fprintf(&e.code, "%s:\n", label) }

// remark notes the line of the kernel's text for the next instruction. PTX is ASCII; names need
// not be.
func (e *emitter) remark(in *ir.Instr) {
	if in.Line < 1 || in.Line > len(e.lines) {
		return
	}
	e.comment = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, strings.TrimSpace(e.lines[in.Line-1]))
}

// size makes room for the values, and gives the variables their registers.
func (e *emitter) size() {
	e.values = make([][]string, e.k.IDs())
	for _, v := range e.k.Vars {
		e.vars = append(e.vars, e.fresh(v.Type))
	}
}

// header returns what stands before the code: it is written last, when all is known.
func (e *emitter) header() string {
	var b strings.Builder
	k := e.k
	fmt.Fprintf(&b, ".version %d.%d\n.target sm_%d\n.address_size 64\n\n", e.version/10, e.version%10, e.sm)
	at, bytes := sharedLayout(k)
	dynamic := bytes > StaticShared
	if dynamic {
		fmt.Fprintf(&b, ".extern .shared .align %d .b8 %s[];\n\n", sharedAlign(k), dynamicShared)
	}
	fmt.Fprintf(&b, ".visible .entry %s(", k.Name)
	sep := "\n"
	for _, a := range k.Buffers {
		fmt.Fprintf(&b, "%s\t.param .u64 %s", sep, param(a.Name))
		sep = ",\n"
	}
	for _, s := range k.Scalars {
		fmt.Fprintf(&b, "%s\t.param .%v %s", sep, suffix(s.Type), param(s.Name))
		sep = ",\n"
	}
	// With the least number of workgroups of a multiprocessor left open, ptxas aims at many, and
	// spills a register or two for them.
	fmt.Fprintf(&b, "\n)\n.reqntid %d, %d, %d\n.minnctapersm 1\n{\n", k.Workgroup[0], k.Workgroup[1], k.Workgroup[2])
	for c, n := range e.regs {
		if n > 0 {
			fmt.Fprintf(&b, "\t.reg %s %s<%d>;\n", types[c], prefixes[c], n+1)
		}
	}
	if !dynamic {
		for i, a := range k.Shared {
			end := bytes
			if i+1 < len(at) {
				end = at[i+1]
			}
			fmt.Fprintf(&b, "\t.shared .align %d .b8 %s[%d];\n", sharedAlign(k), sharedName(a), end-at[i])
		}
	}
	b.WriteByte('\n')
	return b.String()
}

// Names of parameters and shared arrays differ from the entry's and from each other.
func param(name string) string      { return "p_" + name }
func sharedName(a *ir.Array) string { return "s_" + a.Name }

const dynamicShared = "__shared" // what no kernel can be named

// suffix returns the type of instructions on elements of a type.
func suffix(t ir.Type) string {
	switch t.Elem() {
	case ir.I32:
		return "s32"
	case ir.U32:
		return "u32"
	case ir.F16:
		return "f16"
	case ir.BF16:
		return "bf16"
	case ir.Bool:
		return "pred"
	}
	return "f32"
}

// bits is suffix for instructions that only move.
func bits(t ir.Type) string {
	if t.IsInt() {
		return "b32"
	}
	return suffix(t)
}
