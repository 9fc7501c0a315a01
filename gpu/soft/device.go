package soft

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
	"unsafe"

	"inkstone/gpu/driver"
	"inkstone/gpu/ir"
	"inkstone/gpu/ir/interp"
)

// Options say what device to be. The zero value is one that shares the host's memory.
type Options struct {
	Memory   int64  // bytes of memory; 0 for 4 GiB
	MaxAlloc int64  // bytes of one Alloc; 0 for no limit but Memory
	Discrete bool   // the host does not see local memory
	Check    bool   // find the mistakes of kernels, ten times slower
	Shuffle  uint64 // if not 0, seeds the order of commands between barriers
	Workers  int    // goroutines of a dispatch; 0 for one a processor
}

const (
	defaultMemory = 4 << 30
	align         = 64 // of memory, in bytes
)

// Devices lists the one device there is.
func Devices(context.Context) ([]driver.Info, error) { return []driver.Info{info(Options{})}, nil }

// Open opens device n, which is 0.
func Open(_ context.Context, n int) (driver.Device, error) {
	if n != 0 {
		return nil, &driver.Error{Op: "open", Err: fmt.Errorf("soft:%d: there is soft:0 alone", n)}
	}
	return New(Options{}), nil
}

func info(o Options) driver.Info {
	i := driver.Info{
		API: "soft", Name: "interpreter", Kind: driver.CPU, Vendor: "Inkstone", Driver: "ir/interp",
		Memory: o.Memory, Subgroups: []int{8, 4, 16, 32, 64}, F16: true, BF16: true, Shared16: true, AtomicF32: true, Timestamps: true,
		MaxAlloc: o.MaxAlloc, MaxRange: 1<<31 - 4, MaxBuffers: 16, MaxScalars: ir.MaxScalarBytes / 4,
		MaxShared: 32 << 10, MaxLanes: 1024, MaxGroup: [3]int{1024, 1024, 64},
		MaxGrid: [3]int{65535, 65535, 65535}, BufferAlign: align,
	}
	if i.Memory == 0 {
		i.Memory = defaultMemory
	}
	if i.MaxAlloc == 0 {
		i.MaxAlloc = i.Memory
	}
	for _, elem := range []ir.Type{ir.F16, ir.BF16} {
		i.Matrices = append(i.Matrices, driver.Matrix{Elem: elem, Acc: ir.F32, Shape: ir.Shape{M: 16, N: 16, K: 16}})
	}
	return i
}

// device is a driver.Device. Lists wait in a queue for the one goroutine that runs them.
type device struct {
	options Options
	info    driver.Info
	start   time.Time
	order   *rand.Rand // of commands between barriers; nil for the order they were given in

	mu       sync.Mutex
	changed  *sync.Cond // reached, queue, err or closed
	queue    [][]driver.Command
	used     int64 // bytes of memory
	last     driver.Point
	reached  driver.Point
	err      error // a kernel's mistake loses the device
	closed   bool
	finished chan struct{}
}

// New opens a device.
func New(o Options) driver.Device {
	d := &device{options: o, info: info(o), start: time.Now(), finished: make(chan struct{})}
	d.changed = sync.NewCond(&d.mu)
	if o.Shuffle != 0 {
		d.order = rand.New(rand.NewPCG(o.Shuffle, 0))
	}
	go d.work()
	return d
}

// Info describes the device.
func (d *device) Info() *driver.Info { return &d.info }

// memory is a piece of the host's.
type memory struct {
	bytes  []byte
	hidden bool // from the host
}

// Size returns the number of bytes.
func (m *memory) Size() int64 { return int64(len(m.bytes)) }

// Bytes returns the memory, if the host sees it.
func (m *memory) Bytes() []byte {
	if m.hidden {
		return nil
	}
	return m.bytes
}

// Alloc works as driver.Device says.
func (d *device) Alloc(n int64, p driver.Place) (driver.Mem, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.err != nil:
		return nil, d.err
	case n <= 0:
		panic(fmt.Sprintf("soft: Alloc of %d bytes", n))
	case n > d.info.MaxAlloc || n > d.info.Memory-d.used:
		return nil, &driver.Error{Op: "alloc", Err: fmt.Errorf("%w: %d bytes, %d of %d in use", driver.ErrOutOfMemory, n, d.used, d.info.Memory)}
	}
	d.used += n
	raw := make([]byte, n+align)
	skip := -int(uintptr(unsafe.Pointer(unsafe.SliceData(raw)))) & (align - 1)
	return &memory{raw[skip:][:n:n], d.options.Discrete && p == driver.Local}, nil
}

// Free works as driver.Device says.
func (d *device) Free(m driver.Mem) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.used -= m.Size()
	m.(*memory).bytes = nil // whoever still uses it fails
}

// program is a compiled kernel.
type program struct {
	kernel *ir.Kernel
	fast   *interp.Program
}

// Kernel returns what the program was compiled from.
func (p *program) Kernel() *ir.Kernel { return p.kernel }

// Compile works as driver.Device says.
func (d *device) Compile(k *ir.Kernel) (driver.Program, error) {
	if err := d.info.Supports(k); err != nil {
		return nil, err
	}
	return &program{k, interp.Compile(k)}, nil
}

// Submit works as driver.Device says.
func (d *device) Submit(l *driver.List) (driver.Point, error) {
	if err := d.info.Check(l); err != nil {
		return 0, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return 0, d.err
	}
	d.queue = append(d.queue, copied(l.Commands()))
	d.last++
	d.changed.Broadcast()
	return d.last, nil
}

// copied returns commands that share nothing with a list, which is filled again.
func copied(commands []driver.Command) []driver.Command {
	commands = append([]driver.Command(nil), commands...)
	for i := range commands {
		c := &commands[i]
		c.Buffers, c.Scalars = append([]driver.Range(nil), c.Buffers...), append([]uint32(nil), c.Scalars...)
	}
	return commands
}

// Wait works as driver.Device says.
func (d *device) Wait(ctx context.Context, p driver.Point) error {
	stop := context.AfterFunc(ctx, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.changed.Broadcast()
	})
	defer stop()
	d.mu.Lock()
	defer d.mu.Unlock()
	if p > d.last {
		panic(fmt.Sprintf("soft: Wait for point %d of %d", p, d.last))
	}
	for d.reached < p && d.err == nil && ctx.Err() == nil {
		d.changed.Wait()
	}
	switch {
	case d.reached >= p:
		return nil
	case d.err != nil:
		return d.err
	}
	return ctx.Err()
}

// Reached works as driver.Device says.
func (d *device) Reached() (driver.Point, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.reached, d.err
}

// Close works as driver.Device says.
func (d *device) Close() error {
	d.mu.Lock()
	d.closed = true
	d.changed.Broadcast()
	d.mu.Unlock()
	<-d.finished
	return nil
}
