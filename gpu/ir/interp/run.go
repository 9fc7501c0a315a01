package interp

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"

	"inkstone/gpu/ir"
)

// Args are the parameters of a launch, in the order in which the kernel declared them.
type Args struct {
	Buffers [][]byte // in the machine's byte order, starting at a multiple of 4 bytes
	Scalars []uint32 // the bits of I32, U32 and F32 parameters
}

// Bytes returns the memory of x as bytes.
func Bytes[T float32 | int32 | uint32 | uint16](x []T) []byte {
	var zero T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), len(x)*int(unsafe.Sizeof(zero)))
}

// Options say how to run. The zero value runs fast.
type Options struct {
	Check    bool   // look for the mistakes of a kernel; one goroutine, about ten times slower
	Fresh    []bool // Check: buffers, by number, whose contents are undefined at the start
	Workers  int    // goroutines; 0 for one a processor
	MaxTurns int    // turns of loops that a workgroup may take; 0 for any number
}

// Run compiles a kernel and launches it on a grid of workgroups.
func Run(k *ir.Kernel, grid [3]int, args Args, o Options) error {
	return compile(k, o.Check, false).launch(grid, args, o)
}

// Program is a kernel compiled to run fast. It may be launched by several goroutines at once.
type Program struct{ p *program }

// Compile compiles a kernel.
func Compile(k *ir.Kernel) *Program { return &Program{compile(k, false, false)} }

// Launch runs the program on a grid of workgroups, on the given number of goroutines, or on one
// a processor if it is 0. What a kernel did wrong is an *Error, and ends the launch.
func (p *Program) Launch(grid [3]int, args Args, workers int) error {
	return p.p.launch(grid, args, Options{Workers: workers})
}

// state is one workgroup at work: its registers and memory, and who is active.
type state struct {
	p        *program
	args     *Args
	r        []uint32  // registers
	f        []float32 // the same memory
	i        []int32   // the same memory
	half     []uint16  // room for 16-bit elements on their way
	mem      []memory  // buffers, then shared arrays
	group    [3]int
	grid     [3]int
	active   []int32  // lanes, ascending
	all      []int32  // every lane
	stack    []int32  // lists of lanes
	broken   [][]bool // by loop: lanes that have left it
	turns    int      // turns of loops left in the workgroup; negative for any number
	maxTurns int
	shadow   *shadow // Check
	trace    func(*ir.Instr) bool
	err      error
}

// memory is an array's elements, four or two bytes each.
type memory struct {
	words []uint32
	halfs []uint16
}

func (m *memory) len() int { return len(m.words) + len(m.halfs) }

// launch runs all workgroups.
func (p *program) launch(grid [3]int, args Args, o Options) error {
	if err := p.checkArgs(grid, args, o); err != nil {
		return err
	}
	groups := grid[0] * grid[1] * grid[2]
	workers := o.Workers
	if workers < 1 {
		workers = runtime.GOMAXPROCS(0)
	}
	workers = min(workers, groups)
	if p.check {
		workers = 1
	}
	if workers == 0 {
		return nil
	}
	var (
		next  atomic.Int64
		wait  sync.WaitGroup
		first = make([]error, workers)
		at    = make([]int64, workers)
		stop  atomic.Bool
	)
	work := func(w int) {
		s := p.newState(grid, &args, o)
		for !stop.Load() {
			n := next.Add(1) - 1
			if n >= int64(groups) {
				return
			}
			if s.runGroup(int(n)); s.err != nil {
				first[w], at[w] = s.err, n
				stop.Store(true)
			}
		}
	}
	for w := 1; w < workers; w++ {
		wait.Go(func() { work(w) })
	}
	work(0)
	wait.Wait()
	var err error
	for w, e := range first { // of several errors, the one of the first workgroup
		if e != nil && (err == nil || at[w] < int64(groups)) {
			err, groups = e, int(at[w])
		}
	}
	return err
}

func (p *program) checkArgs(grid [3]int, args Args, o Options) error {
	k := p.k
	const most = 1<<31 - 1
	if grid[0] < 0 || grid[1] < 0 || grid[2] < 0 || grid[0] > most || grid[1] > 1<<16 || grid[2] > 1<<16 ||
		int64(grid[0])*int64(grid[1])*int64(grid[2]) > most {
		return fmt.Errorf("interp: %s: a grid of %v workgroups", k.Name, grid)
	}
	if len(args.Buffers) != len(k.Buffers) || len(args.Scalars) != len(k.Scalars) {
		return fmt.Errorf("interp: %s: %d buffers and %d scalars given, %d and %d declared",
			k.Name, len(args.Buffers), len(args.Scalars), len(k.Buffers), len(k.Scalars))
	}
	if o.Fresh != nil && len(o.Fresh) != len(k.Buffers) {
		return fmt.Errorf("interp: %s: Fresh has %d entries for %d buffers", k.Name, len(o.Fresh), len(k.Buffers))
	}
	for i, b := range args.Buffers {
		a := k.Buffers[i]
		size := a.Elem.Size()
		if len(b)%size != 0 || uintptr(unsafe.Pointer(unsafe.SliceData(b)))%uintptr(size) != 0 {
			return fmt.Errorf("interp: %s: buffer %s has %d bytes at %p: not aligned for %v", k.Name, a.Name, len(b), b, a.Elem)
		}
		if len(b)/size > most {
			return fmt.Errorf("interp: %s: buffer %s has %d elements: at most %d", k.Name, a.Name, len(b)/size, most)
		}
	}
	return nil
}

// newState makes the memory for running one workgroup after another.
func (p *program) newState(grid [3]int, args *Args, o Options) *state {
	s := &state{p: p, args: args, grid: grid, maxTurns: o.MaxTurns, r: make([]uint32, max(1, p.words))}
	s.f = unsafe.Slice((*float32)(unsafe.Pointer(&s.r[0])), len(s.r))
	s.i = unsafe.Slice((*int32)(unsafe.Pointer(&s.r[0])), len(s.r))
	s.half = make([]uint16, 4*p.w)
	s.all = make([]int32, p.w)
	for l := range s.all {
		s.all[l] = int32(l)
	}
	for range p.loops {
		s.broken = append(s.broken, make([]bool, p.w))
	}
	for i, a := range p.k.Buffers {
		s.mem = append(s.mem, view(args.Buffers[i], a.Elem))
	}
	for _, a := range p.k.Shared {
		s.mem = append(s.mem, view(Bytes(make([]uint32, (a.Len*a.Elem.Size()+3)/4))[:a.Len*a.Elem.Size()], a.Elem))
	}
	if p.check {
		s.shadow = newShadow(s, o)
	}
	s.active = s.all
	run(s, p.setup)
	return s
}

func view(b []byte, elem ir.Type) memory {
	at := unsafe.Pointer(unsafe.SliceData(b))
	if elem.Size() == 2 {
		return memory{halfs: unsafe.Slice((*uint16)(at), len(b)/2)}
	}
	return memory{words: unsafe.Slice((*uint32)(at), len(b)/4)}
}

// runGroup runs workgroup n of the grid, x fastest. Shared memory starts as zeros, so that a
// kernel that reads it too early is wrong the same way every time.
func (s *state) runGroup(n int) {
	s.group = [3]int{n % s.grid[0], n / s.grid[0] % s.grid[1], n / s.grid[0] / s.grid[1]}
	for _, m := range s.mem[len(s.p.k.Buffers):] {
		clear(m.words)
		clear(m.halfs)
	}
	if s.shadow != nil {
		s.shadow.startGroup()
	}
	s.turns = -1
	if s.maxTurns > 0 {
		s.turns = s.maxTurns
	}
	s.active = s.all
	s.stack = s.stack[:0]
	run(s, s.p.groupSetup)
	run(s, s.p.body)
}

// run carries out the steps of a block until no lane is left in it.
func run(s *state, steps []step) {
	for _, f := range steps {
		f(s)
		if s.err != nil || len(s.active) == 0 {
			return
		}
	}
}
