package interp

import (
	"errors"
	"iter"
	"slices"

	"inkstone/gpu/ir"
)

// Debugger runs a kernel one instruction at a time, one workgroup after the other, in Check
// mode. It stops before each instruction of the body; between the steps everything can be
// looked at: who is active, values, variables, memory.
type Debugger struct {
	s       *state
	next    func() (*ir.Instr, bool)
	stop    func()
	at      *ir.Instr
	watches []*watch
}

// watch is an element of memory and what it held last.
type watch struct {
	array *ir.Array
	index int
	last  uint32
}

// errStopped ends the run of a debugger that was closed.
var errStopped = errors.New("interp: stopped")

// Debug begins a run that stops before the first instruction. The debugger must be closed.
func Debug(k *ir.Kernel, grid [3]int, args Args, o Options) (*Debugger, error) {
	p := compile(k, true, true)
	if err := p.checkArgs(grid, args, o); err != nil {
		return nil, err
	}
	d := &Debugger{s: p.newState(grid, &args, o)}
	d.next, d.stop = iter.Pull(func(yield func(*ir.Instr) bool) {
		d.s.trace = yield
		for n := range grid[0] * grid[1] * grid[2] {
			if d.s.runGroup(n); d.s.err != nil {
				return
			}
		}
	})
	d.advance()
	return d, nil
}

func (d *Debugger) advance() bool {
	in, ok := d.next()
	if d.at = in; !ok {
		d.at = nil
	}
	return ok
}

// Close ends the run.
func (d *Debugger) Close() { d.stop() }

// At returns the instruction that is carried out next, or nil at the end of the run.
func (d *Debugger) At() *ir.Instr { return d.at }

// Err returns what the kernel did wrong, an *Error, which has ended the run.
func (d *Debugger) Err() error {
	if d.s.err == errStopped {
		return nil
	}
	return d.s.err
}

// Step carries out one instruction, with all its lanes, and reports whether there is another. A
// step into an If or a loop stops at the first instruction inside that any lane comes to.
func (d *Debugger) Step() bool { return d.at != nil && d.advance() }

// Continue steps until an element that is watched has changed, until the instruction on one of
// the lines of Kernel.Text is next, or to the end. It reports whether there is more to run.
func (d *Debugger) Continue(lines ...int) bool {
	for d.Step() {
		if d.changed() || slices.Contains(lines, d.at.Line) {
			return true
		}
	}
	return false
}

// Watch makes Continue stop after element i of an array has changed.
func (d *Debugger) Watch(a *ir.Array, i int) {
	w := &watch{array: a, index: i}
	w.last, _ = d.Element(a, i)
	d.watches = append(d.watches, w)
}

func (d *Debugger) changed() bool {
	any := false
	for _, w := range d.watches {
		if v, _ := d.Element(w.array, w.index); v != w.last {
			w.last, any = v, true
		}
	}
	return any
}

// Group returns the place in the grid of the workgroup that runs.
func (d *Debugger) Group() [3]int { return d.s.group }

// Active returns the lanes that carry out the next instruction, ascending.
func (d *Debugger) Active() []int32 { return slices.Clone(d.s.active) }

// Value returns the bits that the result of an instruction had in a lane when the instruction
// was last carried out, one word for each element; nil for a matrix.
func (d *Debugger) Value(in *ir.Instr, lane int) []uint32 {
	return d.words(d.s.p.slots[in.ID], in.Type, lane)
}

// Var returns the bits of a variable in a lane, one word for each element; nil for a matrix, and
// for a variable that the lane has not set.
func (d *Debugger) Var(v *ir.Var, lane int) []uint32 {
	if !d.s.shadow.vars[v.Index][lane] {
		return nil
	}
	return d.words(d.s.p.vars[v.Index], v.Type, lane)
}

func (d *Debugger) words(x slot, t ir.Type, lane int) []uint32 {
	if t.IsMatrix() || t == ir.Void || x.lanes == 0 {
		return nil
	}
	out := make([]uint32, x.lanes)
	for e := range out {
		out[e] = d.s.r[x.at+e*x.n+lane%x.n]
	}
	return out
}

// Element returns the bits of element i of a buffer or shared array, and whether there is one.
func (d *Debugger) Element(a *ir.Array, i int) (bits uint32, ok bool) {
	m := &d.s.mem[d.s.p.number(a)]
	switch {
	case i < 0 || i >= m.len():
		return 0, false
	case m.words != nil:
		return m.words[i], true
	}
	return uint32(m.halfs[i]), true
}
