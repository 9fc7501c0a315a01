package ptxvm

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"unsafe"
)

// Memory is what a launch can reach: pieces of this process's memory, at their own addresses.
type Memory struct{ pieces [][]byte }

// NewMemory returns the memory that consists of the pieces, which do not overlap.
func NewMemory(pieces ...[]byte) *Memory {
	m := &Memory{}
	for _, p := range pieces {
		if len(p) > 0 {
			m.pieces = append(m.pieces, p)
		}
	}
	slices.SortFunc(m.pieces, func(x, y []byte) int {
		if Address(x) < Address(y) {
			return -1
		}
		return 1
	})
	return m
}

// Address returns where a piece of memory begins.
func Address(b []byte) uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }

// find returns the n bytes at an address.
func (m *Memory) find(at uint64, n int) []byte {
	low, high := 0, len(m.pieces)
	for low < high { // the first piece that begins after at
		mid := (low + high) / 2
		if Address(m.pieces[mid]) <= at {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low > 0 {
		p := m.pieces[low-1]
		if offset := at - Address(p); offset+uint64(n) <= uint64(len(p)) {
			return p[offset:][:n]
		}
	}
	panic(fault(fmt.Sprintf("%d bytes at global address %#x, where nothing is", n, at)))
}

// bytes returns the n bytes at an address of a space, which has to be a multiple of align.
func (t *thread) bytes(space string, at uint64, n, align int) []byte {
	if at%uint64(align) != 0 {
		panic(fault(fmt.Sprintf("%s address %#x is not a multiple of %d", space, at, align)))
	}
	if space == "global" {
		return t.launch.Memory.find(at, n)
	}
	at = uint64(uint32(at))
	for _, s := range t.block.spans {
		if at >= uint64(s.at) && at+uint64(n) <= uint64(s.end) {
			if slices.Contains(t.block.flying[at:][:n], true) {
				panic(fault(fmt.Sprintf("%d bytes at shared address %#x, to which a copy is under way", n, at)))
			}
			return t.block.shared[at:][:n]
		}
	}
	panic(fault(fmt.Sprintf("%d bytes at shared address %#x, where nothing is", n, at)))
}

func get(b []byte) uint64 {
	switch len(b) {
	case 2:
		return uint64(binary.NativeEndian.Uint16(b))
	case 4:
		return uint64(binary.NativeEndian.Uint32(b))
	}
	return binary.NativeEndian.Uint64(b)
}

func put(b []byte, v uint64) {
	if len(b) == 2 {
		binary.NativeEndian.PutUint16(b, uint16(v))
	} else {
		binary.NativeEndian.PutUint32(b, uint32(v))
	}
}

// unit is a type of memory: how many bytes it has, and which registers it goes to.
var units = map[string]struct {
	size  int
	class byte
}{
	"b16": {2, 'h'}, "u16": {2, 'r'}, "b32": {4, 'r'}, "f32": {4, 'f'},
}

// access reads a load or store.
func (p *parser) access(op string, args []string) func(t *thread) {
	p.want(args, 2)
	parts := strings.Split(op, ".")
	if len(parts) < 3 {
		p.fail("there is no instruction %s", op)
	}
	load, space, typ := parts[0] == "ld", parts[1], parts[len(parts)-1]
	if space == "param" {
		return p.loadParam(typ, args)
	}
	if space != "global" && space != "shared" {
		p.fail("there is no memory %s", space)
	}
	n := 1
	for _, part := range parts[2 : len(parts)-1] {
		switch {
		case part == "v2":
			n = 2
		case part == "v4":
			n = 4
		case part == "nc" && load && space == "global":
		default:
			p.fail("there is no instruction %s", op)
		}
	}
	u, ok := units[typ]
	if !ok {
		p.fail("there is no type %s in memory", typ)
	}
	place, data, find := args[0], args[1], p.operand
	if load {
		place, data, find = args[1], args[0], p.result
	}
	regs := p.registers(data, u.class, find)
	if len(regs) != n {
		p.fail("%d registers, want %d", len(regs), n)
	}
	base, offset := p.address(place, space)
	if load {
		return func(t *thread) {
			b := t.bytes(space, t.r[base]+offset, n*u.size, n*u.size)
			for i, r := range regs {
				t.r[r] = get(b[i*u.size:][:u.size])
			}
		}
	}
	return func(t *thread) {
		b := t.bytes(space, t.r[base]+offset, n*u.size, n*u.size)
		for i, r := range regs {
			put(b[i*u.size:][:u.size], t.r[r])
		}
	}
}

func (p *parser) loadParam(typ string, args []string) func(t *thread) {
	n, ok := p.params[strings.Trim(args[1], "[]")]
	if !ok || p.e.Params[n] != typ {
		p.fail("there is no parameter %s of type %s", args[1], typ)
	}
	d := p.result(args[0], map[string]byte{"u64": 'd', "s32": 'r', "u32": 'r', "f32": 'f'}[typ])
	return func(t *thread) { t.r[d] = t.launch.Params[n] }
}

// atomic reads an atomic operation.
func (p *parser) atomic(op string, args []string) func(t *thread) {
	p.want(args, 3)
	parts := strings.Split(op, ".")
	if len(parts) != 4 || parts[1] != "global" && parts[1] != "shared" {
		p.fail("there is no instruction %s", op)
	}
	name := parts[2] + "." + parts[3]
	if name == "add.f32" {
		name = "add.rn.f32"
	}
	o, ok := table[name]
	if !ok || parts[2] != "add" && parts[2] != "max" {
		p.fail("there is no instruction %s", op)
	}
	f := o.f.(func2)
	d, x := p.result(args[0], o.classes[0]), p.operand(args[2], o.classes[1])
	space := parts[1]
	base, offset := p.address(args[1], space)
	return func(t *thread) {
		b := t.bytes(space, t.r[base]+offset, 4, 4)
		old, v := get(b), t.r[x]
		put(b, f(old, v))
		t.r[d] = old
	}
}
