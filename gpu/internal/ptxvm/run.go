package ptxvm

import (
	"fmt"
)

// Launch is a kernel's grid and what it works on.
type Launch struct {
	Grid, Block [3]int
	Params      []uint64 // the bits of each parameter
	Shared      int      // bytes of dynamic shared memory
	Memory      *Memory
	Approx      float64 // where approximations lie in their error, from -1 to 1
	Limit       int64   // instructions that a thread may carry out; 0 for a billion
}

// Error is a mistake of a kernel as it runs.
type Error struct {
	Entry  string
	Line   int // of the module
	Text   string
	Block  [3]int
	Thread int // its number in the block, x fastest
	Reason string
}

// Error returns all of it in a line.
func (e *Error) Error() string {
	return fmt.Sprintf("ptxvm: %s: line %d: %s: block %v, thread %d: %s", e.Entry, e.Line, e.Text, e.Block, e.Thread, e.Reason)
}

// fault is what an instruction panics with; it becomes an Error.
type fault string

// thread is one thread at work.
type thread struct {
	r      []uint64 // registers, numbers
	pc     int      // of the next instruction
	at     int      // of the one that is being carried out, or waits
	number int
	left   bool // it has returned
	block  *block
	launch *Launch
	steps  int64

	flights []flight // copies that it has begun and not waited for
}

// block is a block of threads at work.
type block struct {
	e       *Entry
	launch  *Launch
	at      [3]int
	threads []*thread
	warps   [][]*thread
	shared  []byte
	flying  []bool // bytes of shared memory that copies are under way to
	spans   []span
}

const warpSize = 32

// Run runs the kernel, block after block. An error of the launch itself is no *Error.
func (e *Entry) Run(l Launch) error {
	if l.Block != e.Block {
		return fmt.Errorf("ptxvm: %s: blocks of %v threads, want %v", e.Name, l.Block, e.Block)
	}
	if len(l.Params) != len(e.Params) {
		return fmt.Errorf("ptxvm: %s: %d parameters, want %d", e.Name, len(l.Params), len(e.Params))
	}
	if l.Limit == 0 {
		l.Limit = 1e9
	}
	b := e.newBlock(&l)
	for z := range l.Grid[2] {
		for y := range l.Grid[1] {
			for x := range l.Grid[0] {
				if err := b.run([3]int{x, y, z}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (e *Entry) newBlock(l *Launch) *block {
	b := &block{e: e, launch: l, spans: e.shared}
	if e.dynamic != 0 && l.Shared > 0 {
		b.spans = append(b.spans[:len(b.spans):len(b.spans)], span{uint32(e.dynamic), uint32(e.dynamic + l.Shared)})
	}
	end := 0
	for _, s := range b.spans {
		end = max(end, int(s.end))
	}
	b.shared, b.flying = make([]byte, end), make([]bool, end)
	n := l.Block[0] * l.Block[1] * l.Block[2]
	for i := range n {
		t := &thread{r: make([]uint64, len(e.start)), number: i, block: b, launch: l}
		b.threads = append(b.threads, t)
		if i%warpSize == 0 {
			b.warps = append(b.warps, nil)
		}
		w := &b.warps[i/warpSize]
		*w = append(*w, t)
	}
	return b
}

// reset makes threads and shared memory what they are when a block begins.
func (b *block) reset(at [3]int) {
	b.at = at
	for i := range b.shared {
		b.shared[i] = 0xa5
	}
	clear(b.flying)
	grid, n := b.launch.Grid, b.launch.Block
	for i, t := range b.threads {
		copy(t.r, b.e.start)
		t.pc, t.left, t.steps, t.flights = 0, false, 0, t.flights[:0]
		for s, slot := range b.e.special {
			axis, v := s%3, 0
			switch s / 3 {
			case tid:
				v = [3]int{i % n[0], i / n[0] % n[1], i / n[0] / n[1]}[axis]
			case ctaid:
				v = at[axis]
			case nctaid:
				v = grid[axis]
			}
			if slot > 0 {
				t.r[slot] = uint64(uint32(v))
			}
		}
	}
}

// run runs one block.
func (b *block) run(at [3]int) (err error) {
	b.reset(at)
	current := b.threads[0]
	defer func() {
		if v := recover(); v != nil {
			why, ok := v.(fault)
			if !ok {
				panic(v)
			}
			err = b.error(current, string(why))
		}
	}()
	for {
		for _, w := range b.warps {
			for {
				for _, t := range w {
					current = t
					t.run(b.e.code)
				}
				current = w[0]
				in := b.waits(w)
				if in == nil || in.kind != collective {
					break
				}
				in.collect(w)
				for _, t := range w {
					t.pc++
				}
			}
		}
		in := b.waits(b.threads)
		if in == nil {
			return nil
		}
		for _, t := range b.threads { // all at one barrier
			t.pc++
		}
	}
}

// run carries out instructions until the thread waits or returns.
func (t *thread) run(code []instr) {
	for !t.left {
		in := &code[t.pc]
		t.at = t.pc
		if in.guard >= 0 && (t.r[in.guard] != 0) == in.not {
			t.pc++
			continue
		}
		switch in.kind {
		case exits:
			t.left = true
			return
		case barrier, collective:
			return
		}
		if t.steps++; t.steps > t.launch.Limit {
			panic(fault("the thread does not end"))
		}
		t.pc++
		in.do(t)
	}
}

// waits returns the instruction at which all threads wait, or nil if all have returned. That
// some do and others do not cannot end.
func (b *block) waits(threads []*thread) *instr {
	first := threads[0]
	for _, t := range threads {
		if t.left != first.left || !t.left && t.pc != first.pc {
			panic(fault(fmt.Sprintf("a deadlock: thread %d is at line %d, thread %d at line %d",
				first.number, b.e.code[first.pc].line, t.number, b.e.code[t.pc].line)))
		}
	}
	if first.left {
		return nil
	}
	return &b.e.code[first.pc]
}

// error tells where a thread was when something went wrong.
func (b *block) error(t *thread, why string) error {
	in := b.e.code[t.at]
	return &Error{b.e.Name, in.line, in.text, b.at, t.number, why}
}
