package ptxvm

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Module is PTX that has been read.
type Module struct {
	Version int // of PTX, as 10·major + minor
	Target  int // the oldest device: 50, 80
	Entries map[string]*Entry
}

// Entry is a kernel of a module.
type Entry struct {
	Name   string
	Block  [3]int // .reqntid
	Params []string

	code    []instr
	start   []uint64 // what the registers of a thread hold at first
	special [9]int   // slots of special registers; 0 for those that it does not read
	shared  []span
	dynamic int // where dynamic shared memory begins; 0 if there is none
}

// span is a piece of shared memory.
type span struct{ at, end uint32 }

// Where shared memory begins, and how far its arrays are apart, so that an access beyond one
// does not come upon another.
const (
	sharedBase  = 0x100
	sharedGuard = 0x100
)

// SyntaxError tells what could not be read, in the manner of the driver's log.
type SyntaxError struct {
	Line   int
	Text   string
	Reason string
}

// Error returns all of it in a line.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("ptxvm: line %d: %s: %s", e.Line, e.Text, e.Reason)
}

// parser reads a module line by line: every statement has one.
type parser struct {
	m       *Module
	e       *Entry
	line    int
	text    string
	slots   map[string]int // registers, numbers, special registers, shared arrays: by name
	class   map[string]byte
	params  map[string]int
	labels  map[string]int
	targets []jump // to be resolved
	dynamic string // the name of the .extern array
	inside  bool
	next    uint32 // in shared memory
}

// jump is a bra whose label may come later.
type jump struct {
	at    int
	label string
	line  int
	text  string
}

// Parse reads a module. Errors are *SyntaxError.
func Parse(text string) (m *Module, err error) {
	p := &parser{m: &Module{Entries: map[string]*Entry{}}}
	defer func() {
		if v := recover(); v != nil {
			e, ok := v.(*SyntaxError)
			if !ok {
				panic(v)
			}
			m, err = nil, e
		}
	}()
	for line := range strings.Lines(text) {
		p.line++
		line, _, _ = strings.Cut(line, "//")
		if p.text = strings.TrimSpace(line); p.text != "" {
			p.statement()
		}
	}
	if p.inside || p.m.Version == 0 || p.m.Target == 0 {
		p.fail("the module ends too early")
	}
	return p.m, nil
}

func (p *parser) fail(format string, args ...any) {
	panic(&SyntaxError{p.line, p.text, fmt.Sprintf(format, args...)})
}

var (
	versionLine = regexp.MustCompile(`^\.version (\d)\.(\d)$`)
	targetLine  = regexp.MustCompile(`^\.target sm_(\d+)$`)
	externLine  = regexp.MustCompile(`^\.extern \.shared \.align (\d+) \.b8 (\w+)\[\];$`)
	entryLine   = regexp.MustCompile(`^\.visible \.entry (\w+)\($`)
	paramLine   = regexp.MustCompile(`^\.param \.([usf]\d+) (\w+),?$`)
	blockLine   = regexp.MustCompile(`^\.reqntid (\d+), (\d+), (\d+)$`)
	regLine     = regexp.MustCompile(`^\.reg \.(pred|b16|b32|b64|f32) (%[a-z]+)<(\d+)>;$`)
	sharedLine  = regexp.MustCompile(`^\.shared \.align (\d+) \.b8 (\w+)\[(\d+)\];$`)
	labelLine   = regexp.MustCompile(`^(\$\w+):$`)
	instrLine   = regexp.MustCompile(`^(?:@(!?)(%\w+) )?([\w.]+)(?: (.*))?;$`)
)

var classes = map[string]byte{"pred": 'p', "b16": 'h', "b32": 'r', "b64": 'd', "f32": 'f'}

func number(s string) int {
	n, _ := strconv.Atoi(s) // digits, by the pattern; too many give the largest
	return n
}

func (p *parser) statement() {
	match := func(r *regexp.Regexp) []string { return r.FindStringSubmatch(p.text) }
	if m := match(versionLine); m != nil {
		p.m.Version = 10*number(m[1]) + number(m[2])
	} else if m := match(targetLine); m != nil {
		p.m.Target = number(m[1])
	} else if p.text == ".address_size 64" {
	} else if m := match(externLine); m != nil {
		p.dynamic = m[2]
	} else if m := match(entryLine); m != nil && p.e == nil {
		p.begin(m[1])
	} else if p.e == nil {
		p.fail("syntax error outside of an entry")
	} else if m := match(paramLine); m != nil {
		p.params[m[2]] = len(p.e.Params)
		p.e.Params = append(p.e.Params, m[1])
	} else if m := match(blockLine); m != nil {
		p.e.Block = [3]int{number(m[1]), number(m[2]), number(m[3])}
	} else if p.text == ")" || p.text == ".minnctapersm 1" {
	} else if p.text == "{" {
		p.inside = true
	} else if p.text == "}" {
		p.end()
	} else if m := match(regLine); m != nil {
		for i := range number(m[3]) {
			name := m[2] + strconv.Itoa(i)
			p.slots[name] = p.slot(garbage)
			p.class[name] = classes[m[1]]
		}
	} else if m := match(sharedLine); m != nil {
		p.share(m[2], number(m[1]), number(m[3]))
	} else if m := match(labelLine); m != nil {
		p.labels[m[1]] = len(p.e.code)
	} else if m := match(instrLine); m != nil {
		p.instruction(m[1] == "!", m[2], m[3], m[4])
	} else {
		p.fail("syntax error")
	}
}

// garbage is what a register holds until it is written: a NaN, and no likely index.
const garbage = 0x7fa5a5a5

func (p *parser) begin(name string) {
	p.e = &Entry{Name: name}
	p.slot(garbage) // 0 is no register's
	p.slots, p.class = map[string]int{}, map[string]byte{}
	p.params, p.labels = map[string]int{}, map[string]int{}
	p.targets = nil
	p.next = sharedBase
	if p.dynamic != "" {
		p.e.dynamic = sharedBase
		p.symbol(p.dynamic, sharedBase)
	}
}

// slot returns a new slot of the register file.
func (p *parser) slot(v uint64) int {
	p.e.start = append(p.e.start, v)
	return len(p.e.start) - 1
}

// symbol gives a name to an address of shared memory.
func (p *parser) symbol(name string, at uint32) {
	p.slots[name] = p.slot(uint64(at))
	p.class[name] = 'r'
}

func (p *parser) share(name string, align, bytes int) {
	a := uint32(align)
	p.next = (p.next + a - 1) / a * a
	p.symbol(name, p.next)
	end := p.next + uint32(bytes)
	p.e.shared = append(p.e.shared, span{p.next, end})
	p.next = end + sharedGuard
}

func (p *parser) end() {
	if n := len(p.e.code); n == 0 || p.e.code[n-1].kind != exits {
		p.fail("the entry does not end with ret")
	}
	for _, j := range p.targets {
		to, ok := p.labels[j.label]
		if !ok {
			panic(&SyntaxError{j.line, j.text, "no such label"})
		}
		p.e.code[j.at].do = func(t *thread) { t.pc = to }
	}
	p.m.Entries[p.e.Name] = p.e
	p.e, p.inside = nil, false
}

// operands splits at commas outside of braces.
func operands(s string) []string {
	var out []string
	depth, from := 0, 0
	for i, c := range s {
		switch c {
		case '{':
			depth++
		case '}':
			depth--
		case ',':
			if depth == 0 {
				out = append(out, strings.TrimSpace(s[from:i]))
				from = i + 1
			}
		}
	}
	if s = strings.TrimSpace(s[from:]); s != "" {
		out = append(out, s)
	}
	return out
}

// operand returns the slot of a register or number of a class.
func (p *parser) operand(name string, class byte) int {
	if strings.HasPrefix(name, "%") && p.class[name] == 0 && class == 'r' {
		return p.specialRegister(name)
	}
	if c := p.class[name]; c != 0 {
		if c != class {
			p.fail("%s has the wrong type", name)
		}
		return p.slots[name]
	}
	return p.immediate(name, class)
}

// result is operand for what an instruction writes.
func (p *parser) result(name string, class byte) int {
	if !strings.HasPrefix(name, "%") || p.class[name] != class {
		p.fail("%s cannot be written as this type", name)
	}
	return p.slots[name]
}

func (p *parser) immediate(text string, class byte) int {
	key := text + string(class)
	if s, ok := p.slots[key]; ok {
		return s
	}
	var v uint64
	switch {
	case class == 'f' && len(text) == 10 && strings.HasPrefix(text, "0f"):
		bits, err := strconv.ParseUint(text[2:], 16, 32)
		if err != nil {
			p.fail("%s is no number", text)
		}
		v = bits
	case class == 'r':
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < math.MinInt32 || n > math.MaxUint32 {
			p.fail("%s is no number of 32 bits", text)
		}
		v = uint64(uint32(n))
	default:
		p.fail("%s cannot stand here", text)
	}
	p.slots[key] = p.slot(v)
	return p.slots[key]
}

// Special registers: a name and an axis.
const (
	tid = iota
	ctaid
	nctaid
)

var specials = regexp.MustCompile(`^%(tid|ctaid|nctaid)\.([xyz])$`)

func (p *parser) specialRegister(name string) int {
	m := specials.FindStringSubmatch(name)
	if m == nil {
		p.fail("there is no register %s", name)
	}
	slot := &p.e.special[3*map[string]int{"tid": tid, "ctaid": ctaid, "nctaid": nctaid}[m[1]]+int(m[2][0]-'x')]
	if *slot == 0 {
		*slot = p.slot(0)
	}
	return *slot
}

// registers returns the slots of a group in braces, or of one register.
func (p *parser) registers(text string, class byte, get func(string, byte) int) []int {
	inner, ok := strings.CutPrefix(text, "{")
	if !ok {
		return []int{get(text, class)}
	}
	inner, ok = strings.CutSuffix(inner, "}")
	if !ok {
		p.fail("a brace is missing")
	}
	var out []int
	for _, name := range operands(inner) {
		out = append(out, get(name, class))
	}
	return out
}

var addressText = regexp.MustCompile(`^\[([%\w]+)(?:\+(\d+))?\]$`)

// address reads [register+offset] of an address space.
func (p *parser) address(text string, space string) (base int, offset uint64) {
	m := addressText.FindStringSubmatch(text)
	if m == nil {
		p.fail("%s is no address", text)
	}
	class := byte('d')
	if space == "shared" {
		class = 'r'
	}
	return p.operand(m[1], class), uint64(number(m[2]))
}
