package ir

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Text returns the kernel in readable form: its properties, parameters and memory, then the
// body, an instruction a line. Instr.Line is the instruction's line in it. Kernels that do
// different things have different texts.
func (k *Kernel) Text() string { return k.text }

// LineText returns line n of the text, from 1, without the indentation.
func (k *Kernel) LineText(n int) string {
	lines := strings.Split(k.text, "\n")
	if n < 1 || n > len(lines) {
		return ""
	}
	return strings.TrimSpace(lines[n-1])
}

// printer writes the text form and notes the line of each instruction.
type printer struct {
	k     *Kernel
	out   strings.Builder
	line  int
	names map[string]int // how often a name occurs
}

func format(k *Kernel) string {
	p := &printer{k: k, line: 1, names: map[string]int{}}
	k.Walk(func(in *Instr) { p.names[in.Name]++ })
	for _, v := range k.Vars {
		p.names[v.Name]++
	}
	for _, a := range slices.Concat(k.Buffers, k.Shared) {
		p.names[a.Name]++
	}
	for _, s := range k.Scalars {
		p.names[s.Name]++
	}
	for _, in := range k.Inputs {
		if in.Op != OpScalar {
			p.names[p.ref(in)]++
		}
	}

	p.printf(0, "kernel %s", k.Name)
	p.printf(1, "workgroup %d %d %d", k.Workgroup[0], k.Workgroup[1], k.Workgroup[2])
	if k.Subgroup > 0 {
		p.printf(1, "subgroup %d", k.Subgroup)
	}
	if k.Atomics {
		p.printf(1, "atomics")
	}
	for _, a := range k.Buffers {
		p.printf(1, "buffer %s %v %v", a.Name, a.Elem, a.Access)
	}
	for _, s := range k.Scalars {
		p.printf(1, "scalar %s %v", s.Name, s.Type)
	}
	for _, a := range k.Shared {
		p.printf(1, "shared %s %v[%d]", a.Name, a.Elem, a.Len)
	}
	for _, v := range k.Vars {
		p.printf(1, "var %s %v", p.variable(v), v.Type)
	}
	p.printf(0, "begin")
	p.block(k.Body, 1)
	p.printf(0, "end")
	return p.out.String()
}

func (p *printer) printf(indent int, layout string, args ...any) {
	p.out.WriteString(strings.Repeat("  ", indent))
	fmt.Fprintf(&p.out, layout, args...)
	p.out.WriteByte('\n')
	p.line++
}

func (p *printer) block(block []*Instr, indent int) {
	for _, in := range block {
		in.Line = p.line
		switch in.Op {
		case OpIf:
			p.printf(indent, "if %s {", p.ref(in.Args[0]))
			p.block(in.Body, indent+1)
			if len(in.Else) > 0 {
				p.printf(indent, "} else {")
				p.block(in.Else, indent+1)
			}
			p.printf(indent, "}")
		case OpFor:
			hint := ""
			if in.Unroll {
				hint = "unroll "
			}
			a := in.Args
			p.printf(indent, "for %s: %v = %s to %s step %s %s{", p.ref(in), in.Type, p.ref(a[0]), p.ref(a[1]), p.ref(a[2]), hint)
			p.block(in.Body, indent+1)
			p.printf(indent, "}")
		case OpCopyAsync:
			p.printf(indent, "copy if %s {", p.ref(in.Args[2]))
			p.block(in.Body, indent+1)
			p.printf(indent, "}")
		case OpLoop:
			p.printf(indent, "loop {")
			p.block(in.Body, indent+1)
			p.printf(indent, "}")
		default:
			p.printf(indent, "%s", p.instr(in))
		}
	}
}

// instr returns a line for an instruction without blocks.
func (p *printer) instr(in *Instr) string {
	arg := func(i int) string { return p.ref(in.Args[i]) }
	text := in.Op.String()
	switch in.Op {
	case OpSet:
		return fmt.Sprintf("%s = %s", p.variable(in.Var), arg(0))
	case OpStore:
		return fmt.Sprintf("%s = %s", p.element(in, in.Args[1].Type.Lanes()), arg(1))
	case OpMatStore:
		return fmt.Sprintf("%s = %s", p.matrix(in), arg(2))
	case OpBreak, OpBarrier, OpCopyWait:
		return text
	case OpGet:
		text = p.variable(in.Var)
	case OpLoad:
		text = "load " + p.element(in, in.Type.Lanes())
	case OpAtomicAdd, OpAtomicMax:
		text += fmt.Sprintf(" %s, %s", p.element(in, 1), arg(1))
	case OpMatLoad:
		text += " " + p.matrix(in)
	case OpExtract:
		text = fmt.Sprintf("%s.%c", arg(0), "xyzw"[in.Imm])
	default:
		for i := range in.Args {
			sep := ", "
			if i == 0 {
				sep = " "
			}
			text += sep + arg(i)
		}
		if in.Op == OpShuffleXor || in.Op == OpBroadcast {
			text += fmt.Sprintf(", %d", in.Imm)
		}
	}
	return fmt.Sprintf("%s: %v = %s", p.ref(in), in.Type, text)
}

// element names the memory that a load or store touches, as in "a[i]" or "a[4*i:4]".
func (p *printer) element(in *Instr, n int) string {
	i := p.ref(in.Args[0])
	if n > 1 {
		return fmt.Sprintf("%s[%d*%s:%d]", in.Array.Name, n, i, n)
	}
	return fmt.Sprintf("%s[%s]", in.Array.Name, i)
}

func (p *printer) matrix(in *Instr) string {
	layout := "rows"
	if Layout(in.Imm) == ColumnMajor {
		layout = "columns"
	}
	return fmt.Sprintf("%s[%s %s %s]", in.Array.Name, p.ref(in.Args[0]), layout, p.ref(in.Args[1]))
}

// ref names a value: by its own name where that is the only one, by its number otherwise.
func (p *printer) ref(in *Instr) string {
	switch in.Op {
	case OpConst:
		return constText(in)
	case OpScalar:
		return p.k.Scalars[in.Imm].Name
	case OpLocalID, OpGroupID, OpGlobalID, OpNumGroups:
		return fmt.Sprintf("%v.%c", in.Op, "xyz"[in.Imm])
	case OpLocalIndex, OpSubgroupID, OpLane:
		return in.Op.String()
	}
	number := "v" + strconv.Itoa(in.ID)
	switch {
	case in.Name == "":
		return number
	case p.unclear(in.Name):
		return in.Name + "." + number
	}
	return in.Name
}

// variable names a variable as ref does a value.
func (p *printer) variable(v *Var) string {
	number := "var" + strconv.Itoa(v.Index)
	if v.Name != number && p.unclear(v.Name) {
		return v.Name + "." + number
	}
	return v.Name
}

// unclear reports whether a name could be taken for another one, or for a number that the
// printer gives.
func (p *printer) unclear(name string) bool {
	digits := strings.TrimPrefix(strings.TrimPrefix(name, "v"), "ar")
	_, err := strconv.Atoi(digits)
	return p.names[name] > 1 || err == nil && digits != name
}

func constText(in *Instr) string {
	switch in.Type {
	case Bool:
		return strconv.FormatBool(in.Imm != 0)
	case I32:
		return strconv.Itoa(int(int32(in.Imm)))
	case U32:
		return strconv.FormatUint(uint64(in.Imm), 10) + "u"
	}
	f := math.Float32frombits(in.Imm)
	if f != f {
		return fmt.Sprintf("nan(%#x)", in.Imm) // NaNs differ
	}
	s := strconv.FormatFloat(float64(f), 'g', -1, 32)
	if !strings.ContainsAny(s, ".eI") {
		s += ".0"
	}
	return s
}
