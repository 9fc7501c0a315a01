package driver

import "fmt"

// Op is what a command does.
type Op uint8

const (
	OpDispatch  Op = iota // run Program over Grid workgroups, with Buffers and Scalars
	OpCopy                // copy Buffers[1] to Buffers[0]
	OpFill                // set Buffers[0] to copies of Scalars[0]
	OpBarrier             // let what follows begin when what precedes is done
	OpTimestamp           // set *Time
)

// Command is one command of a list. Only the fields that its Op names are set.
type Command struct {
	Op      Op
	Program Program
	Grid    [3]int
	Buffers []Range
	Scalars []uint32 // Scalars[i] is the bits of the kernel's scalar parameter i
	Time    *int64
}

// List is a list of commands for Device.Submit. Its zero value is empty; it is for one goroutine
// at a time. Filled anew after Reset, it allocates nothing.
type List struct {
	commands []Command
	ranges   []Range // what the commands' slices point into
	words    []uint32
}

// Commands returns the commands so far.
func (l *List) Commands() []Command { return l.commands }

// Len returns how many commands there are.
func (l *List) Len() int { return len(l.commands) }

// Reset empties the list.
func (l *List) Reset() {
	clear(l.commands) // they keep memory and programs alive
	clear(l.ranges)
	l.commands, l.ranges, l.words = l.commands[:0], l.ranges[:0], l.words[:0]
}

// Dispatch runs a program over a grid of workgroups. buffers[i] is the kernel's buffer i, and
// scalars[i] the bits of its scalar parameter i. Offsets are multiples of Info.BufferAlign and
// lengths at most Info.MaxRange; the grid is at most Info.MaxGrid, and one with a 0 runs nothing.
func (l *List) Dispatch(p Program, grid [3]int, buffers []Range, scalars []uint32) {
	k := p.Kernel()
	if len(buffers) != len(k.Buffers) || len(scalars) != len(k.Scalars) {
		panic(fmt.Sprintf("driver: Dispatch: %s: %d buffers and %d scalars: want %d and %d",
			k.Name, len(buffers), len(scalars), len(k.Buffers), len(k.Scalars)))
	}
	for axis, n := range grid {
		if n < 0 {
			panic(fmt.Sprintf("driver: Dispatch: %s: grid %v: axis %d is negative", k.Name, grid, axis))
		}
	}
	for i, r := range buffers {
		r.check(k.Buffers[i].Elem.Size(), "Dispatch", k.Name)
	}
	l.add(Command{Op: OpDispatch, Program: p, Grid: grid}, buffers, scalars)
}

// Copy copies src to dst, which has the same length and does not overlap it. Offsets and lengths
// are multiples of 4.
func (l *List) Copy(dst, src Range) {
	dst.check(4, "Copy", "")
	src.check(4, "Copy", "")
	if dst.Len != src.Len || dst.Overlaps(src) {
		panic(fmt.Sprintf("driver: Copy: %d bytes at %d from %d bytes at %d: of different length, or overlapping",
			dst.Len, dst.Offset, src.Len, src.Offset))
	}
	l.add(Command{Op: OpCopy}, []Range{dst, src}, nil)
}

// Fill sets every four bytes of dst to word. Offset and length are multiples of 4.
func (l *List) Fill(dst Range, word uint32) {
	dst.check(4, "Fill", "")
	l.add(Command{Op: OpFill}, []Range{dst}, []uint32{word})
}

// Barrier makes the commands after it wait for those before it, and see what they wrote.
func (l *List) Barrier() { l.add(Command{Op: OpBarrier}, nil, nil) }

// Timestamp notes when the commands before it are done: *ns is set, by the time Wait returns for
// the list's point, to the nanoseconds of the device's clock, which began at some time in the
// past. The commands after it are not kept from starting earlier; to time a command alone, put
// barriers around it. On a device without Info.Timestamps *ns stays as it is.
func (l *List) Timestamp(ns *int64) {
	if ns == nil {
		panic("driver: Timestamp: nil")
	}
	l.add(Command{Op: OpTimestamp, Time: ns}, nil, nil)
}

// add appends a command with copies of its arguments.
func (l *List) add(c Command, buffers []Range, scalars []uint32) {
	at := len(l.ranges)
	l.ranges = append(l.ranges, buffers...)
	c.Buffers = l.ranges[at:len(l.ranges):len(l.ranges)]
	at = len(l.words)
	l.words = append(l.words, scalars...)
	c.Scalars = l.words[at:len(l.words):len(l.words)]
	l.commands = append(l.commands, c)
}

// check panics for a range that does not lie in its memory in whole units of some bytes.
func (r Range) check(unit int, op, kernel string) {
	n := int64(unit)
	var wrong string
	switch {
	case r.Mem == nil:
		wrong = "a range of no memory"
	case r.Len <= 0 || r.Offset < 0 || r.Len > r.Mem.Size() || r.Offset > r.Mem.Size()-r.Len:
		wrong = fmt.Sprintf("%d bytes at %d of %d", r.Len, r.Offset, r.Mem.Size())
	case r.Len%n != 0 || r.Offset%n != 0:
		wrong = fmt.Sprintf("%d bytes at %d: not multiples of %d", r.Len, r.Offset, n)
	default:
		return
	}
	if kernel != "" {
		op += ": " + kernel
	}
	panic(fmt.Sprintf("driver: %s: %s", op, wrong))
}
