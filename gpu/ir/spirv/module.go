package spirv

import (
	"fmt"
	"slices"
)

// id names a result in a module.
type id = uint32

// module collects the words of a module, section by section, in the order of section 2.4 of
// the specification.
type module struct {
	next         id
	capabilities []uint32
	extensions   []word
	model        []word
	entry        []word
	names        []word
	decorations  []word
	globals      []word // types, constants, global variables
	prologue     []word // of the function: its variables come first
	code         []word // the rest of the function

	known      map[string]id // types and constants, by what they are made of
	globalVars []id          // which the entry point lists
}

type word = uint32

func newModule() *module { return &module{next: 1, known: map[string]id{}} }

func (m *module) id() id {
	m.next++
	return m.next - 1
}

// put appends an instruction to a section.
func put(section *[]word, op opcode, operands ...word) {
	*section = append(*section, uint32(len(operands)+1)<<16|uint32(op))
	*section = append(*section, operands...)
}

// text encodes a string: UTF-8, closed by a zero, in words whose lowest byte comes first.
func text(s string) []word {
	out := make([]word, len(s)/4+1)
	for i := range len(s) {
		out[i/4] |= word(s[i]) << (i % 4 * 8)
	}
	return out
}

// capability declares a capability, once.
func (m *module) capability(c uint32) {
	if !slices.Contains(m.capabilities, c) {
		m.capabilities = append(m.capabilities, c)
	}
}

func (m *module) extension(name string) {
	key := "extension " + name
	if m.known[key] == 0 {
		m.known[key] = 1
		put(&m.extensions, opExtension, text(name)...)
	}
}

func (m *module) decorate(x id, decoration uint32, operands ...word) {
	put(&m.decorations, opDecorate, append([]word{x, decoration}, operands...)...)
}

func (m *module) decorateMember(x id, member int, decoration uint32, operands ...word) {
	put(&m.decorations, opMemberDecorate, append([]word{x, uint32(member), decoration}, operands...)...)
}

func (m *module) name(x id, name string) { put(&m.names, opName, append([]word{x}, text(name)...)...) }

// global returns the type or constant that the operands describe; equal ones are one. A
// constant's type is given, a type's is 0.
func (m *module) global(op opcode, typ id, operands ...word) id {
	key := fmt.Sprint(op, typ, operands)
	if x, ok := m.known[key]; ok {
		return x
	}
	x := m.id()
	m.known[key] = x
	if typ == 0 {
		put(&m.globals, op, append([]word{x}, operands...)...)
	} else {
		put(&m.globals, op, append([]word{typ, x}, operands...)...)
	}
	return x
}

// once runs f for the first use of a type, to decorate it.
func (m *module) once(x id, f func()) id {
	key := fmt.Sprint("decorated ", x)
	if m.known[key] == 0 {
		m.known[key] = 1
		f()
	}
	return x
}

// variable adds a variable that all lanes see.
func (m *module) variable(typ id, class uint32) id {
	v := m.id()
	put(&m.globals, opVariable, m.global(opTypePointer, 0, class, typ), v, class)
	m.globalVars = append(m.globalVars, v)
	return v
}

// do appends an instruction without a result to the function.
func (m *module) do(op opcode, operands ...word) { put(&m.code, op, operands...) }

// get appends an instruction with a result of the type to the function.
func (m *module) get(op opcode, typ id, operands ...word) id {
	x := m.id()
	put(&m.code, op, append([]word{typ, x}, operands...)...)
	return x
}

// words returns the module.
func (m *module) words() []uint32 {
	out := []word{magic, version, generator, m.next, 0}
	for _, c := range m.capabilities {
		put(&out, opCapability, c)
	}
	for _, section := range [][]word{m.extensions, m.model, m.entry, m.names, m.decorations, m.globals, m.prologue, m.code} {
		out = append(out, section...)
	}
	return out
}
